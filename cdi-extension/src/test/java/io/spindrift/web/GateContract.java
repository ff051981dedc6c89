package io.spindrift.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.DatabaseRegistry;
import io.spindrift.Position;
import io.spindrift.testing.Databases;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is promised of every gated response, whatever writes it. The paths are the same in each subclass's server. */
@Timeout(60)
abstract class GateContract {
    static final int LARGE = 3 * HeldBody.BYTES_IN_MEMORY + 17;

    @TempDir
    Path folder;

    Database ledger;
    WebServer server;

    abstract WebServer start() throws Exception;

    @BeforeEach
    void open() throws Exception {
        ledger = Databases.open(folder, "ledger");
        server = start();
    }

    @AfterEach
    void close() throws Exception {
        server.close();
        ledger.startSync();
        Databases.closeAll();
    }

    @Test
    void whatTheRequestCommittedIsDurableWhenTheResponseArrives() throws Exception {
        HttpResponse<String> response = server.post("/commit");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("committed");
        assertEverythingIsDurableAt(response);
    }

    @Test
    void whatTheRequestMayHaveReadIsDurableToo() throws Exception {
        Databases.commit(ledger);
        HttpResponse<String> response = server.get("/nothing");
        assertThat(response.statusCode()).isEqualTo(200);
        assertEverythingIsDurableAt(response);
    }

    @Test
    void whatWritingTheBodyCommitsIsDurableToo() throws Exception {
        assertEverythingIsDurableAt(server.get("/commit-at-the-end-of-the-body"));
    }

    @Test
    void anOutcomeThatIsNotKnownInTimeIsAProblem() throws Exception {
        ledger.stopSync();
        assertOutcomeUnknown(server.post("/commit"));
        assertThat(ledger.status().lag()).as("age of what was committed").isPositive();
    }

    @Test
    void aResponseWithoutABodyWaitsToo() throws Exception {
        HttpResponse<String> response = server.post("/commit-without-body");
        assertThat(response.statusCode()).isEqualTo(204);
        assertEverythingIsDurableAt(response);

        ledger.stopSync();
        assertOutcomeUnknown(server.post("/commit-without-body"));
    }

    @Test
    void aProblemHasNothingOfTheResponseItReplaces() throws Exception {
        assertThat(server.post("/created").headers().map()).containsKey("Location");
        ledger.stopSync();
        HttpResponse<String> response = server.post("/created");
        assertOutcomeUnknown(response);
        assertThat(response.headers().map()).doesNotContainKeys("Location", "Spindrift-Position");
    }

    @Test
    void anErrorWaitsToo() throws Exception {
        HttpResponse<String> response = server.post("/commit-and-refuse");
        assertThat(response.statusCode()).isEqualTo(409);
        assertEverythingIsDurableAt(response);

        ledger.stopSync();
        assertOutcomeUnknown(server.post("/commit-and-refuse"));
    }

    @Test
    void headWaitsLikeGet() throws Exception {
        Databases.commit(ledger);
        assertEverythingIsDurableAt(server.head("/nothing"));
        ledger.stopSync();
        Databases.commit(ledger);
        assertThat(server.head("/nothing").statusCode()).isEqualTo(503);
    }

    @Test
    void aBodyTooLongForMemoryArrivesWhole() throws Exception {
        HttpResponse<String> response = server.get("/large");
        assertThat(response.body()).hasSize(LARGE);
        assertThat(response.body().chars().allMatch(c -> c == 'x')).isTrue();
        assertEverythingIsDurableAt(response);
    }

    @Test
    void aBodyTooLongForMemoryIsHeldBackToo() throws Exception {
        ledger.stopSync();
        assertOutcomeUnknown(server.get("/large"));
    }

    @Test
    void severalDatabasesAreToldApart() throws Exception {
        Database orders = Databases.open(folder, "orders");
        Databases.commit(orders);
        String position = server.post("/commit")
                .headers()
                .firstValue("Spindrift-Position")
                .orElseThrow();
        assertThat(position)
                .isEqualTo("ledger=" + ledger.status().durable() + ", orders="
                        + orders.status().durable());
    }

    void assertEverythingIsDurableAt(HttpResponse<String> response) {
        assertThat(ledger.status().lag()).isZero();
        Position position = Position.parse(
                response.headers().firstValue("Spindrift-Position").orElseThrow());
        assertThat(position)
                .isEqualTo(ledger.status().durable())
                .isEqualTo(ledger.status().committed());
    }

    static void assertOutcomeUnknown(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(503);
        assertThat(response.headers().firstValue("Retry-After")).contains("5");
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("application/problem+json");
        assertThat(response.body())
                .contains("\"status\":503", "\"title\":\"Outcome unknown\"", "may last or be lost")
                .doesNotContain("committed");
    }

    // ---- what the servers do

    static void commit() {
        try {
            Databases.commit(DatabaseRegistry.find("ledger").orElseThrow());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    static void writeLarge(OutputStream out) {
        try {
            byte[] part = new byte[1 << 16];
            Arrays.fill(part, (byte) 'x');
            for (int left = LARGE; left > 0; left -= part.length) {
                out.write(part, 0, Math.min(left, part.length));
                out.flush();
            }
            commit();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
