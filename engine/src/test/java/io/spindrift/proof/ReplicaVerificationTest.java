package io.spindrift.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Position;
import io.spindrift.ltx.LtxFormatException;
import io.spindrift.ltx.LtxReader;
import io.spindrift.replica.SegmentName;
import io.spindrift.replica.encryption.EncryptionKeys;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicaVerificationTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSoundReplicaGivesNoFindings(boolean encrypted) throws Exception {
        SampleReplica sample = sample(encrypted);

        VerificationReport report = sample.verify(Optional.empty());

        assertThat(report.findings()).isEmpty();
        assertThat(report.proven()).isTrue();
        assertThat(report.objects()).isEqualTo(sample.objects().size());
        assertThat(sample.objects().keySet())
                .extracting(SegmentName::level)
                .as("levels there are")
                .contains(0, 1, 2, 9);
    }

    /** In every region of every object: both headers, each of the fields, the first frame, pages, index, trailer. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneFlippedBitAnywhereIsFoundAndNamed(boolean encrypted) throws Exception {
        SampleReplica sample = sample(encrypted);
        long seed = System.nanoTime();
        System.out.println("flips: seed " + seed);
        Random random = new Random(seed);
        for (Map.Entry<SegmentName, Path> object : sample.objects().entrySet()) {
            byte[] content = Files.readAllBytes(object.getValue());
            for (int at : positions(content.length, random)) {
                byte[] damaged = content.clone();
                damaged[at] ^= (byte) (1 << random.nextInt(8));
                if (!encrypted && samePages(content, damaged)) {
                    continue; // LZ4 can say the same page in several ways: nothing was damaged
                }
                Files.write(object.getValue(), damaged);

                assertThat(sample.verify(Optional.empty()).findings())
                        .as("byte %d of %d in %s, seed %d", at, content.length, object.getKey(), seed)
                        .anyMatch(f -> f.sentence().contains(object.getKey().toString()));
            }
            Files.write(object.getValue(), content);
        }
        assertThat(sample.verify(Optional.empty()).findings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anyMissingObjectIsFound(boolean encrypted) throws Exception {
        SampleReplica sample = sample(encrypted);
        Position latest = sample.verify(Optional.empty()).latest();
        for (Map.Entry<SegmentName, Path> object : sample.objects().entrySet()) {
            Path away = folder.resolve("away");
            Files.move(object.getValue(), away);

            List<Finding> findings = sample.verify(Optional.of(latest)).findings();
            if (isSuperseded(object.getKey(), sample.objects().keySet())) {
                // Named by nothing: retention may have deleted it, no promise needs it.
                assertThat(findings).as("without %s", object.getKey()).isEmpty();
            } else {
                assertThat(findings).as("without %s", object.getKey()).isNotEmpty();
            }
            Files.move(away, object.getValue());
        }
        assertThat(sample.verify(Optional.of(latest)).findings()).isEmpty();
    }

    /** Whether an object of levels 1 to 3 covers this one of levels 1 and 2. */
    private static boolean isSuperseded(SegmentName name, Set<SegmentName> all) {
        return name.level() > 0
                && all.stream()
                        .anyMatch(other -> other.level() > name.level()
                                && other.level() <= 3
                                && other.minTxid() <= name.minTxid()
                                && other.maxTxid() >= name.maxTxid());
    }

    @Test
    void aSoundObjectOfAnotherHistoryIsFound() throws Exception {
        SampleReplica sample = sample(false);
        SampleReplica other = new SampleReplica(folder.resolve("other"), Optional.empty());
        for (SegmentName name : sample.objects().keySet()) {
            if (name.maxTxid() < 4) {
                continue; // until then both histories made the same pages
            }
            Path object = sample.objects().get(name);
            byte[] content = Files.readAllBytes(object);
            Files.write(object, Files.readAllBytes(other.objects().get(name)));

            assertThat(sample.verify(Optional.empty()).findings())
                    .as("%s of another history", name)
                    .anyMatch(f -> f.sentence().contains("checksum"));
            Files.write(object, content);
        }
    }

    @Test
    void damageIsWalkedAroundAndWhatItCostsIsTold() throws Exception {
        SampleReplica sample = sample(false);
        Path group = sample.objects().get(SegmentName.group(6)); // levels 1 and 2, and a snapshot, lead past it
        byte[] content = Files.readAllBytes(group);
        content[content.length - 1] ^= 1;
        Files.write(group, content);

        List<Finding> findings = sample.verify(Optional.empty()).findings();

        assertThat(findings).extracting(Finding::object).containsExactly("0/0000000000000006", "chain");
        assertThat(findings.get(1).sentence())
                .contains("No chain of sound objects leads to position 0000000000000006;");
    }

    @Test
    void theLeaseAndTheManifestAreCompared() throws Exception {
        SampleReplica sample = sample(false);
        Path lease = sample.file("lease/0000000000000003.json");
        String text = Files.readString(lease);

        Files.writeString(lease, text.replaceAll("\"claim\":\"\\w+\"", "\"claim\":\"00000000000000ff\""));
        assertThat(sample.verify(Optional.empty()).findings()).singleElement().satisfies(f -> assertThat(f.sentence())
                .contains("names the claim 00000000000000ff"));
        Files.writeString(lease, "{");
        assertThat(sample.verify(Optional.empty()).findings()).isNotEmpty();
        Files.delete(lease);
        assertThat(sample.verify(Optional.empty()).findings()).singleElement().satisfies(f -> assertThat(f.sentence())
                .contains("lease is missing"));
        Files.writeString(lease, text);

        Path manifest = sample.file("manifest.json");
        String entries = Files.readString(manifest);
        Files.writeString(manifest, entries.replaceFirst("\"bytes\":\\d+", "\"bytes\":1"));
        assertThat(sample.verify(Optional.empty()).findings()).singleElement().satisfies(f -> assertThat(f.object())
                .isEqualTo("manifest.json"));
        Files.delete(manifest);
        assertThat(sample.verify(Optional.empty()).findings()).singleElement().satisfies(f -> assertThat(f.sentence())
                .contains("manifest is missing"));
    }

    private SampleReplica sample(boolean encrypted) throws Exception {
        Optional<Path> keyset = Optional.empty();
        if (encrypted) {
            keyset = Optional.of(folder.resolve("keys.json"));
            EncryptionKeys.create(keyset.get());
        }
        return new SampleReplica(folder.resolve("sample"), keyset);
    }

    private static boolean samePages(byte[] content, byte[] damaged) throws IOException {
        try {
            return pages(damaged).equals(pages(content));
        } catch (LtxFormatException e) {
            return false;
        }
    }

    private static List<String> pages(byte[] segment) throws IOException {
        LtxReader reader = new LtxReader(new ByteArrayInputStream(segment), "segment");
        List<String> pages = new ArrayList<>(List.of(reader.header().toString()));
        while (reader.next()) {
            pages.add(reader.pageNumber() + Arrays.toString(reader.page()));
        }
        return pages;
    }

    private static List<Integer> positions(int length, Random random) {
        List<Integer> positions = new ArrayList<>(
                List.of(0, 5, 9, 15, 23, 31, 39, 47, 63, 79, 81, 87, 95, 101, 105, 111, length - 1, length - 9));
        positions.add(length - 17); // the index's length
        positions.add(length - 26); // the index
        for (int i = 0; i < 4; i++) {
            positions.add(random.nextInt(length));
        }
        positions.removeIf(at -> at < 0 || at >= length);
        return positions;
    }
}
