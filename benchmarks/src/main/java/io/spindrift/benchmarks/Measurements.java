package io.spindrift.benchmarks;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What one run measured: numbers and short words by name, in the order they were taken; the units are in the names. */
final class Measurements {
    private final Map<String, String> values = new LinkedHashMap<>();

    Measurements put(String name, double value) {
        return put(name, format(value));
    }

    /** A word or several; blanks become hyphens, so that a line can be split again. */
    Measurements put(String name, String value) {
        values.put(name, value.replace(' ', '-'));
        return this;
    }

    Measurements putAll(Measurements others) {
        values.putAll(others.values);
        return this;
    }

    double number(String name) {
        return Double.parseDouble(word(name));
    }

    String word(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("The run did not measure " + name + "; it measured " + values.keySet());
        }
        return value;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    /** {@code name=value name=value …}, which {@link #parse} reads again. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder();
        values.forEach((name, value) ->
                line.append(line.isEmpty() ? "" : " ").append(name).append('=').append(value));
        return line.toString();
    }

    static Measurements parse(String line) {
        Measurements all = new Measurements();
        for (String entry : line.trim().split(" +")) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                all.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return all;
    }

    /** As many digits as a reader can use. */
    static String format(double value) {
        double size = Math.abs(value);
        int digits = size >= 1_000 || value == Math.rint(value) ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }
}
