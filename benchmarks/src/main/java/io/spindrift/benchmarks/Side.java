package io.spindrift.benchmarks;

import java.util.List;

/**
 * One side of a figure: what its runs do.
 *
 * @param label for the report
 * @param trial the class that a run's process executes
 * @param jvmOptions such as {@code -Xmx256m}
 */
record Side(String label, Class<? extends Trial> trial, Parameters parameters, List<String> jvmOptions) {
    Side(String label, Class<? extends Trial> trial, Parameters parameters) {
        this(label, trial, parameters, List.of());
    }
}
