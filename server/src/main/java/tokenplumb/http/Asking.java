package tokenplumb.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.net.HostAndPort;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeoutException;

import javax.net.ssl.SSLException;

/// One request on its way. The event loop gathers the answer; the caller waits in [#answer] and
/// always calls [#end]. What went wrong is told as a reason that a person understands.
final class Asking {
    private final Fetch.Request request;
    private final Target target;
    private final String address;
    private final long limit;
    private final Promise<Fetch.Response> answer = Promise.promise();
    private volatile HttpClientRequest sent; // null until connected
    private volatile boolean ended;

    // written by the event loop alone; read by others only once `answer` is complete
    private volatile HttpClientResponse head; // null until it has come
    private long announced = -1;
    private byte[] body = new byte[0];
    private volatile int received;

    Asking(Fetch.Request request, Target target, String address) {
        this.request = request;
        this.target = target;
        this.address = address;
        this.limit =
                request.bodyLimit() <= 0
                        ? Fetch.CEILING
                        : Math.min(request.bodyLimit(), Fetch.CEILING);
    }

    /// A connection that broke before a byte of the answer: perhaps it had been kept too long.
    static final class ClosedEarly extends IOException {
        private static final long serialVersionUID = 1;

        ClosedEarly(String address, Throwable cause) {
            super(address + " closed the connection without an answer", cause);
        }
    }

    Asking start(Future<HttpClientRequest> connecting) {
        connecting.onSuccess(this::send).onFailure(answer::tryFail);
        return this;
    }

    private void send(HttpClientRequest connected) {
        sent = connected;
        if (ended) {
            connected.reset();
            return;
        }
        int colon = target.authority().lastIndexOf(':');
        boolean port = colon > target.authority().lastIndexOf(']');
        connected.authority(
                HostAndPort.create(
                        port ? target.authority().substring(0, colon) : target.authority(),
                        port ? target.port() : -1));
        request.headers().forEach(connected::putHeader);
        if (!connected.headers().contains("Accept-Encoding")) {
            connected.putHeader("Accept-Encoding", "gzip");
        }
        connected.exceptionHandler(answer::tryFail);
        connected.response().onSuccess(this::gather).onFailure(answer::tryFail);
        var all =
                request.body().length == 0
                        ? connected.end()
                        : connected.end(Buffer.buffer(request.body()));
        all.onFailure(answer::tryFail);
    }

    private void gather(HttpClientResponse response) {
        head = response;
        response.exceptionHandler(answer::tryFail);
        announced = lengthOf(response);
        boolean gzip = isGzip(response);
        if (announced > (gzip ? packedLimit() : limit)) {
            tooLarge();
            return;
        }
        if (announced > 0) {
            body = new byte[(int) Math.min(announced, 1 << 20)];
        }
        long most = gzip ? packedLimit() : limit;
        response.handler(piece -> append(piece, most));
        response.endHandler(end -> answer.tryComplete(plain(response)));
    }

    private static boolean isGzip(HttpClientResponse response) {
        return "gzip".equalsIgnoreCase(String.valueOf(response.getHeader("Content-Encoding")));
    }

    private static long lengthOf(HttpClientResponse response) {
        var text = response.getHeader("Content-Length");
        try {
            return text == null ? -1 : Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /// gzip may make a body that cannot be packed a little larger.
    private long packedLimit() {
        return Math.min(Fetch.CEILING, limit + limit / 1_000 + 1_024);
    }

    private void append(Buffer piece, long most) {
        int length = piece.length();
        if (answer.future().isComplete()) {
            return;
        }
        int after = Math.toIntExact(received + (long) length);
        if (after > most) {
            tooLarge();
            return;
        }
        if (after > body.length) {
            body = Arrays.copyOf(body, Math.max(after, Math.max(4 << 10, received * 2)));
        }
        piece.getBytes(body, received);
        received = after;
    }

    private void tooLarge() {
        answer.tryFail(new Fetch.BodyTooLarge(limit));
        sent.reset();
    }

    private Fetch.Response plain(HttpClientResponse response) {
        var headers = new LinkedHashMap<String, String>();
        response.headers()
                .forEach((name, value) ->
                        headers.merge(
                                name.toLowerCase(Locale.ROOT), value, (a, b) -> a + ", " + b));
        return new Fetch.Response(response.statusCode(), Map.copyOf(headers), body, received);
    }

    /// Waits for the whole answer and unpacks it.
    Fetch.Response answer(Deadline deadline) throws IOException, InterruptedException {
        try {
            var packed = Waiting.within(deadline.left(), answer.future());
            if (!"gzip".equalsIgnoreCase(packed.headers().getOrDefault("content-encoding", ""))) {
                return packed;
            }
            var unpacked = Gunzip.bytes(packed.body(), packed.length(), limit);
            return new Fetch.Response(
                    packed.status(), packed.headers(), unpacked.array(), unpacked.length());
        } catch (TimeoutException e) {
            throw deadline.passed(progress());
        } catch (Waiting.Failure e) {
            throw reason(e.getCause());
        }
    }

    private String progress() {
        if (sent == null) {
            return "while connecting to " + address;
        }
        if (head == null) {
            return "waiting for an answer from " + address;
        }
        return "after " + progressInBytes() + " of the answer";
    }

    private String progressInBytes() {
        return announced < 0 ? received + " bytes" : received + " of " + announced + " bytes";
    }

    private IOException reason(Throwable cause) {
        if (cause instanceof Fetch.BodyTooLarge tooLarge) {
            return tooLarge;
        }
        for (var e = cause; e != null; e = e.getCause()) {
            if (e instanceof SSLException || e instanceof GeneralSecurityException) {
                return new IOException(
                        "TLS with %s (%s): %s".formatted(target.host(), address, innermost(cause)),
                        cause);
            }
        }
        var message = String.valueOf(cause.getMessage());
        if (sent == null) {
            return unreachable(cause, message);
        }
        if (head != null) {
            return new IOException(
                    "connection closed after " + progressInBytes() + " of the answer", cause);
        }
        return cause instanceof ClosedChannelException
                        || message.contains("closed")
                        || message.contains("reset")
                ? new ClosedEarly(address, cause)
                : new IOException("no HTTP answer from " + address + ": " + message, cause);
    }

    private IOException unreachable(Throwable cause, String message) {
        if (cause instanceof TimeoutException || message.contains("timed out")) {
            return new IOException("timed out connecting to " + address, cause);
        }
        var reason =
                new ConnectException(
                        message.contains("refused")
                                ? "connection refused by " + address + ": nothing listens there"
                                : "cannot connect to " + address + ": " + message);
        reason.initCause(cause);
        return reason;
    }

    private static String innermost(Throwable e) {
        var cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    /// Lets go: an answer still under way is given up together with its connection.
    void end() {
        ended = true;
        var request = sent;
        if (request != null && !answer.future().succeeded()) {
            request.reset();
        }
    }
}
