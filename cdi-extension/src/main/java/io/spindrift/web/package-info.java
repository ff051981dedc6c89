/**
 * The output gate: responses that leave only when everything they rest on is durable.
 *
 * <p>Start at {@link io.spindrift.web.DurableResponse} for Jakarta REST and at
 * {@link io.spindrift.web.DurableResponseFilter} for servlets. A server without one of the two APIs never loads the
 * classes of that half.
 */
package io.spindrift.web;
