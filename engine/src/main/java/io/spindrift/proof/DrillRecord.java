package io.spindrift.proof;

import io.spindrift.io.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.Properties;

/**
 * What is remembered of drills across restarts.
 *
 * @param triedAt when the last one ended or, if there was none yet, since when they are counted
 * @param verifiedAt when one last succeeded
 * @param problem why the last one failed
 */
record DrillRecord(Instant triedAt, Optional<Instant> verifiedAt, Optional<String> problem) {

    static DrillRecord beginning(Instant now) {
        return new DrillRecord(now, Optional.empty(), Optional.empty());
    }

    DrillRecord succeeded(Instant now) {
        return new DrillRecord(now, Optional.of(now), Optional.empty());
    }

    DrillRecord failed(Instant now, String why) {
        return new DrillRecord(now, verifiedAt, Optional.of(why));
    }

    /** The file it is kept in: lines of {@code name=value}. A file that cannot be understood counts as none. */
    record File(Path path) {
        Optional<DrillRecord> read() throws IOException {
            Properties values = new Properties();
            try (var in = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
                values.load(in);
                return Optional.of(new DrillRecord(
                        Instant.parse(values.getProperty("tried", "")),
                        Optional.ofNullable(values.getProperty("verified")).map(Instant::parse),
                        Optional.ofNullable(values.getProperty("problem"))));
            } catch (NoSuchFileException | IllegalArgumentException | DateTimeException e) {
                return Optional.empty();
            }
        }

        void write(DrillRecord record) throws IOException {
            StringBuilder lines = new StringBuilder("tried=" + record.triedAt + "\n");
            record.verifiedAt.ifPresent(
                    at -> lines.append("verified=").append(at).append('\n'));
            record.problem.ifPresent(why -> lines.append("problem=")
                    .append(why.replace("\\", "\\\\").replaceAll("\\R", " "))
                    .append('\n'));
            DurableFiles.replace(path, lines.toString().getBytes(StandardCharsets.UTF_8));
        }
    }
}
