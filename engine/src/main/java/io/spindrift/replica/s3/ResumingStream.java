package io.spindrift.replica.s3;

import io.spindrift.replica.ObjectMissingException;
import io.spindrift.replica.ReplicaStore.SendGuard;
import io.spindrift.replica.StoreException;
import io.spindrift.replica.StoreStatistics.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * The body of an object, or of a part of it, that goes on with a new request where a connection broke. An object that
 * was replaced in between is an error. Not for use by several threads.
 */
final class ResumingStream extends InputStream {
    private final S3Connection connection;
    private final String name;
    private final String key;
    private final String etag;
    /** The first byte that has not been delivered, and the end, as positions in the object. */
    private long position;

    private final long end;
    private InputStream body;
    /** The tries since the last break after which anything arrived. */
    private Retries.Tries tries;

    private boolean arrivedSinceBreak = true;

    /** Opens the first connection, so that a missing object shows at once. */
    ResumingStream(S3Connection connection, String name, String key, long offset, long length) throws StoreException {
        this.connection = connection;
        this.name = name;
        this.key = key;
        this.position = offset;
        Answer first = get(offset, length < 0 ? -1 : offset + length);
        this.etag = first.response().eTag();
        this.end = offset + first.response().contentLength();
        this.body = first.body();
    }

    private record Answer(GetObjectResponse response, AbortableInputStream body) {}

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return 0;
        }
        while (position < end) {
            try {
                int n = body.read(buffer, offset, (int) Math.min(length, end - position));
                if (n > 0) {
                    position += n;
                    connection.statistics().down(Operation.GET, n);
                    arrivedSinceBreak = true;
                    return n;
                }
                resume(new IOException("the body ended " + (end - position) + " bytes early"));
            } catch (StoreException e) {
                throw e;
            } catch (IOException e) {
                resume(e);
            }
        }
        return -1;
    }

    @Override
    public int available() throws IOException {
        return (int) Math.min(body.available(), end - position);
    }

    /** Gives the connection back if everything was read, and breaks it otherwise: reading the rest could take long. */
    @Override
    public void close() {
        discard(body, position < end);
        position = end;
    }

    private void resume(IOException broken) throws StoreException {
        discard(body, true);
        if (arrivedSinceBreak) {
            tries = connection.retries().begin();
            arrivedSinceBreak = false;
        }
        if (!tries.again()) {
            throw new StoreException(
                    "The GET of " + name + " in " + connection.address().describe() + " broke off at byte " + position
                            + " of " + end + " and " + tries.done() + " tries brought nothing more ("
                            + broken.getMessage() + "); check the network",
                    broken);
        }
        connection.statistics().repeating(Operation.GET);
        Answer next = get(position, end);
        if (!Objects.equals(etag, next.response().eTag()) || next.response().contentLength() != end - position) {
            discard(next.body(), true);
            throw new StoreException("The object " + name + " in "
                    + connection.address().describe() + " was replaced while it was read; read it again");
        }
        body = next.body();
    }

    /** @param to the first byte not wanted, or -1 */
    private Answer get(long from, long to) throws StoreException {
        boolean ranged = from > 0 || to >= 0;
        GetObjectRequest.Builder request =
                GetObjectRequest.builder().bucket(connection.address().bucket()).key(key);
        if (ranged) {
            request.range("bytes=" + from + "-" + (to < 0 ? "" : to - 1));
        }
        Answer answer;
        try {
            answer = connection.send(
                    Operation.GET, name, SendGuard.ALWAYS, s3 -> s3.getObject(request.build(), new Open()));
        } catch (S3Failure failure) {
            if (failure.isMissingObject()) {
                throw new ObjectMissingException("There is no object " + name + " in "
                        + connection.address().describe());
            }
            throw failure;
        }
        if (answer.response().contentLength() == null
                || ranged && answer.response().contentRange() == null) {
            discard(answer.body(), true);
            throw new StoreException("The server " + connection.address().server() + " answered the GET of " + name
                    + " without a length or, asked for a range, with the whole object; a replica needs a server that"
                    + " honours ranges");
        }
        return answer;
    }

    private static void discard(InputStream body, boolean unread) {
        if (unread && body instanceof AbortableInputStream abortable) {
            abortable.abort();
        }
        try {
            body.close();
        } catch (IOException e) {
            // The bytes that matter have been delivered or will be asked for again.
        }
    }

    /** Hands the body over as it is; the SDK's own stream would start a thread to end forgotten ones. */
    private static final class Open implements ResponseTransformer<GetObjectResponse, Answer> {
        @Override
        public Answer transform(GetObjectResponse response, AbortableInputStream body) {
            return new Answer(response, body);
        }

        @Override
        public boolean needsConnectionLeftOpen() {
            return true;
        }
    }
}
