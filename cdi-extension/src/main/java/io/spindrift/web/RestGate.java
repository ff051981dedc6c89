package io.spindrift.web;

import io.spindrift.DurabilityUnknownException;
import io.spindrift.transaction.DurabilityWait;
import jakarta.annotation.Priority;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.WriterInterceptor;
import jakarta.ws.rs.ext.WriterInterceptorContext;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;

/**
 * The output gate of a resource method. A response with a body waits when that has been written, for writing it may read
 * from the database; where the time is over, an exception makes it another. A response without a body waits in the
 * filter, and so does an error: what comes of an exception already cannot be changed by another.
 *
 * <p>Outermost among interceptors, so that it holds back what leaves, not what another one will change.
 */
@Priority(Integer.MIN_VALUE)
final class RestGate implements ContainerRequestFilter, ContainerResponseFilter, WriterInterceptor {
    /** A property of a request: its wait, until that is over. */
    private static final String BEGUN = DurabilityWait.Begun.class.getName();

    private static final int FIRST_ERROR = 400;

    private final OutputGate gate;

    RestGate(OutputGate gate) {
        this.gate = gate;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        request.setProperty(BEGUN, gate.begin());
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        boolean bodyFollows = response.hasEntity() && !request.getMethod().equals(HttpMethod.HEAD);
        if (bodyFollows && response.getStatus() < FIRST_ERROR
                || !(request.getProperty(BEGUN) instanceof DurabilityWait.Begun begun)) {
            return;
        }
        request.removeProperty(BEGUN);
        try {
            response.getHeaders().putSingle(OutputGate.POSITION, OutputGate.pass(begun));
        } catch (DurabilityUnknownException e) {
            response.getHeaders().clear();
            response.getHeaders().putSingle(OutputGate.RETRY_AFTER, OutputGate.RETRY_SECONDS);
            response.setStatus(OutputGate.UNAVAILABLE);
            response.setEntity(OutputGate.PROBLEM, new Annotation[0], MediaType.valueOf(OutputGate.PROBLEM_TYPE));
        }
    }

    @Override
    public void aroundWriteTo(WriterInterceptorContext context) throws IOException {
        if (context.getProperty(BEGUN) instanceof DurabilityWait.Begun begun) {
            context.removeProperty(BEGUN); // the problem that may come of it waits for nothing
            holdBack(context, begun);
        } else {
            context.proceed();
        }
    }

    private static void holdBack(WriterInterceptorContext context, DurabilityWait.Begun begun) throws IOException {
        OutputStream client = context.getOutputStream();
        HeldBody body = new HeldBody();
        try {
            context.setOutputStream(body);
            context.proceed();
            context.getHeaders().putSingle(OutputGate.POSITION, OutputGate.pass(begun));
            body.sendTo(client);
        } catch (DurabilityUnknownException e) {
            throw outcomeUnknown(e);
        } finally {
            context.setOutputStream(client);
            body.discard();
        }
    }

    private static WebApplicationException outcomeUnknown(DurabilityUnknownException why) {
        return new WebApplicationException(
                why,
                Response.status(OutputGate.UNAVAILABLE)
                        .header(OutputGate.RETRY_AFTER, OutputGate.RETRY_SECONDS)
                        .header(HttpHeaders.CONTENT_TYPE, OutputGate.PROBLEM_TYPE)
                        .entity(OutputGate.PROBLEM)
                        .build());
    }
}
