package io.spindrift.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.spindrift.Database;
import io.spindrift.testing.Databases;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Application;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.WriterInterceptor;
import jakarta.ws.rs.ext.WriterInterceptorContext;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Jakarta REST; the gate is found by the service file, no application registers it. */
class DurableResponseTest extends GateContract {
    @Override
    WebServer start() throws Exception {
        return WebServer.of(Resources.class);
    }

    @Test
    void aMethodWithoutItDoesNotWait() throws Exception {
        ledger.stopSync();
        HttpResponse<String> response = server.post("/plain/commit");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().map()).doesNotContainKey("Spindrift-Position");
    }

    @Test
    void oneMethodOfAClassMayHaveIt() throws Exception {
        assertEverythingIsDurableAt(server.post("/plain/commit-durably"));
    }

    @Test
    void onlyTheDatabaseItNamesIsWaitedFor() throws Exception {
        Database orders = Databases.open(folder, "orders");
        orders.stopSync();
        Databases.commit(orders);
        assertEverythingIsDurableAt(server.post("/plain/commit-durably"));
        orders.startSync();
    }

    @Test
    void aResponseThatIsResumedByAnotherThreadWaitsToo() throws Exception {
        HttpResponse<String> response = server.post("/commit-later");
        assertThat(response.body()).isEqualTo("committed");
        assertEverythingIsDurableAt(response);
        ledger.stopSync();
        assertOutcomeUnknown(server.post("/commit-later"));
    }

    @Test
    void anotherInterceptorsChangeOfTheBodyIsHeldBackToo() throws Exception {
        assertThat(server.get("/nothing").headers().firstValue("X-Interceptor")).contains("ran");
        ledger.stopSync();
        Databases.commit(ledger);
        assertOutcomeUnknown(server.get("/nothing"));
    }

    public static class Resources extends Application {
        @Override
        public Set<Class<?>> getClasses() {
            return Set.of(Gated.class, Plain.class, CatchAll.class, Other.class);
        }
    }

    @Path("/")
    @DurableResponse
    public static class Gated {
        @POST
        @Path("commit")
        public String commitSomething() {
            commit();
            return "committed";
        }

        @GET
        @Path("nothing")
        public String nothing() {
            return "nothing";
        }

        @GET
        @Path("commit-at-the-end-of-the-body")
        public StreamingOutput commitAtTheEnd() {
            return out -> {
                out.write("text".getBytes(StandardCharsets.UTF_8));
                out.flush();
                commit();
            };
        }

        @POST
        @Path("commit-without-body")
        public void commitWithoutBody() {
            commit();
        }

        @POST
        @Path("created")
        public Response created() {
            commit();
            return Response.created(URI.create("/accounts/1")).build();
        }

        @POST
        @Path("commit-and-refuse")
        public String refuse() {
            commit();
            throw new WebApplicationException(409);
        }

        @POST
        @Path("commit-later")
        public CompletionStage<String> later() {
            return CompletableFuture.supplyAsync(() -> {
                commit();
                return "committed";
            });
        }

        @GET
        @Path("large")
        public StreamingOutput large() {
            return GateContract::writeLarge;
        }
    }

    @Path("plain")
    public static class Plain {
        @POST
        @Path("commit")
        public String commitSomething() {
            commit();
            return "committed";
        }

        @POST
        @Path("commit-durably")
        @DurableResponse(database = "ledger")
        public String commitDurably() {
            commit();
            return "committed";
        }
    }

    /** As many applications have one. */
    public static class CatchAll implements ExceptionMapper<Throwable> {
        @Override
        public Response toResponse(Throwable failure) {
            int status = failure instanceof WebApplicationException web
                    ? web.getResponse().getStatus()
                    : 500;
            return Response.status(status).entity("mapped committed").build();
        }
    }

    public static class Other implements WriterInterceptor {
        @Override
        public void aroundWriteTo(WriterInterceptorContext context) throws IOException {
            context.getHeaders().putSingle("X-Interceptor", "ran");
            context.proceed();
        }
    }
}
