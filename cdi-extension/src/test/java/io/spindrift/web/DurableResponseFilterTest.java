package io.spindrift.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spindrift.Database;
import io.spindrift.testing.Databases;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DurableResponseFilterTest extends GateContract {
    @Override
    WebServer start() throws Exception {
        return WebServer.of(new Pages(), new DurableResponseFilter(), Map.of());
    }

    @Test
    void aRedirectWaitsToo() throws Exception {
        HttpResponse<String> response = server.post("/redirect");
        assertThat(response.statusCode()).isEqualTo(302);
        assertEverythingIsDurableAt(response);
        ledger.stopSync();
        assertOutcomeUnknown(server.post("/redirect"));
    }

    @Test
    void textOfAWriterKeepsItsEncoding() throws Exception {
        HttpResponse<String> response = server.get("/text");
        assertThat(response.body()).isEqualTo("grün");
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).containsIgnoringCase("utf-8");
        assertEverythingIsDurableAt(response);
    }

    @Test
    void whatWasWrittenBeforeAResetIsForgotten() throws Exception {
        assertThat(server.get("/reset").body()).isEqualTo("second");
    }

    @Test
    void aRequestThatWouldBecomeAsynchronousIsRefused() throws Exception {
        assertThat(server.get("/async").body()).contains("cannot be made asynchronous");
    }

    @Test
    void theParametersNameADatabaseAndATimeout() throws Exception {
        Database orders = Databases.open(folder, "orders");
        orders.stopSync();
        Databases.commit(orders);
        try (WebServer own = WebServer.of(
                new Pages(), new DurableResponseFilter(), Map.of("database", "ledger", "timeout", "PT5S"))) {
            assertEverythingIsDurableAt(own.post("/commit"));
        }
        orders.startSync();
    }

    @Test
    void aTimeoutThatCannotBeReadIsRefused() {
        assertThatThrownBy(() -> WebServer.of(new Pages(), new DurableResponseFilter(), Map.of("timeout", "soon")))
                .hasStackTraceContaining("found \"soon\"");
    }

    private static final class Pages extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            switch (request.getPathInfo()) {
                case "/nothing" -> response.getWriter().print("nothing");
                case "/commit-at-the-end-of-the-body" -> {
                    response.getWriter().print("text");
                    response.flushBuffer();
                    commit();
                }
                case "/large" -> writeLarge(response.getOutputStream());
                case "/text" -> {
                    response.setContentType("text/plain;charset=utf-8");
                    response.getWriter().print("grün");
                }
                case "/reset" -> {
                    response.getWriter().print("first");
                    response.reset();
                    response.getOutputStream().print("second");
                }
                case "/async" -> {
                    try {
                        request.startAsync();
                    } catch (IllegalStateException e) {
                        response.getWriter().print(e.getMessage());
                    }
                }
                default -> throw new IllegalArgumentException(request.getPathInfo());
            }
        }

        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
            commit();
            switch (request.getPathInfo()) {
                case "/commit" -> response.getWriter().print("committed");
                case "/commit-without-body" -> response.setStatus(204);
                case "/created" -> {
                    response.setStatus(201);
                    response.setHeader("Location", "/accounts/1");
                }
                case "/commit-and-refuse" -> response.sendError(409, "committed");
                case "/redirect" -> response.sendRedirect("/elsewhere");
                default -> throw new IllegalArgumentException(request.getPathInfo());
            }
        }
    }
}
