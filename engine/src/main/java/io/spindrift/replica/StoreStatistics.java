package io.spindrift.replica;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a store was asked since it was opened, by kind of request. Stores fill it; thread-safe. */
public final class StoreStatistics {
    /** The kinds of request, named after S3's; another store counts what comes closest. */
    public enum Operation {
        PUT,
        GET,
        LIST,
        DELETE
    }

    /**
     * The requests of one kind.
     *
     * @param sent every one that was sent, repeated ones and pages of a listing included: what a provider bills
     * @param repeated those among them that repeated one without an answer, or with one that asked for patience
     * @param failed those that were given up or refused; an object that is not there and a name that is taken are
     *     answers, not failures
     * @param bytesUp bytes of objects in requests that succeeded
     * @param bytesDown bytes of objects that arrived
     */
    public record Requests(long sent, long repeated, long failed, long bytesUp, long bytesDown) {}

    private final Map<Operation, Counters> counters = new EnumMap<>(Operation.class);

    public StoreStatistics() {
        for (Operation operation : Operation.values()) {
            counters.put(operation, new Counters());
        }
    }

    /** A request is about to be sent. */
    public void sending(Operation operation) {
        counters.get(operation).sent.increment();
    }

    /** The request that is about to be sent repeats one. */
    public void repeating(Operation operation) {
        counters.get(operation).repeated.increment();
    }

    /** A request was given up or refused. */
    public void failed(Operation operation) {
        counters.get(operation).failed.increment();
    }

    /** A request carried so many bytes of an object there. */
    public void up(Operation operation, long bytes) {
        counters.get(operation).bytesUp.add(bytes);
    }

    /** So many bytes of an object arrived. */
    public void down(Operation operation, long bytes) {
        counters.get(operation).bytesDown.add(bytes);
    }

    /** The counts as they are now, an entry for every kind. */
    public Map<Operation, Requests> now() {
        Map<Operation, Requests> now = new EnumMap<>(Operation.class);
        counters.forEach((operation, counted) -> now.put(operation, counted.now()));
        return Map.copyOf(now);
    }

    /** The counts of a database that has no store. */
    public static Map<Operation, Requests> none() {
        return new StoreStatistics().now();
    }

    private static final class Counters {
        final LongAdder sent = new LongAdder();
        final LongAdder repeated = new LongAdder();
        final LongAdder failed = new LongAdder();
        final LongAdder bytesUp = new LongAdder();
        final LongAdder bytesDown = new LongAdder();

        Requests now() {
            return new Requests(sent.sum(), repeated.sum(), failed.sum(), bytesUp.sum(), bytesDown.sum());
        }
    }
}
