package io.spindrift.telemetry;

import io.spindrift.SyncEvent;

/** Measures events. Knows nothing of OpenTelemetry, so that a server without its API can look for one in vain. */
public interface EventMeter {
    /** Whether there is anything to measure with; if not, nobody needs to deliver events. */
    boolean isOn();

    /** Measures an event; the thread is the one that delivers it. */
    void record(SyncEvent event);
}
