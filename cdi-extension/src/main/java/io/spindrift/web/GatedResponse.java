package io.spindrift.web;

import io.spindrift.transaction.DurabilityWait;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A servlet's response whose body, error or redirect leaves when it may. */
final class GatedResponse extends HttpServletResponseWrapper {
    private final DurabilityWait.Begun begun;
    private final HeldBody body = new HeldBody();
    private Stream stream;
    private PrintWriter writer;
    private boolean ended;

    GatedResponse(HttpServletResponse response, DurabilityWait.Begun begun) {
        super(response);
        this.begun = begun;
    }

    private HttpServletResponse client() {
        return (HttpServletResponse) getResponse();
    }

    /** Waits and sends the response, unless an error or a redirect has been sent. */
    void finish() throws IOException {
        if (!ended) {
            if (writer != null) {
                writer.flush();
            }
            client().setHeader(OutputGate.POSITION, OutputGate.pass(begun));
            ended = true;
            body.sendTo(client().getOutputStream());
        }
    }

    /** Sends the problem instead of the response. */
    void withhold() throws IOException {
        ended = true;
        client().reset();
        client().setStatus(OutputGate.UNAVAILABLE);
        client().setIntHeader(OutputGate.RETRY_AFTER, OutputGate.RETRY_SECONDS);
        client().setContentType(OutputGate.PROBLEM_TYPE);
        client().getOutputStream().write(OutputGate.PROBLEM.getBytes(StandardCharsets.UTF_8));
    }

    /** Gives up what the body has taken. */
    void release() throws IOException {
        body.discard();
    }

    @Override
    public ServletOutputStream getOutputStream() {
        if (writer != null) {
            throw new IllegalStateException("getWriter() has been called for this response");
        }
        if (stream == null) {
            stream = new Stream(body);
        }
        return stream;
    }

    @Override
    public PrintWriter getWriter() throws IOException {
        if (stream != null) {
            throw new IllegalStateException("getOutputStream() has been called for this response");
        }
        if (writer == null) {
            setCharacterEncoding(getCharacterEncoding()); // so that the content type names it, as after any getWriter
            writer = new PrintWriter(new OutputStreamWriter(body, getCharacterEncoding()));
        }
        return writer;
    }

    @Override
    public void flushBuffer() {
        // Nothing leaves before it may.
    }

    @Override
    public int getBufferSize() {
        return HeldBody.BYTES_IN_MEMORY;
    }

    @Override
    public boolean isCommitted() {
        return ended;
    }

    @Override
    public void reset() {
        discard();
        super.reset();
        stream = null;
        writer = null;
    }

    @Override
    public void resetBuffer() {
        discard();
        super.resetBuffer();
    }

    private void discard() {
        if (ended) {
            throw new IllegalStateException("This response has been sent");
        }
        if (writer != null) {
            writer.flush();
        }
        try {
            body.discard();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void sendError(int status, String message) throws IOException {
        replace(response -> response.sendError(status, message));
    }

    @Override
    public void sendError(int status) throws IOException {
        replace(response -> response.sendError(status));
    }

    @Override
    public void sendRedirect(String location) throws IOException {
        replace(response -> response.sendRedirect(location));
    }

    @FunctionalInterface
    private interface Answer {
        void send(HttpServletResponse response) throws IOException;
    }

    private void replace(Answer answer) throws IOException {
        discard();
        client().setHeader(OutputGate.POSITION, OutputGate.pass(begun));
        ended = true;
        answer.send(client());
    }

    /** The body as servlets see it. */
    private static final class Stream extends ServletOutputStream {
        private final HeldBody body;

        Stream(HeldBody body) {
            this.body = body;
        }

        @Override
        public void write(int b) throws IOException {
            body.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            body.write(bytes, offset, length);
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setWriteListener(WriteListener listener) {
            throw new IllegalStateException("A response behind DurableResponseFilter is written synchronously");
        }
    }
}
