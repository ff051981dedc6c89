package io.spindrift.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A TCP proxy on a free port of 127.0.0.1 that breaks connections: for what cannot be done inside the server, such as
 * an answer that is lost after the request took effect. A mode holds for every connection until it is changed.
 */
public final class TcpFault implements AutoCloseable {
    private static final int BUFFER_BYTES = 8192;

    private final int targetPort;
    private final ServerSocket listener;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicReference<Mode> mode = new AtomicReference<>(Mode.PASS);

    /**
     * What happens to bytes.
     *
     * @param kind the way of failing
     * @param bytes the bytes per connection that still pass
     * @param once back to passing after the first connection that was hit
     */
    private record Mode(Kind kind, long bytes, boolean once) {
        static final Mode PASS = new Mode(Kind.PASS, 0, false);
    }

    private enum Kind {
        PASS,
        RESET_REQUEST,
        RESET_ANSWER,
        END_ANSWER,
        SILENCE
    }

    public TcpFault(int targetPort) throws IOException {
        this.targetPort = targetPort;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start("accept", this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Lets everything pass. */
    public void pass() {
        mode.set(Mode.PASS);
    }

    /** Resets the next connection on which an answer begins, before its first byte: the request has taken effect. */
    public void loseNextAnswer() {
        mode.set(new Mode(Kind.RESET_ANSWER, 0, true));
    }

    /** Resets every connection after so many bytes from the client. */
    public void resetRequestsAfter(long bytes) {
        mode.set(new Mode(Kind.RESET_REQUEST, bytes, false));
    }

    /** Resets every connection after so many bytes from the server. */
    public void resetAnswersAfter(long bytes) {
        mode.set(new Mode(Kind.RESET_ANSWER, bytes, false));
    }

    /** Ends every connection in good order after so many bytes from the server. */
    public void endAnswersAfter(long bytes) {
        mode.set(new Mode(Kind.END_ANSWER, bytes, false));
    }

    /** Takes bytes and passes none on: connections hang. */
    public void silence() {
        mode.set(new Mode(Kind.SILENCE, 0, false));
    }

    /** Breaks every connection there is, hanging ones included; new ones meet the mode. */
    public void breakConnections() throws IOException {
        for (Socket socket : open) {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        breakConnections();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                open.add(client);
                Socket server = new Socket();
                open.add(server);
                server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort));
                start("requests", () -> pump(client, server, Kind.RESET_REQUEST, Kind.RESET_REQUEST));
                start("answers", () -> pump(server, client, Kind.RESET_ANSWER, Kind.END_ANSWER));
            } catch (IOException e) {
                // The proxy was closed, or the server is gone: the client sees a broken connection either way.
            }
        }
    }

    private void pump(Socket from, Socket to, Kind resets, Kind ends) {
        byte[] buffer = new byte[BUFFER_BYTES];
        long passed = 0;
        Mode before = mode.get();
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                Mode now = mode.get();
                if (now != before) {
                    passed = 0; // A connection kept alive counts from the moment the mode was set.
                    before = now;
                }
                if (now.kind() == Kind.SILENCE) {
                    continue;
                }
                boolean hit = (now.kind() == resets || now.kind() == ends) && passed + n > now.bytes();
                int allowed = hit ? (int) (now.bytes() - passed) : n;
                out.write(buffer, 0, allowed);
                out.flush();
                passed += allowed;
                if (hit) {
                    breakOff(now, from, to);
                    return;
                }
            }
        } catch (IOException e) {
            // One side is gone; closing both is all there is to do.
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private void breakOff(Mode now, Socket from, Socket to) throws IOException {
        if (now.once()) {
            mode.compareAndSet(now, Mode.PASS);
        }
        if (now.kind() != Kind.END_ANSWER) {
            from.setSoLinger(true, 0); // Closing sends RST instead of FIN.
            to.setSoLinger(true, 0);
        }
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, "tcp-fault-" + name);
        thread.setDaemon(true);
        thread.start();
    }
}
