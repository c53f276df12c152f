package tokenplumb.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPOutputStream;

/// A response's body. A short body goes out in one piece with its length; a long one in pieces,
/// never more than one of them under way, so that a slow client costs one piece of memory and,
/// after `patience` without progress, its connection. Not thread-safe.
final class ResponseStream extends OutputStream {
    private static final int PIECE = 32 << 10;
    private static final int WORTHWHILE = 1_400; // below a packet nothing is won

    private final HttpServerResponse response;
    private final boolean gzip;
    private final Duration patience;
    private final ByteArrayOutputStream zipped = new ByteArrayOutputStream(0);
    private byte[] piece = new byte[1 << 10];
    private int size;
    private Future<Void> underWay = Future.succeededFuture();
    private GZIPOutputStream zip; // null while nothing has gone out, or without gzip
    private boolean begun;

    ResponseStream(HttpServerResponse response, String accepted, Duration patience) {
        this.response = response;
        this.patience = patience;
        this.gzip =
                accepts(accepted)
                        && !response.headers().contains("Content-Encoding")
                        && isText(String.valueOf(response.headers().get("Content-Type")));
    }

    /// Whether anything has gone to the client yet.
    boolean begun() {
        return begun;
    }

    private static boolean accepts(String accepted) {
        for (var coding : accepted.toLowerCase(Locale.ROOT).split(",")) {
            var parts = coding.strip().split(";", 2);
            if (parts[0].strip().equals("gzip")) {
                return parts.length == 1 || !parts[1].strip().matches("q=0(\\.0*)?");
            }
        }
        return false;
    }

    private static boolean isText(String contentType) {
        return contentType.startsWith("text/")
                || contentType.contains("json")
                || contentType.contains("javascript")
                || contentType.contains("svg")
                || contentType.contains("openmetrics");
    }

    @Override
    public void write(int b) throws IOException {
        if (size == PIECE) {
            passOn();
        }
        reserve(1);
        piece[size++] = (byte) b;
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        while (length > 0) {
            if (size == PIECE) {
                passOn();
            }
            int part = Math.min(length, PIECE - size);
            reserve(part);
            System.arraycopy(bytes, from, piece, size, part);
            size += part;
            from += part;
            length -= part;
        }
    }

    private void reserve(int more) {
        if (size + more > piece.length) {
            piece = Arrays.copyOf(piece, Math.min(PIECE, Math.max(size + more, 4 * piece.length)));
        }
    }

    /// Sends what has gathered, if the last piece has arrived.
    private void passOn() throws IOException {
        if (!begun) {
            begun = true;
            response.setChunked(true);
            if (gzip) {
                announceGzip();
                zip = new GZIPOutputStream(zipped, 4 << 10);
            }
        }
        if (zip == null) {
            send(Arrays.copyOf(piece, size));
        } else {
            zip.write(piece, 0, size);
            sendZipped();
        }
        size = 0;
    }

    private void sendZipped() throws IOException {
        if (zipped.size() >= PIECE / 2) {
            send(zipped.toByteArray());
            zipped.reset();
        }
    }

    private void announceGzip() {
        var vary = response.headers().get("Vary");
        response.putHeader("Content-Encoding", "gzip")
                .putHeader("Vary", vary == null ? "Accept-Encoding" : vary + ", Accept-Encoding");
    }

    private void send(byte[] bytes) throws IOException {
        arrived(underWay);
        underWay = response.write(Buffer.buffer(bytes));
    }

    private void arrived(Future<Void> sent) throws IOException {
        try {
            Waiting.within(patience, sent);
        } catch (TimeoutException e) {
            throw new IOException("the client has not read for " + patience, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while answering", e);
        }
    }

    /// The body is complete.
    void finish() throws IOException {
        if (!begun) {
            arrived(response.end(Buffer.buffer(whole())));
            return;
        }
        if (zip == null) {
            send(Arrays.copyOf(piece, size));
        } else {
            zip.write(piece, 0, size);
            zip.close();
            send(zipped.toByteArray());
        }
        arrived(underWay);
        arrived(response.end());
    }

    private byte[] whole() throws IOException {
        if (!gzip || size < WORTHWHILE) {
            return Arrays.copyOf(piece, size);
        }
        try (var stream = new GZIPOutputStream(zipped, 4 << 10)) {
            stream.write(piece, 0, size);
        }
        announceGzip();
        return zipped.toByteArray();
    }
}
