package io.spindrift.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.ltx.LtxHeader.RollingChecksums;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.testing.FaultStore.Operation;
import io.spindrift.testing.S3Endpoint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The outline of a replica costs one GET and one LIST, and a manifest that is not right is noticed. */
class OutlineTest {
    private static final Instant TIME = Instant.parse("2026-11-20T10:30:41Z");

    @TempDir
    Path folder;

    private S3Endpoint endpoint;
    private Replica replica;

    @BeforeEach
    void start() throws Exception {
        endpoint = S3Endpoint.inMemory().withBucket("bucket").asDefaultCredentials();
        replica = new Replica(ReplicaStores.open(endpoint.replicaUrl("bucket", "prod"), "shop"));
    }

    @AfterEach
    void stop() {
        replica.close();
        endpoint.close();
    }

    @Test
    void isTheManifestAndLevel0FromWhereItEnds() throws Exception {
        groups(1, 1_500);
        write(new SegmentName(1, 1, 700), new SegmentName(1, 1_401, 1_450), SegmentName.snapshot(1_400));
        replica.store().put(Manifest.NAME, manifest(replica.list()).encode(), SendGuard.ALWAYS);
        groups(1_501, 1_502);
        long gets = endpoint.faults().requests(Operation.GET);
        long lists = endpoint.faults().requests(Operation.LIST);

        List<Segment> outline = replica.outline();

        assertThat(endpoint.faults().requests(Operation.GET) - gets).isEqualTo(1);
        assertThat(endpoint.faults().requests(Operation.LIST) - lists).isEqualTo(1);
        assertThat(outline)
                .extracting(Segment::name)
                .contains(SegmentName.snapshot(1_400), new SegmentName(1, 1_401, 1_450), new SegmentName(1, 1, 700))
                .contains(SegmentName.group(1_450), SegmentName.group(1_502))
                .doesNotContain(SegmentName.group(1_449))
                .hasSize(3 + 53);
    }

    @Test
    void isACompleteListingWithoutAManifest() throws Exception {
        groups(1, 3);

        assertThat(replica.outline()).isEqualTo(replica.list()).hasSize(3);
        replica.store().put(Manifest.NAME, "{".getBytes(StandardCharsets.UTF_8), SendGuard.ALWAYS);
        assertThat(replica.outline()).isEqualTo(replica.list()).hasSize(3);
    }

    @Test
    void isACompleteListingWhereTheManifestIsTooOldToLeadToTheLatest() throws Exception {
        groups(1, 10);
        write(new SegmentName(1, 1, 10));
        byte[] old = manifest(replica.list()).encode();
        groups(11, 20);
        write(new SegmentName(1, 11, 20));
        deleteGroups(1, 19); // what is left of level 0 after a day without writing
        replica.store().put(Manifest.NAME, old, SendGuard.ALWAYS); // a late write of an earlier owner

        assertThat(replica.outline()).isEqualTo(replica.list());
        assertThat(Chain.reachable(replica.outline(), 0).last()).isEqualTo(20);
    }

    @Test
    void isACompleteListingWhereTheManifestIsOfAnotherHistory() throws Exception {
        groups(1, 10);
        replica.store()
                .put(
                        Manifest.NAME,
                        manifest(List.of(new Segment(SegmentName.snapshot(500), 100, TIME)))
                                .encode(),
                        SendGuard.ALWAYS);

        assertThat(replica.outline()).isEqualTo(replica.list()).hasSize(10);
    }

    @Test
    void theManifestKeepsRangesSizesTimesAndChecksums() {
        Manifest manifest = new Manifest(List.of(
                new Manifest.Entry(
                        new Segment(new SegmentName(3, 5, 0x2a), 123_456, TIME),
                        Optional.of(new RollingChecksums(0x8000000000000001L, -1))),
                new Manifest.Entry(new Segment(SegmentName.snapshot(4), 7, TIME), Optional.empty())));

        assertThat(Manifest.decode(manifest.encode())).contains(manifest);
        assertThat(manifest.latest()).isEqualTo(0x2a);
        String text = new String(manifest.encode(), StandardCharsets.UTF_8);
        assertThat(Manifest.decode(text.replace("\"level\":3", "\"level\":10").getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
        assertThat(Manifest.decode(
                        text.replace("\"version\":1", "\"version\":2").getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
    }

    private static Manifest manifest(List<Segment> listing) {
        return new Manifest(listing.stream()
                .filter(s -> s.name().level() > 0)
                .map(s -> new Manifest.Entry(s, Optional.empty()))
                .toList());
    }

    private void groups(long first, long last) throws Exception {
        write(LongStream.rangeClosed(first, last).mapToObj(SegmentName::group).toArray(SegmentName[]::new));
    }

    private void write(SegmentName... names) throws Exception {
        Path content = Files.write(folder.resolve("content"), new byte[10]);
        for (SegmentName name : names) {
            replica.create(name, content, "test", TIME, SendGuard.ALWAYS);
        }
    }

    private void deleteGroups(long first, long last) throws Exception {
        SegmentName[] names =
                LongStream.rangeClosed(first, last).mapToObj(SegmentName::group).toArray(SegmentName[]::new);
        replica.store()
                .delete(
                        Arrays.stream(names)
                                .map(n -> n.path(replica.store().layout()))
                                .toList(),
                        SendGuard.ALWAYS);
    }
}
