package io.spindrift.benchmarks;

/** One run of one side of a figure, in a JVM of its own. */
@FunctionalInterface
interface Trial {
    Measurements run(Parameters parameters) throws Exception;
}
