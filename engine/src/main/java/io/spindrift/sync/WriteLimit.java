package io.spindrift.sync;

import io.spindrift.DatabaseConfig;
import io.spindrift.DatabaseConfig.OnLimit;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Bounds what the loss of this machine could cost while the replica cannot be reached: when too much is staged, or the
 * oldest commit that is not durable is too old, writers wait or are refused before they take the gate. A transaction
 * that has the gate may always commit. Thread-safe.
 */
final class WriteLimit {
    /** Configuration limit exceeded. */
    static final String SQL_STATE = "53400";

    private final DatabaseConfig config;
    private final ShippingProgress progress;
    private final BooleanSupplier paused;
    private final Supplier<Optional<String>> cause;

    /**
     * @param paused whether shipping was stopped by hand: then commits may grow as old as they like
     * @param cause what keeps shipping from going on
     */
    WriteLimit(
            DatabaseConfig config,
            ShippingProgress progress,
            BooleanSupplier paused,
            Supplier<Optional<String>> cause) {
        this.config = config;
        this.progress = progress;
        this.paused = paused;
        this.cause = cause;
    }

    /** Which limit is exceeded now, as the first half of a sentence; empty if none is. */
    Optional<String> exceeded() {
        if (config.replica().isEmpty()) {
            return Optional.empty();
        }
        long staged = progress.stagedBytes();
        if (staged > config.maxStagedBytes()) {
            return Optional.of(
                    staged + " bytes are staged, more than max-staged-bytes (" + config.maxStagedBytes() + ")");
        }
        Duration lag = progress.lag();
        if (lag.compareTo(config.maxLag()) > 0 && !paused.getAsBoolean()) {
            return Optional.of("the oldest commit that is not durable is " + lag.truncatedTo(ChronoUnit.MILLIS)
                    + " old, more than max-lag (" + config.maxLag() + ")");
        }
        return Optional.empty();
    }

    /** How long until {@code max-lag} will be exceeded if nothing is shipped; not less than a millisecond. */
    Duration untilLagExceeded() {
        Duration left = config.maxLag().minus(progress.lag());
        return left.compareTo(Duration.ofMillis(1)) > 0 ? left : config.maxLag();
    }

    /**
     * Lets a writer pass, holds it up, or refuses it, as {@code on-limit} says.
     *
     * @param givesUp whether it shall not be held up any longer; {@link ShippingProgress#lookAgain} tells of a change
     */
    void pass(Duration timeout, BooleanSupplier givesUp) throws SQLException {
        Optional<String> limit = exceeded();
        if (limit.isEmpty() || config.onLimit() == OnLimit.CONTINUE) {
            return;
        }
        progress.poke(); // whoever watches is told that writers are held up
        if (config.onLimit() == OnLimit.FAIL) {
            throw new SQLTransientException(sentence("refused", limit.get()), SQL_STATE);
        }
        try {
            boolean over = progress.awaitEndOf(() -> exceeded().isPresent() && !givesUp.getAsBoolean(), timeout);
            if (givesUp.getAsBoolean()) {
                throw new SQLTimeoutException(
                        "The wait for the replica of database " + config.name() + " was cancelled", "57014");
            }
            if (!over) {
                throw new SQLTimeoutException(sentence("held up", exceeded().orElse(limit.get())), "HYT00");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLTimeoutException(
                    "The thread was interrupted while it waited for the replica of database " + config.name(),
                    "57014",
                    e);
        }
    }

    private String sentence(String what, String limit) {
        return "Writes to database " + config.name() + " are " + what + ": " + limit
                + cause.get().map(why -> ": " + why).orElse("") + "; nothing is lost, see on-limit";
    }
}
