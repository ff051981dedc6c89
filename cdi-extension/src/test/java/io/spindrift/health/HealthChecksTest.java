package io.spindrift.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.DatabaseRegistry;
import io.spindrift.testing.Databases;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import java.lang.annotation.Annotation;
import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HealthChecksTest {
    @TempDir
    Path folder;

    private SeContainer container;

    @BeforeEach
    void deploy() {
        container = SeContainerInitializer.newInstance().initialize();
    }

    @AfterEach
    void stop() {
        container.close();
        Databases.closeAll();
    }

    @Test
    void aServerWithoutADatabaseIsAliveButNeitherStartedNorReady() {
        assertThat(call(Startup.Literal.INSTANCE).getStatus()).isEqualTo(Status.DOWN);
        assertThat(call(Liveness.Literal.INSTANCE).getStatus()).isEqualTo(Status.UP);
        HealthCheckResponse ready = call(Readiness.Literal.INSTANCE);
        assertThat(ready.getStatus()).isEqualTo(Status.DOWN);
        assertThat(ready.getData().orElseThrow().get("problem").toString()).startsWith("No database is open");
    }

    @Test
    void anOpenDatabaseIsStartedReadyAndAlive() throws Exception {
        Databases.commit(Databases.open(folder, "ledger"));
        assertThat(call(Startup.Literal.INSTANCE).getStatus()).isEqualTo(Status.UP);
        assertThat(call(Liveness.Literal.INSTANCE).getStatus()).isEqualTo(Status.UP);
        HealthCheckResponse ready = call(Readiness.Literal.INSTANCE);
        assertThat(ready.getStatus()).isEqualTo(Status.UP);
        assertThat(ready.getName()).isEqualTo("spindrift-ready");
        assertThat(ready.getData().orElseThrow()).containsEntry("ledger.state", "OPEN");
    }

    @Test
    void oneDatabaseThatCannotBeOpenedEndsReadinessWithItsSentence() throws Exception {
        Databases.open(folder, "ledger");
        Files.createDirectory(folder.resolve("orders.db"));
        Databases.open(folder, "orders");

        HealthCheckResponse ready = call(Readiness.Literal.INSTANCE);

        assertThat(ready.getStatus()).isEqualTo(Status.DOWN);
        assertThat(ready.getData().orElseThrow())
                .containsEntry("ledger.state", "OPEN")
                .containsEntry("orders.state", "FAILED")
                .containsKey("orders.problem");
        assertThat(call(Startup.Literal.INSTANCE).getStatus()).isEqualTo(Status.DOWN);
        assertThat(call(Liveness.Literal.INSTANCE).getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void aDatabaseWhoseConfigurationCannotBeHonouredEndsReadinessWithItsSentence() throws Exception {
        Databases.open(folder, "ledger");
        DatabaseRegistry.reportUnusable("orders", "Unknown configuration spindrift.orders.pth");
        try {
            HealthCheckResponse ready = call(Readiness.Literal.INSTANCE);

            assertThat(ready.getStatus()).isEqualTo(Status.DOWN);
            assertThat(ready.getData().orElseThrow())
                    .containsEntry("orders.problem", "Unknown configuration spindrift.orders.pth");
            assertThat(call(Liveness.Literal.INSTANCE).getStatus()).isEqualTo(Status.UP);
        } finally {
            DatabaseRegistry.withdrawUnusable("orders");
        }
    }

    private HealthCheckResponse call(Annotation kind) {
        return container.select(HealthCheck.class, kind).get().call();
    }
}
