package io.spindrift.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.DatabaseRegistry;
import io.spindrift.SyncEngine;
import io.spindrift.testing.Databases;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import java.io.File;
import java.lang.annotation.Annotation;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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

    @Test
    void anApplicationDeploysOnAServerWithoutTheHealthFeature() throws Exception {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader server =
                new URLClassLoader(classPathWithoutHealth(), ClassLoader.getPlatformClassLoader())) {
            Thread.currentThread().setContextClassLoader(server);
            Class<?> initializer = server.loadClass(SeContainerInitializer.class.getName());
            Object application = initializer
                    .getMethod("initialize")
                    .invoke(initializer.getMethod("newInstance").invoke(null));
            try (AutoCloseable running = (AutoCloseable) application) {
                Object engines = server.loadClass("jakarta.enterprise.inject.Instance")
                        .getMethod("select", Class.class, Annotation[].class)
                        .invoke(running, server.loadClass(SyncEngine.class.getName()), new Annotation[0]);
                assertThat(engines.getClass().getMethod("isResolvable").invoke(engines))
                        .isEqualTo(true);
            }
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private static URL[] classPathWithoutHealth() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).getFileName().toString().contains("health"))
                .map(HealthChecksTest::url)
                .toArray(URL[]::new);
    }

    private static URL url(String entry) {
        try {
            return Path.of(entry).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(entry, e);
        }
    }

    private HealthCheckResponse call(Annotation kind) {
        return container.select(HealthCheck.class, kind).get().call();
    }
}
