package io.spindrift.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.compaction.SimulatedDatabase.Encoded;
import io.spindrift.ltx.LtxHeader;
import io.spindrift.ltx.LtxReader;
import io.spindrift.replica.SegmentName;
import io.spindrift.restore.SegmentApplier;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A merged segment has the same effect as its inputs, and nothing damaged gets into one. */
class SegmentMergeTest {
    private static final Instant TIME = Instant.parse("2026-11-20T10:30:41Z");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anySplitIntoMergedPartsGivesEveryBoundaryByteForByte(long seed) throws Exception {
        Random random = new Random(seed);
        SimulatedDatabase database = new SimulatedDatabase(random, 60);
        List<Encoded> groups = new ArrayList<>();
        List<byte[]> images = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            groups.add(database.nextGroup(TIME.plusSeconds(i), 7));
            images.add(database.image());
        }
        Path file = folder.resolve("restored.db");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            SegmentApplier applier = new SegmentApplier(channel);
            for (int from = 0; from < groups.size(); ) {
                int to = Math.min(groups.size(), from + 1 + random.nextInt(12));
                Encoded merged = merge(groups.subList(from, to));
                applier.apply(name(merged), new ByteArrayInputStream(merged.content()));
                assertThat(Files.readAllBytes(file)).as("after group %d", to).isEqualTo(images.get(to - 1));
                assertThat(applier.proven()).isTrue();
                from = to;
            }
        }
    }

    @Test
    void mergesOfMergesAreTheMergeOfAll() throws Exception {
        List<Encoded> groups = groups(30);
        List<Encoded> tens = new ArrayList<>();
        for (int i = 0; i < 30; i += 10) {
            tens.add(merge(groups.subList(i, i + 10)));
        }
        assertThat(merge(tens).content()).isEqualTo(merge(groups).content());
    }

    @Test
    void carriesTheOuterChecksumsTheLastTimeAndEachPageOnce() throws Exception {
        List<Encoded> groups = groups(20).subList(5, 20);
        Encoded merged = merge(groups);

        LtxHeader first = groups.get(0).header();
        LtxHeader last = groups.get(14).header();
        assertThat(merged.header().minTxid()).isEqualTo(6);
        assertThat(merged.header().maxTxid()).isEqualTo(20);
        assertThat(merged.header().pages()).isEqualTo(last.pages());
        assertThat(merged.header().timestamp()).isEqualTo(last.timestamp());
        assertThat(merged.header().checksums().orElseThrow().before())
                .isEqualTo(first.checksums().orElseThrow().before());
        assertThat(merged.header().checksums().orElseThrow().after())
                .isEqualTo(last.checksums().orElseThrow().after());
        LtxReader reader = new LtxReader(new ByteArrayInputStream(merged.content()), "merged");
        assertThat(reader.header()).isEqualTo(merged.header());
        int lastPage = 0;
        while (reader.next()) {
            assertThat(reader.pageNumber()).isGreaterThan(lastPage).isLessThanOrEqualTo(last.pages());
            lastPage = reader.pageNumber();
        }
    }

    @Test
    void everyFlippedByteOfAnyInputIsFound() throws Exception {
        List<Encoded> groups = groups(5);
        for (int damaged = 0; damaged < groups.size(); damaged++) {
            Encoded good = groups.get(damaged);
            for (int at = 0; at < good.content().length; at++) {
                byte[] content = good.content().clone();
                content[at] ^= 0x10;
                List<Encoded> inputs = new ArrayList<>(groups);
                inputs.set(damaged, new Encoded(good.header(), content));
                assertThatThrownBy(() -> merge(inputs))
                        .as("byte %d of group %d", at, damaged + 1)
                        .isInstanceOf(DamagedSegmentException.class);
            }
        }
    }

    @Test
    void aGapADoubledTxidAndAnotherHistoryAreRefused() throws Exception {
        List<Encoded> groups = groups(6);
        List<Encoded> others = groups(6, 99);

        assertThatThrownBy(() -> merge(List.of(groups.get(1), groups.get(3))))
                .isInstanceOf(DamagedSegmentException.class)
                .hasMessageContaining("does not follow");
        assertThatThrownBy(() -> merge(List.of(groups.get(1), groups.get(1)))).hasMessageContaining("does not follow");
        assertThatThrownBy(() -> merge(List.of(groups.get(1), others.get(2))))
                .hasMessageContaining("does not continue segment 0/0000000000000002")
                .satisfies(
                        e -> assertThat(((DamagedSegmentException) e).segment()).isEqualTo(SegmentName.group(3)));
    }

    private static List<Encoded> groups(int count) {
        return groups(count, 1);
    }

    private static List<Encoded> groups(int count, long seed) {
        SimulatedDatabase database = new SimulatedDatabase(new Random(seed), 10);
        List<Encoded> groups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            groups.add(database.nextGroup(TIME.plusSeconds(i), 7));
        }
        return groups;
    }

    private static Encoded merge(List<Encoded> groups) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxHeader header = SegmentMerge.write(
                groups.stream()
                        .map(g -> new SegmentMerge.Input(name(g), new ByteArrayInputStream(g.content())))
                        .toList(),
                7,
                out);
        return new Encoded(header, out.toByteArray());
    }

    private static SegmentName name(Encoded segment) {
        LtxHeader header = segment.header();
        return header.minTxid() == header.maxTxid()
                ? SegmentName.group(header.minTxid())
                : new SegmentName(1, header.minTxid(), header.maxTxid());
    }
}
