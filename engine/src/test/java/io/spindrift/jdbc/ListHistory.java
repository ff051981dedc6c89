package io.spindrift.jdbc;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What transactions appended to lists and read of them, and whether that is strictly serializable: whether there is an
 * order of the committed transactions, in which one that ended before another began comes first, that explains every
 * read. Elements are unique, so a list tells who wrote it and in which order: a read of {@code [a, b]} came after the
 * writer of {@code b} and before the writer of whatever follows. A cycle of such relations is a violation.
 *
 * @see <a href="https://arxiv.org/abs/2003.10554">Kingsbury and Alvaro, Elle: Inferring Isolation Anomalies from
 *     Experimental Observations</a>
 */
final class ListHistory {
    /** One operation; a read holds the elements it saw, an append the one it added. */
    private record Operation(int key, boolean append, List<Integer> elements) {}

    /** One transaction. Filled by one thread; {@code began} and {@code ended} are times of one clock. */
    static final class Transaction {
        private final int id;
        private final long began;
        private final List<Operation> operations = new ArrayList<>();
        private long ended;
        private boolean committed;

        Transaction(int id, long began) {
            this.id = id;
            this.began = began;
        }

        Transaction read(int key, Integer... elements) {
            return read(key, List.of(elements));
        }

        Transaction read(int key, List<Integer> elements) {
            operations.add(new Operation(key, false, elements));
            return this;
        }

        Transaction append(int key, int element) {
            operations.add(new Operation(key, true, List.of(element)));
            return this;
        }

        Transaction committed(long time) {
            committed = true;
            ended = time;
            return this;
        }

        Transaction rolledBack(long time) {
            ended = time;
            return this;
        }

        int id() {
            return id;
        }

        boolean wasCommitted() {
            return committed;
        }
    }

    private final List<Transaction> transactions;
    private final Map<Integer, List<Integer>> lists;
    private final Map<Integer, Transaction> writers = new HashMap<>();
    private final Map<Integer, Set<Integer>> after = new HashMap<>();

    private ListHistory(List<Transaction> transactions, Map<Integer, List<Integer>> lists) {
        this.transactions = transactions;
        this.lists = lists;
    }

    /**
     * Looks for a violation.
     *
     * @param lists what the lists held in the end
     */
    static Optional<String> violation(List<Transaction> transactions, Map<Integer, List<Integer>> lists) {
        return new ListHistory(transactions, lists).check();
    }

    private Optional<String> check() {
        List<String> violations = new ArrayList<>();
        for (Transaction transaction : transactions) {
            for (Operation operation : transaction.operations) {
                if (operation.append) {
                    writers.put(operation.elements.get(0), transaction);
                }
            }
        }
        checkLists(violations);
        for (Transaction transaction : transactions) {
            followReads(transaction, violations);
        }
        followTime();
        return violations.isEmpty() ? cycle() : Optional.of(violations.get(0));
    }

    private void checkLists(List<String> violations) {
        Set<Integer> kept = new HashSet<>();
        lists.forEach((key, list) -> {
            Transaction before = null;
            for (int element : list) {
                Transaction writer = writers.get(element);
                if (writer == null || !writer.committed || !kept.add(element)) {
                    violations.add("list " + key + " holds " + element + ", which was never appended, or twice, or"
                            + " rolled back");
                    return;
                }
                precedes(before, writer);
                before = writer;
            }
        });
        writers.forEach((element, writer) -> {
            if (writer.committed && !kept.contains(element)) {
                violations.add("element " + element + " of transaction " + writer.id + " was lost");
            }
        });
    }

    private void followReads(Transaction transaction, List<String> violations) {
        Map<Integer, List<Integer>> own = new HashMap<>();
        for (Operation operation : transaction.operations) {
            List<Integer> appended = own.computeIfAbsent(operation.key, k -> new ArrayList<>());
            if (operation.append) {
                appended.addAll(operation.elements);
                continue;
            }
            List<Integer> list = lists.getOrDefault(operation.key, List.of());
            int others = operation.elements.size() - appended.size();
            if (others < 0
                    || others > list.size()
                    || !operation.elements.subList(0, others).equals(list.subList(0, others))
                    || !operation
                            .elements
                            .subList(others, operation.elements.size())
                            .equals(appended)) {
                violations.add("transaction " + transaction.id + " read " + operation.elements + " of list "
                        + operation.key + ", which became " + list + ", after it appended " + appended);
                return;
            }
            if (transaction.committed) {
                precedes(others == 0 ? null : writers.get(list.get(others - 1)), transaction);
                precedes(transaction, others == list.size() ? null : writers.get(list.get(others)));
            }
        }
    }

    /** Whoever ended before another began comes first; one node for each end keeps the edges few. */
    private void followTime() {
        TreeMap<Long, Integer> ends = new TreeMap<>();
        Integer before = null;
        TreeMap<Long, Transaction> byEnd = new TreeMap<>();
        transactions.stream().filter(t -> t.committed).forEach(t -> byEnd.put(t.ended, t));
        for (Transaction transaction : byEnd.values()) {
            int end = -1 - transaction.id;
            edge(transaction.id, end);
            if (before != null) {
                edge(before, end);
            }
            before = end;
            ends.put(transaction.ended, end);
        }
        for (Transaction transaction : byEnd.values()) {
            Map.Entry<Long, Integer> last = ends.lowerEntry(transaction.began);
            if (last != null) {
                edge(last.getValue(), transaction.id);
            }
        }
    }

    private void precedes(Transaction first, Transaction second) {
        if (first != null && second != null && first != second) {
            edge(first.id, second.id);
        }
    }

    private void edge(int from, int to) {
        after.computeIfAbsent(from, f -> new HashSet<>()).add(to);
    }

    /** Takes away whoever nobody precedes, again and again; what is left holds a cycle. */
    private Optional<String> cycle() {
        Map<Integer, Integer> predecessors = new TreeMap<>();
        after.forEach((from, tos) -> {
            predecessors.putIfAbsent(from, 0);
            tos.forEach(to -> predecessors.merge(to, 1, Integer::sum));
        });
        Deque<Integer> free = new ArrayDeque<>();
        predecessors.forEach((node, count) -> {
            if (count == 0) {
                free.add(node);
            }
        });
        while (!free.isEmpty()) {
            int node = free.remove();
            predecessors.remove(node);
            for (int next : after.getOrDefault(node, Set.of())) {
                if (predecessors.merge(next, -1, Integer::sum) == 0) {
                    free.add(next);
                }
            }
        }
        return predecessors.isEmpty()
                ? Optional.empty()
                : Optional.of("no order explains all reads; in or behind a cycle are "
                        + transactions.stream()
                                .filter(t -> predecessors.containsKey(t.id))
                                .limit(10)
                                .map(t -> t.id + " " + t.operations)
                                .toList());
    }
}
