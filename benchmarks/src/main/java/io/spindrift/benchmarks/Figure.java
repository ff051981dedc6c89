package io.spindrift.benchmarks;

/** One or more lines of {@code docs/benchmarks.md}, measured together. */
interface Figure {
    /** What follows {@code java -jar benchmarks.jar}. */
    String name();

    /** One line of help. */
    String description();

    /** Measures and prints. */
    void measure(Bench bench) throws Exception;
}
