package io.spindrift.benchmarks;

import java.util.List;

/** Median and range of the same figure over several runs. */
record Spread(double median, double least, double most) {
    static Spread of(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    @Override
    public String toString() {
        return Measurements.format(median) + " [" + Measurements.format(least) + "–" + Measurements.format(most) + "]";
    }
}
