package io.spindrift.ledger.web;

import io.spindrift.SpindriftException;
import io.spindrift.ledger.TransferRefusedException;
import io.spindrift.ledger.UnknownAccountException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.ResponseBuilder;
import jakarta.ws.rs.core.Response.Status;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;

/** Turns every failure into a problem body; what the caller cannot mend goes to the server's log. */
@Provider
public class FailureMapper implements ExceptionMapper<Throwable> {
    private static final Logger LOG = System.getLogger(FailureMapper.class.getName());
    private static final int DEEPEST_CAUSE = 30;
    private static final int RETRY_SECONDS = 2;

    @Override
    public Response toResponse(Throwable failure) {
        return answer(failure).build();
    }

    private static ResponseBuilder answer(Throwable failure) {
        if (failure instanceof InvalidInputException invalid) {
            return Problem.of(Status.BAD_REQUEST, invalid.getMessage(), invalid.field());
        }
        if (failure instanceof UnknownAccountException) {
            return Problem.of(Status.NOT_FOUND, failure.getMessage());
        }
        if (failure instanceof TransferRefusedException) {
            return Problem.of(Status.CONFLICT, failure.getMessage());
        }
        if (failure instanceof WebApplicationException web) {
            return refusedByTheFramework(web.getResponse());
        }
        if (failure instanceof SpindriftException) {
            return tryLater(failure.getMessage());
        }
        SQLException sql = deepestSqlException(failure);
        if (sql != null && passes(sql)) {
            LOG.log(Level.WARNING, "A request could not use the database: " + sql.getMessage());
            return tryLater(sql.getMessage());
        }
        LOG.log(Level.ERROR, "A request failed", failure);
        return Problem.of(Status.INTERNAL_SERVER_ERROR, "The request failed; the server's log says why");
    }

    private static ResponseBuilder refusedByTheFramework(Response response) {
        Response.StatusType status = response.getStatusInfo();
        String detail =
                switch (status.toEnum()) {
                    case NOT_FOUND -> "There is nothing at this address";
                    case METHOD_NOT_ALLOWED -> "This address does not answer this method";
                    case NOT_ACCEPTABLE -> "The answer is application/json";
                    case UNSUPPORTED_MEDIA_TYPE -> "The body must be application/json";
                    case REQUEST_ENTITY_TOO_LARGE -> "The body is too large";
                    default -> status.getReasonPhrase();
                };
        ResponseBuilder problem = Problem.of(status, detail);
        String allow = response.getHeaderString(HttpHeaders.ALLOW);
        return allow == null ? problem : problem.header(HttpHeaders.ALLOW, allow);
    }

    private static ResponseBuilder tryLater(String sentence) {
        return Problem.of(Status.SERVICE_UNAVAILABLE, sentence).header(HttpHeaders.RETRY_AFTER, RETRY_SECONDS);
    }

    private static SQLException deepestSqlException(Throwable failure) {
        SQLException deepest = null;
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST_CAUSE; depth++, cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                deepest = sql;
            }
        }
        return deepest;
    }

    /** Whether it is about the moment rather than about what was asked: data, constraints and syntax stay wrong. */
    private static boolean passes(SQLException failure) {
        String state = failure.getSQLState();
        return state == null || !(state.startsWith("22") || state.startsWith("23") || state.startsWith("42"));
    }
}
