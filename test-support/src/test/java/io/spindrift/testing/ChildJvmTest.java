package io.spindrift.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ChildJvmTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void talksWithItsChildByLines() throws Exception {
        try (ChildJvm child =
                ChildJvm.start(List.of("-Dgreeting=hello"), Map.of("WHOM", "world"), Echo.class, "ready")) {
            child.awaitLine("ready", PATIENCE);
            child.send("one");

            assertThat(child.awaitLine("hello", PATIENCE)).isEqualTo("hello world one");
            assertThatThrownBy(() -> child.awaitLine("never", Duration.ofMillis(10)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("hello world one");
            child.closeInput();
            assertThat(child.awaitExit(PATIENCE)).isEqualTo(7);
            assertThatThrownBy(() -> child.awaitLine("never", PATIENCE)).hasMessageContaining("ended");
        }
    }

    @Test
    void killsItsChildWithoutLastWords() throws Exception {
        try (ChildJvm child = ChildJvm.start(Echo.class, "ready")) {
            child.awaitLine("ready", PATIENCE);
            child.kill();

            assertThat(child.isAlive()).isFalse();
            assertThat(child.awaitExit(PATIENCE)).isEqualTo(128 + 9);
            assertThat(child.lines()).containsExactly("ready");
        }
    }

    @Test
    void aChildDiesWithItsKilledParent() throws Exception {
        try (ChildJvm parent = ChildJvm.start(Parent.class)) {
            String line = parent.awaitLine("grandchild ", PATIENCE);
            ProcessHandle grandchild = ProcessHandle.of(Long.parseLong(line.substring("grandchild ".length())))
                    .orElseThrow();
            CompletableFuture<ProcessHandle> end = grandchild.onExit();
            assertThat(grandchild.isAlive()).isTrue();
            parent.kill();

            end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    static final class Echo {
        public static void main(String[] arguments) throws Exception {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("last words")));
            System.out.println(arguments[0]);
            try (var in = new java.io.BufferedReader(new java.io.InputStreamReader(System.in))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    System.out.println(System.getProperty("greeting") + " " + System.getenv("WHOM") + " " + line);
                }
            }
            System.exit(7);
        }
    }

    static final class Parent {
        public static void main(String[] arguments) throws Exception {
            ChildJvm grandchild = ChildJvm.start(Endless.class);
            grandchild.awaitLine("ready", PATIENCE);
            System.out.println("grandchild " + grandchild.pid());
            grandchild.awaitExit(PATIENCE);
        }
    }

    static final class Endless {
        public static void main(String[] arguments) throws Exception {
            System.out.println("ready");
            new java.util.concurrent.CountDownLatch(1).await();
        }
    }
}
