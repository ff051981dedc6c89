/**
 * What Spindrift adds to a CDI application: injection of {@link io.spindrift.SyncEngine}, delivery of
 * {@link io.spindrift.SyncEvent} to observers, and checks at deployment.
 *
 * <p>Nothing here is called by an application. {@link io.spindrift.cdi.SpindriftExtension} is where to start reading.
 */
package io.spindrift.cdi;
