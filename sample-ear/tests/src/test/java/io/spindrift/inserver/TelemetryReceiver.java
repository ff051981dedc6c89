package io.spindrift.inserver;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/** Takes what a server exports by OTLP over HTTP, whose names are plain text inside the protobuf. */
final class TelemetryReceiver implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, Queue<String>> bodies = Map.of(
            "/v1/metrics", new ConcurrentLinkedQueue<>(),
            "/v1/traces", new ConcurrentLinkedQueue<>());

    TelemetryReceiver() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::receive);
        server.start();
    }

    /** Environment variables that make a server with MicroProfile Telemetry export to here, every second. */
    Map<String, String> environment() {
        return Map.of(
                "OTEL_SDK_DISABLED",
                "false",
                "OTEL_SERVICE_NAME",
                "probe",
                "OTEL_EXPORTER_OTLP_PROTOCOL",
                "http/protobuf",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:" + server.getAddress().getPort(),
                "OTEL_METRIC_EXPORT_INTERVAL",
                "1000",
                "OTEL_BSP_SCHEDULE_DELAY",
                "500",
                "OTEL_LOGS_EXPORTER",
                "none");
    }

    String metrics() {
        return text("/v1/metrics");
    }

    String traces() {
        return text("/v1/traces");
    }

    private String text(String path) {
        return bodies.get(path).stream().collect(Collectors.joining());
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Queue<String> received = bodies.get(exchange.getRequestURI().getPath());
            if (received != null) {
                received.add(new String(body, StandardCharsets.ISO_8859_1));
            }
            exchange.sendResponseHeaders(200, -1);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
