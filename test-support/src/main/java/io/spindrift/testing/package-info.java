/**
 * What tests need from outside the product: an S3 endpoint with faults, broken connections, processes to kill.
 *
 * <p>Start at {@link io.spindrift.testing.S3Endpoint}. Nothing here depends on the engine, and nothing of it is
 * published; the sample's launcher runs {@link io.spindrift.testing.S3EndpointMain}.
 */
package io.spindrift.testing;
