package io.spindrift.benchmarks;

import java.nio.file.Path;
import java.util.Map;

/**
 * How much is measured.
 *
 * @param pairs how often both sides are run
 * @param seconds how long a run measures, after its warm-up
 * @param quick whether everything is made small: to see that it runs, not to measure
 * @param folder where databases and objects go meanwhile
 * @param config options of the engine that a figure does not set itself
 */
record Settings(int pairs, int seconds, boolean quick, Path folder, Map<String, String> config) {
    /** A size that {@code --quick} makes a hundred times smaller. */
    int scaled(int full) {
        return quick ? Math.max(1, full / 100) : full;
    }

    int warmupSeconds() {
        return quick ? 1 : 3;
    }
}
