package io.spindrift.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.SyncEngine;
import io.spindrift.telemetry.EventMeter;
import io.spindrift.testing.WithoutPackages;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server has the features its applications ask for; the extension must deploy with what there is. */
class OptionalApisTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "io.opentelemetry.",
                "org.eclipse.microprofile.health.",
                "jakarta.ws.rs.",
                "jakarta.servlet.",
                "jakarta.persistence.",
                "jakarta.ejb."
            })
    void deploysWithout(String api) {
        assertThatCode(() -> new WithoutPackages(api, "org.jboss.resteasy.").run(Deployment.class))
                .doesNotThrowAnyException();
    }

    @Test
    void withoutOpenTelemetryThereIsNoMeter() {
        assertThatCode(() -> new WithoutPackages("io.opentelemetry.").run(NoMeter.class))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> new WithoutPackages("com.example.").run(NoMeter.class))
                .as("the same with the API")
                .isInstanceOf(AssertionError.class);
    }

    public static final class Deployment implements Runnable {
        @Override
        public void run() {
            try (SeContainer container = SeContainerInitializer.newInstance().initialize()) {
                assertThat(container.select(SyncEngine.class).isResolvable()).isTrue();
            }
        }
    }

    public static final class NoMeter implements Runnable {
        @Override
        public void run() {
            try (SeContainer container = SeContainerInitializer.newInstance().initialize()) {
                assertThat(container.select(EventMeter.class).isUnsatisfied()).isTrue();
            }
        }
    }
}
