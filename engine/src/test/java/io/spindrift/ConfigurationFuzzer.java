package io.spindrift;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Reads configurations, lines of {@code name=value} after a first with the database's name; an accepted one answers. */
public final class ConfigurationFuzzer {
    private ConfigurationFuzzer() {}

    public static void fuzzerTestOneInput(byte[] input) throws IllegalAccessException {
        String[] lines = new String(input, StandardCharsets.UTF_8).split("\n");
        Map<String, String> values = new TreeMap<>();
        for (String line : lines) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                values.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        DatabaseConfig config;
        try {
            config = DatabaseConfig.read(
                    lines.length == 0 ? "" : lines[0], values.keySet(), values::get, Set.of("other"));
        } catch (SpindriftException declared) {
            return;
        }
        for (Method method : DatabaseConfig.class.getMethods()) {
            if (method.getDeclaringClass() == DatabaseConfig.class
                    && method.getParameterCount() == 0
                    && !Modifier.isStatic(method.getModifiers())) {
                ask(method, config);
            }
        }
    }

    private static void ask(Method method, DatabaseConfig config) throws IllegalAccessException {
        try {
            method.invoke(config);
        } catch (InvocationTargetException e) {
            throw new AssertionError("An accepted configuration fails at " + method.getName(), e.getCause());
        }
    }

    public static List<byte[]> seeds() {
        StringBuilder everything = new StringBuilder("ledger\n");
        for (ConfigKey key : ConfigKey.values()) {
            everything.append("spindrift.ledger.").append(key.key()).append('=');
            everything.append(key.defaultValue().orElse("/data/x")).append('\n');
        }
        return List.of(
                utf8(everything.toString().replace("replica-url=/data/x", "replica-url=s3://bucket?region=x")),
                utf8("ledger\nspindrift.path=a\nspindrift.sync-interval=PT1M\nspindrift.ledger.cache-size=1 GiB\n"),
                utf8("ledger\nspindrift.ledger.path=a\nspindrift.ledger.sync-interval=999999999999999d\n"),
                utf8("ledger\nspindrift.ledger.path=a\nspindrift.ledger.lease-ttl=PT-1S\n"),
                utf8("ledger\nspindrift.ledger.path=a\nspindrift.ledger.wal-max-bytes=999999999999999999GiB\n"),
                utf8("ledger\nspindrift.other.path=a\nspindrift.ledger.pth=b\nspindrift.=c\n"),
                utf8("\nspindrift.path=\u0000\n"));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
