package io.spindrift.replica;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.replica.ReplicaStore.Created;
import io.spindrift.replica.ReplicaStore.ObjectInfo;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.StoreStatistics.Operation;
import io.spindrift.replica.StoreStatistics.Requests;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store promises; each implementation's test extends it. */
public abstract class ReplicaStoreContract {
    private static final Instant TIME = Instant.parse("2026-11-20T10:15:30.123Z");
    private static final SendGuard TOO_LATE = () -> {
        throw new StoreException("It is too late to send.");
    };

    @TempDir
    protected Path folder;

    /** The store under test, empty at the start of a test. */
    protected abstract ReplicaStore store();

    @Test
    void createsAnObjectThatIsThenTakenForOthersAndOursForUs() throws Exception {
        Path content = file("first content");

        assertThat(store().create("0000/a.ltx", content, "writer-1", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.OURS);
        assertThat(store().create("0000/a.ltx", content, "writer-1", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.OURS);
        assertThat(store().create("0000/a.ltx", file("other content"), "writer-2", TIME, SendGuard.ALWAYS))
                .isEqualTo(Created.TAKEN);
        assertThat(text("0000/a.ltx")).isEqualTo("first content");
    }

    @Test
    void createsSmallObjectsAlike() throws Exception {
        assertThat(store().create("lease/1.json", "a".getBytes(UTF_8), "writer-1", SendGuard.ALWAYS))
                .isEqualTo(Created.OURS);
        assertThat(store().create("lease/1.json", "b".getBytes(UTF_8), "writer-2", SendGuard.ALWAYS))
                .isEqualTo(Created.TAKEN);
        assertThat(text("lease/1.json")).isEqualTo("a");
    }

    @Test
    void letsExactlyOneOfSixteenRacingCreatorsWin() throws Exception {
        for (int round = 0; round < 10; round++) {
            String name = "race/" + round;
            CyclicBarrier start = new CyclicBarrier(16);
            List<Callable<Created>> creators = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                String writer = "writer-" + i;
                creators.add(() -> {
                    start.await();
                    return store().create(name, writer.getBytes(UTF_8), writer, SendGuard.ALWAYS);
                });
            }
            List<Created> results = inParallel(16, creators);

            assertThat(results).containsOnlyOnce(Created.OURS);
            assertThat(text(name)).isEqualTo("writer-" + results.indexOf(Created.OURS));
        }
    }

    @Test
    void replacesAnObjectSoThatReadersSeeTheOldOrTheNewContent() throws Exception {
        byte[] small = "a".repeat(1_000).getBytes(UTF_8);
        byte[] large = "b".repeat(200_000).getBytes(UTF_8);
        store().put("manifest.json", small, SendGuard.ALWAYS);
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService writer = Executors.newSingleThreadExecutor();
        Future<?> writes = writer.submit(() -> {
            for (int i = 0; i < 40; i++) {
                store().put("manifest.json", i % 2 == 0 ? large : small, SendGuard.ALWAYS);
            }
            done.set(true);
            return null;
        });
        while (!done.get() && !writes.isDone()) {
            byte[] seen = store().get("manifest.json", 1 << 20).orElseThrow();
            assertThat(seen).isIn(small, large);
        }
        writes.get();
        writer.shutdown();
        assertThat(store().get("manifest.json", 1 << 20)).contains(small);
        assertThat(names(store().list(""))).containsExactly("manifest.json");
    }

    @Test
    void readsRanges() throws Exception {
        store().put("object", "0123456789".getBytes(UTF_8), SendGuard.ALWAYS);

        assertThat(text("object", 0, -1)).isEqualTo("0123456789");
        assertThat(text("object", 4, -1)).isEqualTo("456789");
        assertThat(text("object", 0, 3)).isEqualTo("012");
        assertThat(text("object", 4, 3)).isEqualTo("456");
        assertThat(text("object", 8, 100)).isEqualTo("89");
        assertThatThrownBy(() -> text("object", 10, -1)).isInstanceOf(StoreException.class);
    }

    @Test
    void readsAnEmptyObject() throws Exception {
        store().put("object", new byte[0], SendGuard.ALWAYS);

        assertThat(text("object", 0, -1)).isEmpty();
        assertThat(store().get("object", 0))
                .hasValueSatisfying(content -> assertThat(content).isEmpty());
    }

    @Test
    void givesLargeObjectsBackByteForByte() throws Exception {
        byte[] content = new byte[3_000_001];
        new Random(7).nextBytes(content);
        Path file = Files.write(folder.resolve("large"), content);
        store().create("0009/large.ltx", file, "writer-1", TIME, SendGuard.ALWAYS);

        try (InputStream in = store().read("0009/large.ltx", 0, -1)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        try (InputStream in = store().read("0009/large.ltx", 1_000_000, -1)) {
            assertThat(in.readNBytes(5)).hasSize(5); // Closed long before its end.
        }
    }

    @Test
    void saysThatAnObjectIsMissing() throws Exception {
        assertThatThrownBy(() -> store().read("0000/nothing.ltx", 0, -1))
                .isInstanceOf(ObjectMissingException.class)
                .hasMessageContaining("0000/nothing.ltx")
                .hasMessageContaining(store().describe());
        assertThat(store().get("manifest.json", 100)).isEqualTo(Optional.empty());
    }

    @Test
    void refusesAnObjectThatIsLargerThanExpected() throws Exception {
        store().put("manifest.json", new byte[101], SendGuard.ALWAYS);

        assertThatThrownBy(() -> store().get("manifest.json", 100))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("larger than the expected 100 bytes");
        assertThat(store().get("manifest.json", 101)).isPresent();
    }

    @Test
    void listsMoreThanAThousandObjectsByNameAndPrefix() throws Exception {
        assertThat(store().list("")).isEmpty();
        assertThat(store().list("0000/")).isEmpty();
        List<Callable<Object>> writes = IntStream.range(0, 1_005)
                .<Callable<Object>>mapToObj(i -> () -> {
                    String name = String.format("0000/%016x-%016x.ltx", i * 7919 % 1_005, i);
                    store().put(name, new byte[i % 3], SendGuard.ALWAYS);
                    return name;
                })
                .toList();
        List<Object> written = inParallel(8, writes);
        store().put("0001/x.ltx", new byte[5], SendGuard.ALWAYS);
        store().put("manifest.json", new byte[0], SendGuard.ALWAYS);

        assertThat(names(store().list("0000/")))
                .isSorted()
                .hasSize(1_005)
                .containsExactlyInAnyOrderElementsOf(
                        written.stream().map(String::valueOf).toList());
        assertThat(names(store().list("0001/"))).containsExactly("0001/x.ltx");
        assertThat(names(store().list("mani"))).containsExactly("manifest.json");
        assertThat(store().list("")).hasSize(1_007);
        assertThat(store().list("0001/x").get(0).bytes()).isEqualTo(5);
        assertThat(store().list("0002/")).isEmpty();
        String afterSix = String.format("0000/%016x", 7);
        assertThat(names(store().list("0000/", afterSix)))
                .hasSize(1_005 - 7)
                .allMatch(name -> name.compareTo(afterSix) > 0);
        String seventh = names(store().list("0000/", afterSix)).get(0);
        assertThat(seventh).startsWith(afterSix);
        assertThat(names(store().list("0000/", seventh))).hasSize(1_005 - 8).doesNotContain(seventh);
        assertThat(names(store().list("", "0000/ffff"))).containsExactly("0001/x.ltx", "manifest.json");
        assertThat(store().list("0000/", "0000/ffff")).isEmpty();
    }

    @Test
    void deletesAndForgivesWhatIsNotThere() throws Exception {
        store().put("0000/a.ltx", new byte[1], SendGuard.ALWAYS);
        store().put("0000/b.ltx", new byte[1], SendGuard.ALWAYS);

        store().delete(List.of("0000/a.ltx", "0000/nothing.ltx"), SendGuard.ALWAYS);
        store().delete(List.of("0000/a.ltx"), SendGuard.ALWAYS);

        assertThat(names(store().list(""))).containsExactly("0000/b.ltx");
    }

    @Test
    void sendsNothingThatItsGuardRefuses() throws Exception {
        store().put("0000/kept.ltx", new byte[1], SendGuard.ALWAYS);

        assertThatThrownBy(() -> store().create("0000/a.ltx", file("x"), "writer-1", TIME, TOO_LATE))
                .hasMessage("It is too late to send.");
        assertThatThrownBy(() -> store().create("lease/1.json", new byte[1], "writer-1", TOO_LATE))
                .hasMessage("It is too late to send.");
        assertThatThrownBy(() -> store().put("manifest.json", new byte[1], TOO_LATE))
                .hasMessage("It is too late to send.");
        assertThatThrownBy(() -> store().delete(List.of("0000/kept.ltx"), TOO_LATE))
                .hasMessage("It is too late to send.");
        assertThat(names(store().list(""))).containsExactly("0000/kept.ltx");
    }

    @Test
    void refusesNamesThatLeaveTheRootAndWriteIdsThatAreNone() throws Exception {
        for (String name : List.of("", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a b", "a.tmp")) {
            assertThatThrownBy(() -> store().put(name, new byte[1], SendGuard.ALWAYS))
                    .as(name)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (String prefix : List.of("/", "../", "a//", "a/../")) {
            assertThatThrownBy(() -> store().list(prefix)).as(prefix).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> store().create("a", new byte[1], "no spaces", SendGuard.ALWAYS))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void countsWhatItWasAsked() throws Exception {
        store().create("0000/a.ltx", file("12345"), "writer-1", TIME, SendGuard.ALWAYS);
        store().put("manifest.json", new byte[7], SendGuard.ALWAYS);
        text("0000/a.ltx", 1, 3);
        text("manifest.json");
        store().get("nothing", 10);
        store().list("");
        store().delete(List.of("0000/a.ltx"), SendGuard.ALWAYS);

        assertThat(store().statistics().now())
                .containsEntry(Operation.PUT, new Requests(2, 0, 0, 12, 0))
                .containsEntry(Operation.GET, new Requests(3, 0, 0, 0, 10))
                .containsEntry(Operation.LIST, new Requests(1, 0, 0, 0, 0))
                .containsEntry(Operation.DELETE, new Requests(1, 0, 0, 0, 0));
    }

    protected final Path file(String content) throws Exception {
        return Files.writeString(Files.createTempFile(folder, "content", ""), content);
    }

    protected final String text(String name) throws Exception {
        return text(name, 0, -1);
    }

    protected final String text(String name, long offset, long length) throws Exception {
        try (InputStream in = store().read(name, offset, length)) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    protected static List<String> names(List<ObjectInfo> objects) {
        return objects.stream().map(ObjectInfo::name).toList();
    }

    private static <T> List<T> inParallel(int threads, List<Callable<T>> tasks) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> result : executor.invokeAll(tasks)) {
                results.add(result.get());
            }
            return results;
        } finally {
            executor.shutdownNow();
        }
    }
}
