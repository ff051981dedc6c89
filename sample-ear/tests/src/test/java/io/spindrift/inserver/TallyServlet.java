package io.spindrift.inserver;

import jakarta.inject.Inject;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reads a {@link Tally} with GET and adds one to it with POST: {@code ?fail} rolls back and answers 500, {@code ?beside}
 * meets another such request and answers with the number of attempts it took.
 */
@WebServlet("/tally")
public class TallyServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Inject
    private transient Tally tally;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        try {
            tally.create();
            response.getWriter().print(tally.value());
        } catch (Exception e) {
            throw new ServletException(e);
        }
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        AtomicInteger attempts = new AtomicInteger();
        try {
            if (request.getParameter("fail") != null) {
                tally.addAndFail();
            } else if (request.getParameter("beside") != null) {
                tally.addBesideAnother(attempts);
            } else {
                tally.add();
            }
            response.getWriter().print(attempts);
        } catch (Exception e) {
            throw new ServletException(e);
        }
    }
}
