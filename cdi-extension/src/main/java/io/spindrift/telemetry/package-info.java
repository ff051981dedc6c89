/**
 * OpenTelemetry metrics and spans of every database that is open in the server; {@code docs/telemetry.md} lists them.
 *
 * <p>They are there when the server has an {@code io.opentelemetry.api.OpenTelemetry} to inject, as with MicroProfile
 * Telemetry 2; without it, or without the API, the application deploys and nothing is measured. Metrics are read from
 * {@link io.spindrift.DatabaseStatus} when they are collected. Start at {@link io.spindrift.telemetry.DatabaseMetric},
 * the list.
 */
package io.spindrift.telemetry;
