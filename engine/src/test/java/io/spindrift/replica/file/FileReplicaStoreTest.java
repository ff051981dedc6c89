package io.spindrift.replica.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.replica.ReplicaLayout;
import io.spindrift.replica.ReplicaStore;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.ReplicaStoreContract;
import io.spindrift.replica.ReplicaStores;
import io.spindrift.replica.StoreException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FileReplicaStoreTest extends ReplicaStoreContract {
    private ReplicaStore store;

    @BeforeEach
    void open() throws Exception {
        store = ReplicaStores.open(URI.create("file://" + folder + "/replica"), "ledger");
    }

    @Override
    protected ReplicaStore store() {
        return store;
    }

    @Test
    void keepsADatabaseInItsFolderOfTheLitestreamLayout() throws Exception {
        String name = store.layout().levelPrefix(0) + "0000000000000001-0000000000000001.ltx";
        store.create(name, file("x"), "w", Instant.parse("2026-11-20T10:15:30.500Z"), SendGuard.ALWAYS);

        Path object = folder.resolve("replica/databases/ledger/ltx/0/0000000000000001-0000000000000001.ltx");
        assertThat(object).hasContent("x");
        assertThat(Files.getLastModifiedTime(object).toInstant()).isEqualTo("2026-11-20T10:15:30.500Z");
        assertThat(store.layout()).isEqualTo(ReplicaLayout.FILE_SYSTEM);
        assertThat(store.describe()).isEqualTo("file://" + folder + "/replica/databases/ledger");
        assertThat(ReplicaStores.openRoot(URI.create("file://" + folder + "/replica"))
                        .list(""))
                .extracting(ReplicaStore.ObjectInfo::name)
                .containsExactly("databases/ledger/" + name);
    }

    @Test
    void letsOnlyTheOwnerInAndLeavesNoTemporaryFile() throws Exception {
        store.create("ltx/0/a.ltx", file("x"), "w", Instant.EPOCH, SendGuard.ALWAYS);
        store.create("ltx/0/a.ltx", file("y"), "w", Instant.EPOCH, SendGuard.ALWAYS);
        store.put("ltx/0/b.json", new byte[1], SendGuard.ALWAYS);

        Path level = folder.resolve("replica/databases/ledger/ltx/0");
        assertThat(mode(level)).isEqualTo("rwx------");
        assertThat(mode(folder.resolve("replica"))).isEqualTo("rwx------");
        assertThat(mode(level.resolve("a.ltx"))).isEqualTo("rw-------");
        assertThat(mode(level.resolve("b.json"))).isEqualTo("rw-------");
        try (Stream<Path> files = Files.list(level)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void leavesUnfinishedFilesOutOfListings() throws Exception {
        store.put("ltx/0/a.ltx", new byte[1], SendGuard.ALWAYS);
        Path level = folder.resolve("replica/databases/ledger/ltx/0");
        Files.write(level.resolve(".5f0c.tmp"), new byte[7]);
        Files.write(level.resolve("b.ltx.tmp"), new byte[7]);

        assertThat(names(store.list("ltx/0/"))).containsExactly("ltx/0/a.ltx");
    }

    @Test
    void takesTheSameContentForItsOwnWhoeverWroteIt() throws Exception {
        store.create("ltx/0/a.ltx", file("x"), "writer-1", Instant.EPOCH, SendGuard.ALWAYS);

        assertThat(store.create("ltx/0/a.ltx", file("x"), "writer-2", Instant.EPOCH, SendGuard.ALWAYS))
                .isEqualTo(ReplicaStore.Created.OURS);
    }

    @Test
    void saysThatSomethingIsInTheWayOfTheFolder() throws Exception {
        Files.writeString(folder.resolve("replica"), "a file");

        assertThatThrownBy(() -> store.put("manifest.json", "{}".getBytes(UTF_8), SendGuard.ALWAYS))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(folder.resolve("replica") + " is not a folder");
    }

    @Test
    void refusesUrlsThatAreNoFolderOfThisMachine() {
        for (String url : List.of("file:relative", "file://host/folder", "file:///folder?region=x", "file:///a#b")) {
            assertThatThrownBy(() -> ReplicaStores.openRoot(URI.create(url)))
                    .as(url)
                    .isInstanceOf(StoreException.class);
        }
        assertThatThrownBy(() -> ReplicaStores.open(URI.create("file:///folder"), "../other"))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("\"../other\"");
    }

    private static String mode(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
