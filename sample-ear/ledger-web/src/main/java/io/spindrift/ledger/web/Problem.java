package io.spindrift.ledger.web;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.ResponseBuilder;
import jakarta.ws.rs.core.Response.StatusType;

/** Problem details for HTTP APIs (RFC 9457). */
final class Problem {
    private static final String MEDIA_TYPE = "application/problem+json";

    private Problem() {}

    static ResponseBuilder of(StatusType status, String detail) {
        return response(status, body(status, detail));
    }

    /** A problem with one field of the request. */
    static ResponseBuilder of(StatusType status, String detail, String field) {
        return response(status, body(status, detail).add("field", field));
    }

    private static JsonObjectBuilder body(StatusType status, String detail) {
        return Json.createObjectBuilder()
                .add("type", "about:blank")
                .add("title", status.getReasonPhrase())
                .add("status", status.getStatusCode())
                .add("detail", detail);
    }

    private static ResponseBuilder response(StatusType status, JsonObjectBuilder body) {
        return Response.status(status).type(MEDIA_TYPE).entity(body.build().toString());
    }
}
