package io.spindrift.web;

import io.spindrift.Durability;
import io.spindrift.DurabilityUnknownException;
import io.spindrift.transaction.DurabilityWait;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Optional;

/**
 * Does for everything behind it what {@link DurableResponse} does for a resource method. Map it in {@code web.xml}, or
 * extend it with {@code @WebFilter}:
 *
 * <pre>{@code
 * @WebFilter("/payments/*")
 * public class DurablePayments extends DurableResponseFilter {}
 * }</pre>
 *
 * <p>Initial parameters, both optional: {@code database}, and {@code timeout} in ISO-8601 such as {@code PT5S}. Errors
 * and redirects wait like any response; an exception that leaves the servlet does not, the server answers it. A request
 * cannot be made asynchronous behind the filter: {@code startAsync} throws an {@link IllegalStateException}.
 */
public class DurableResponseFilter extends HttpFilter {
    private static final long serialVersionUID = 1L;

    private transient OutputGate gate;

    @Override
    public void init() throws ServletException {
        gate = new OutputGate(
                new DurabilityWait(Durability.REPLICA, Optional.ofNullable(getInitParameter("database")), timeout()));
    }

    private Optional<Duration> timeout() throws ServletException {
        String text = getInitParameter("timeout");
        try {
            return Optional.ofNullable(text).map(Duration::parse);
        } catch (DateTimeException e) {
            throw new ServletException(
                    "The parameter timeout of the filter " + getFilterName()
                            + " is an ISO-8601 duration such as PT5S, found \"" + text + "\"",
                    e);
        }
    }

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        GatedResponse gated = new GatedResponse(response, gate.begin());
        try {
            chain.doFilter(new SynchronousRequest(request), gated);
            gated.finish();
        } catch (DurabilityUnknownException e) {
            gated.withhold();
        } finally {
            gated.release();
        }
    }

    /** A response that another thread completes could leave after the filter, past the gate. */
    private static final class SynchronousRequest extends HttpServletRequestWrapper {
        SynchronousRequest(HttpServletRequest request) {
            super(request);
        }

        @Override
        public boolean isAsyncSupported() {
            return false;
        }

        @Override
        public AsyncContext startAsync() {
            throw new IllegalStateException("A request behind DurableResponseFilter cannot be made asynchronous: its"
                    + " response would leave without waiting; map the filter to other paths");
        }

        @Override
        public AsyncContext startAsync(ServletRequest request, ServletResponse response) {
            return startAsync();
        }
    }
}
