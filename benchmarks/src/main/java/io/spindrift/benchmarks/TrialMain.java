package io.spindrift.benchmarks;

import java.util.Arrays;
import java.util.List;

/** The main class of a run's process: {@code TrialMain <trial class> name=value…}; prints one line of results. */
final class TrialMain {
    static final String RESULT = "result ";

    private TrialMain() {}

    public static void main(String[] arguments) throws Exception {
        List<String> rest = Arrays.asList(arguments).subList(1, arguments.length);
        Trial trial =
                (Trial) Class.forName(arguments[0]).getDeclaredConstructor().newInstance();
        try {
            Measurements measured = trial.run(Parameters.parse(rest));
            measured.put("rss_peak_mb", Machine.peakResidentBytes() / 1e6);
            System.out.println(RESULT + measured);
            System.exit(0);
        } catch (Exception | Error e) {
            e.printStackTrace();
            System.exit(1); // threads of the run may still be at work
        }
    }
}
