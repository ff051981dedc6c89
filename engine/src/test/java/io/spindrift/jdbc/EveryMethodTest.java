package io.spindrift.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls every method of JDBC's interfaces in bad circumstances: each answers, or throws with a SQLSTATE. */
@Timeout(60)
class EveryMethodTest extends OnOneConnection {
    private static final String QUERY = "select ? as a, 1 as b";

    private PreparedStatement prepared() throws SQLException {
        PreparedStatement statement = connection.prepareStatement(QUERY);
        statement.setInt(1, 1);
        return statement;
    }

    private ResultSet rows() throws SQLException {
        ResultSet rows = prepared().executeQuery();
        rows.next();
        return rows;
    }

    @Test
    void aClosedHandleSaysSo() throws Exception {
        Set<String> open = Set.of("close", "isClosed", "isValid", "abort", "unwrap", "isWrapperFor", "toString");
        ResultSet rows = rows();
        rows.close();
        assertAllThrow(rows, ResultSet.class, open);
        PreparedStatement prepared = prepared();
        prepared.close();
        assertAllThrow(prepared, PreparedStatement.class, open);
        Statement statement = connection.createStatement();
        statement.close();
        assertAllThrow(statement, Statement.class, open);
        PreparedStatement orphan = prepared();
        connection.close();
        assertAllThrow(orphan, PreparedStatement.class, open);
        assertAllThrow(connection, Connection.class, open);
    }

    private static void assertAllThrow(Object handle, Class<?> type, Set<String> except) throws Exception {
        List<String> silent = new ArrayList<>();
        for (Method method : type.getMethods()) {
            if (!except.contains(method.getName()) && !isJavas(method)) {
                String problem = problem(handle, method, arguments(method, true));
                if (!problem.startsWith("SQLSTATE")) {
                    silent.add(method + ": " + problem);
                }
            }
        }
        assertThat(silent).isEmpty();
    }

    @Test
    void wildArgumentsAreAnErrorWithASqlstateAndLeaveTheConnectionUsable() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (boolean tame : new boolean[] {true, false}) {
            for (Method method : Connection.class.getMethods()) {
                wrong.addAll(call(database.connect(), method, tame));
            }
            for (Method method : Statement.class.getMethods()) {
                wrong.addAll(call(connection.createStatement(), method, tame));
            }
            for (Method method : PreparedStatement.class.getMethods()) {
                wrong.addAll(call(prepared(), method, tame));
            }
            for (Method method : ResultSet.class.getMethods()) {
                wrong.addAll(call(rows(), method, tame));
                ResultSet drained = rows();
                TestDatabase.run(connection, "create table if not exists t(a)");
                wrong.addAll(call(drained, method, tame));
            }
            for (Method method : DatabaseMetaData.class.getMethods()) {
                wrong.addAll(call(connection.getMetaData(), method, tame));
            }
            for (Method method : ResultSetMetaData.class.getMethods()) {
                wrong.addAll(call(prepared().getMetaData(), method, tame));
            }
            for (Method method : ParameterMetaData.class.getMethods()) {
                wrong.addAll(call(prepared().getParameterMetaData(), method, tame));
            }
            for (Method method : DataSource.class.getMethods()) {
                wrong.addAll(
                        call(new DatabaseDataSource(() -> database.physical(TestDatabase.OPTIMISTIC)), method, tame));
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(connection.isValid(1)).isTrue();
    }

    private static List<String> call(Object handle, Method method, boolean tame) throws Exception {
        // Waits for ever for a thread or says nothing to a caller: not about arguments.
        if (isJavas(method)) {
            return List.of();
        }
        String problem = problem(handle, method, arguments(method, tame));
        return problem.startsWith("!") ? List.of(method + " tame=" + tame + problem) : List.of();
    }

    private static boolean isJavas(Method method) {
        return method.getDeclaringClass() == Object.class
                || java.lang.reflect.Modifier.isStatic(method.getModifiers())
                // JDBC's own default methods: large counts that are ours, builders and shards that throw by themselves.
                || Set.of(
                                "beginRequest",
                                "endRequest",
                                "createConnectionBuilder",
                                "createShardingKeyBuilder",
                                "enquoteLiteral",
                                "enquoteIdentifier",
                                "enquoteNCharLiteral",
                                "isSimpleIdentifier")
                        .contains(method.getName())
                || method.getName().contains("ShardingKey");
    }

    private static String problem(Object handle, Method method, Object[] arguments) throws IllegalAccessException {
        try {
            method.invoke(handle, arguments);
            return "answered";
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof SQLException error) {
                String state = error.getSQLState();
                return state != null && state.length() == 5 && error.getMessage() != null
                        ? "SQLSTATE " + state
                        : "! without a SQLSTATE: " + error;
            }
            return "! " + e.getCause()
                    + Arrays.toString(Arrays.copyOf(e.getCause().getStackTrace(), 2));
        }
    }

    private static Object[] arguments(Method method, boolean tame) {
        return Arrays.stream(method.getParameterTypes())
                .map(type -> argument(type, tame))
                .toArray();
    }

    private static Object argument(Class<?> type, boolean tame) {
        if (type == boolean.class) {
            return tame;
        } else if (type == int.class) {
            return tame ? 1 : -1;
        } else if (type == long.class) {
            return tame ? 1L : -1L;
        } else if (type == short.class) {
            return (short) 1;
        } else if (type == byte.class) {
            return (byte) 1;
        } else if (type == float.class) {
            return 1f;
        } else if (type == double.class) {
            return 1d;
        } else if (!tame) {
            return null;
        } else if (type == String.class) {
            return "b";
        } else if (type == Class.class) {
            return String.class;
        } else if (type == Executor.class) {
            return (Executor) Runnable::run;
        } else if (type == int[].class) {
            return new int[] {1};
        } else if (type == String[].class) {
            return new String[] {"a"};
        } else if (type == Object.class) {
            return "text";
        }
        return null;
    }
}
