package io.spindrift.web;

import io.spindrift.DurabilityUnknownException;
import io.spindrift.Position;
import io.spindrift.transaction.DurabilityWait;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** What a response waits for, and what is said of it: the words that REST and servlets have in common. */
record OutputGate(DurabilityWait durability) {
    static final String POSITION = "Spindrift-Position";
    static final String RETRY_AFTER = "Retry-After";
    static final int RETRY_SECONDS = 5;
    static final int UNAVAILABLE = 503;
    static final String PROBLEM_TYPE = "application/problem+json";
    static final String PROBLEM =
            """
            {"type":"urn:spindrift:outcome-unknown","title":"Outcome unknown","status":503,\
            "detail":"The request was carried out here, but what it rests on was not durable in time: it may last or be\
             lost. Find out before you repeat it."}""";

    private static final Logger LOG = System.getLogger(OutputGate.class.getName());

    DurabilityWait.Begun begin() {
        return durability.begin();
    }

    /**
     * Waits until the response may leave.
     *
     * @param begun the wait, begun with the request
     * @return the value of its header {@link #POSITION}
     * @throws DurabilityUnknownException if it may not; the log says so
     */
    static String pass(DurabilityWait.Begun begun) {
        try {
            return text(begun.await());
        } catch (DurabilityUnknownException e) {
            LOG.log(Level.WARNING, "SPIN0311 A response was withheld, its outcome is unknown: " + e.getMessage());
            throw e;
        }
    }

    private static String text(SortedMap<String, Position> positions) {
        if (positions.size() == 1) {
            return positions.get(positions.firstKey()).toString();
        }
        return positions.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(", "));
    }
}
