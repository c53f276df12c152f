package tokenplumb.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// One request over one connection, on the caller's thread. Knows how far it has come, for those
/// who ask why it went no further.
final class Asking {
    private final Fetch.Request request;
    private final Connection connection;
    private final Spares spares;
    private final Gunzip gunzip;
    private final long limit;
    private final byte[] requestHead;
    private final ReplyBody body;
    private ReplyHead head; // null until it has come

    Asking(
            Fetch.Request request,
            byte[] requestHead,
            Connection connection,
            Spares spares,
            Gunzip gunzip) {
        this.request = request;
        this.requestHead = requestHead;
        this.connection = connection;
        this.spares = spares;
        this.gunzip = gunzip;
        this.limit =
                request.bodyLimit() <= 0
                        ? Fetch.CEILING
                        : Math.min(request.bodyLimit(), Fetch.CEILING);
        // gzip may make a body that cannot be packed a little larger
        long packed = Math.min(Fetch.CEILING, limit + limit / 1_000 + 1_024);
        this.body = new ReplyBody(connection, spares, packed);
    }

    /// A connection that broke before a byte of the answer.
    static final class ClosedEarly extends IOException {
        private static final long serialVersionUID = 1;

        ClosedEarly(String address, Throwable cause) {
            super(address + " closed the connection without an answer", cause);
        }
    }

    /// Asks and waits for the whole answer; [#unpacked] is what it says.
    void exchange() throws IOException {
        connection.write(requestHead);
        if (request.body().length > 0) {
            connection.write(request.body());
        }
        head = ReplyHead.read(connection);
        body.read(head, isBodyExpected());
    }

    Fetch.Response unpacked() throws IOException {
        if (!head.isGzip() || body.length() == 0) {
            if (body.length() > limit) {
                throw new Fetch.BodyTooLarge(limit);
            }
            return new Fetch.Response(head.status(), head.headers(), body.bytes(), body.length());
        }
        try {
            var unpacked = gunzip.bytes(body.bytes(), body.length(), limit);
            return new Fetch.Response(
                    head.status(), head.headers(), unpacked.array(), unpacked.length());
        } finally {
            spares.give(body.bytes());
        }
    }

    private boolean isBodyExpected() {
        int status = head.status();
        return !request.method().equals("HEAD") && status != 204 && status != 304 && status != 101;
    }

    /// What goes over the wire before the body.
    static byte[] head(Fetch.Request request, Target target) throws IOException {
        var text = new StringBuilder(512);
        text.append(request.method()).append(' ').append(target.path()).append(" HTTP/1.1\r\n");
        boolean hasHost = false;
        boolean hasEncoding = false;
        for (var header : request.headers().entrySet()) {
            hasHost |= header.getKey().equalsIgnoreCase("Host");
            hasEncoding |= header.getKey().equalsIgnoreCase("Accept-Encoding");
            append(text, header.getKey(), header.getValue());
        }
        if (!hasHost) {
            append(text, "Host", target.authority());
        }
        if (!hasEncoding) {
            append(text, "Accept-Encoding", "gzip");
        }
        if (request.body().length > 0 || request.method().startsWith("P")) {
            append(text, "Content-Length", Integer.toString(request.body().length));
        }
        return text.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    /// A line break in a value, perhaps out of a file with a secret, would begin another header.
    private static void append(StringBuilder text, String name, String value) throws IOException {
        boolean isName = !name.isEmpty();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            isName &= c > ' ' && c != ':' && c != 0x7f;
        }
        if (!isName) {
            throw new IOException("\"" + name + "\" cannot be the name of a header");
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < ' ' && c != '\t' || c == 0x7f) {
                throw new IOException("the header " + name + " has a line break or the like in it");
            }
        }
        text.append(name).append(": ").append(value).append("\r\n");
    }

    /// Whether the connection may be kept for the next request.
    boolean isReusable() {
        return head != null && body.isWhole() && head.keepsConnection();
    }

    /// How far it has come, behind "timed out after 3s".
    String progress() {
        return head == null
                ? "waiting for an answer from " + connection.address()
                : "after " + progressInBytes() + " of the answer";
    }

    private String progressInBytes() {
        long announced = -1;
        try {
            announced = head.length();
        } catch (ReplyHead.NotHttp e) {
            // then it is not told
        }
        return announced < 0
                ? body.length() + " bytes"
                : body.length() + " of " + announced + " bytes";
    }

    /// A failure of [#exchange] in words that a person understands.
    IOException reason(IOException cause) {
        if (cause instanceof ReplyHead.NotHttp) {
            return new IOException(
                    "no HTTP answer from " + connection.address() + ": " + cause.getMessage(),
                    cause);
        }
        if (cause instanceof Fetch.BodyTooLarge) {
            return new Fetch.BodyTooLarge(limit); // of what is unpacked
        }
        return head == null
                ? new ClosedEarly(connection.address(), cause)
                : new IOException(
                        "connection closed after " + progressInBytes() + " of the answer", cause);
    }
}
