package io.spindrift.retry;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.DurabilityUnknownException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.util.Set;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerdictTest {
    @TempDir
    Path classes;

    @ParameterizedTest
    @MethodSource("conflicts")
    void aConflictIsFoundWhereverItHides(Exception failure) {
        assertThat(mayRunAgain(failure)).isTrue();
    }

    static Stream<Exception> conflicts() {
        SQLException chained = new SQLException("batch", "HY000");
        chained.setNextException(new SQLException("next", "XX000"));
        chained.setNextException(conflict());
        return Stream.of(
                conflict(),
                new SQLException("deadlock", "40P01"),
                new SQLException("change conflicts with another transaction", "OC000"),
                new SQLException("schema has been updated by another transaction", "OC001"),
                new SQLException("mutation conflicts with another transaction, retry as needed (OC000)"),
                new IllegalStateException(new IOException(conflict())),
                new SQLException("wrapped by a pool", null, conflict()),
                new SQLException("the transaction has ended", "25P02", conflict()),
                new BatchUpdateException("batch", "HY000", 0, new int[0], conflict()),
                chained,
                cycleWith(conflict()));
    }

    @ParameterizedTest
    @MethodSource("otherFailures")
    void anyOtherFailureIsNone(Exception failure) {
        assertThat(mayRunAgain(failure)).isFalse();
    }

    static Stream<Exception> otherFailures() {
        Exception earlier = new IllegalStateException("no such account");
        earlier.addSuppressed(conflict());
        return Stream.of(
                new SQLException("unique", "23505"),
                new SQLException("Key (code)=(OC000) already exists", "23505"),
                new SQLException("gate", "HYT00"),
                new SQLException((String) null),
                new IllegalStateException("no cause"),
                cycleWith(new SQLException("unique", "23505")),
                new EndlessCauses(),
                earlier);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jakarta.persistence.OptimisticLockException",
                "jakarta.data.exceptions.OptimisticLockingFailureException",
                "org.hibernate.StaleStateException",
                "org.hibernate.dialect.lock.OptimisticEntityLockException",
                "org.eclipse.persistence.exceptions.OptimisticLockException"
            })
    void optimisticLocksAreConflictsByName(String type) throws Exception {
        assertThat(mayRunAgain(exception(type))).isTrue();
        assertThat(mayRunAgain(new RuntimeException(exception(type)))).isTrue();
    }

    @Test
    void aSubclassOfOneIsAConflictToo() throws Exception {
        compile("org.hibernate.StaleStateException", "RuntimeException");
        compile("org.hibernate.StaleObjectStateException", "StaleStateException");
        assertThat(mayRunAgain(load("org.hibernate.StaleObjectStateException"))).isTrue();
    }

    @Test
    void aTransactionManagersExceptionMayHaveSuppressedIt() throws Exception {
        Exception rollback = exception("jakarta.transaction.RollbackException");
        rollback.addSuppressed(new IOException(conflict()));
        assertThat(mayRunAgain(new IllegalStateException(rollback))).isTrue();
    }

    @ParameterizedTest
    @MethodSource("unknownOutcomes")
    void whereAnythingLeavesTheOutcomeOpenNothingRunsAgain(Exception failure) {
        assertThat(mayRunAgain(failure)).isFalse();
        RetryPolicy everything =
                RetryPolicy.builder().retryOn(Set.of(Exception.class)).build();
        assertThat(Verdict.mayRunAgain(failure, everything)).isFalse();
    }

    static Stream<Exception> unknownOutcomes() {
        SQLException unknown = new SQLException("committed here, not yet durable", "08007");
        SQLException next = conflict();
        next.setNextException(unknown);
        SQLException suppressed = conflict();
        suppressed.addSuppressed(new IOException(unknown));
        return Stream.of(
                unknown,
                new SQLException("statement completion unknown", "40003"),
                new DurabilityUnknownException("not durable within PT30S"),
                new SQLException("conflict", "40001", unknown),
                new SQLException("not yet durable", "08007", conflict()),
                next,
                suppressed);
    }

    @Test
    void retryOnAddsFailuresWhereverTheyAre() {
        RetryPolicy policy =
                RetryPolicy.builder().retryOn(Set.of(IOException.class)).build();
        assertThat(Verdict.mayRunAgain(new IllegalStateException(new IOException("flaky")), policy))
                .isTrue();
        assertThat(Verdict.mayRunAgain(conflict(), policy)).isTrue();
        assertThat(Verdict.mayRunAgain(new IllegalStateException("other"), policy))
                .isFalse();
    }

    @Test
    void abortOnWinsOverEverything() {
        RetryPolicy policy = RetryPolicy.builder()
                .retryOn(Set.of(IOException.class))
                .abortOn(Set.of(IllegalArgumentException.class))
                .build();
        assertThat(Verdict.mayRunAgain(new IllegalArgumentException(conflict()), policy))
                .isFalse();
        assertThat(Verdict.mayRunAgain(new IOException(new IllegalArgumentException()), policy))
                .isFalse();
        assertThat(Verdict.mayRunAgain(new IOException(conflict()), policy)).isTrue();
    }

    private static boolean mayRunAgain(Exception failure) {
        return Verdict.mayRunAgain(failure, RetryPolicy.DEFAULT);
    }

    private static SQLException conflict() {
        return new SQLTransactionRollbackException("another transaction changed what this one read", "40001");
    }

    private static Exception cycleWith(SQLException hidden) {
        SQLException inner = new SQLException("b", "HY000");
        RuntimeException outer = new RuntimeException("a", inner);
        inner.initCause(outer);
        inner.setNextException(hidden);
        return outer;
    }

    /** An exception of an API that is not on the class path. */
    private Exception exception(String name) throws Exception {
        compile(name, "RuntimeException");
        return load(name);
    }

    private void compile(String name, String superclass) throws IOException {
        int dot = name.lastIndexOf('.');
        Path source = classes.resolve(name.replace('.', '/') + ".java");
        Files.createDirectories(source.getParent());
        Files.writeString(
                source,
                "package " + name.substring(0, dot) + "; public class " + name.substring(dot + 1) + " extends "
                        + superclass + " {}");
        int failed = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-d", classes.toString(), "-cp", classes.toString(), source.toString());
        assertThat(failed).isZero();
    }

    private Exception load(String name) throws Exception {
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
            return (Exception) loader.loadClass(name).getConstructor().newInstance();
        }
    }

    /** Has another cause each time it is asked. */
    private static final class EndlessCauses extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public synchronized Throwable getCause() {
            return new EndlessCauses();
        }
    }
}
