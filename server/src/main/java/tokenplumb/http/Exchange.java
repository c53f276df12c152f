package tokenplumb.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// One request and its answer. [#begin] and the gathering of the body run on the event loop, the
/// rest on a virtual thread.
final class Exchange {
    private static final System.Logger LOG = System.getLogger("tokenplumb.http");
    private static final Spares SPARES = new Spares();
    private static final Gunzip GUNZIP = new Gunzip(SPARES);

    private final HttpServerRequest request;
    private final HttpHandler handler;
    private final HttpServer.Options options;
    private final Visit visit;
    private final Presence presence = new Presence();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private boolean refused;

    Exchange(
            HttpServerRequest request,
            HttpHandler handler,
            HttpServer.Options options,
            Visit visit) {
        this.request = request;
        this.handler = handler;
        this.options = options;
        this.visit = visit;
    }

    void begin() {
        if (announcedLength() > options.bodyLimit()) {
            refuse();
            return;
        }
        request.handler(this::gather);
        request.endHandler(end -> {
            if (!refused) {
                visit.answering(presence);
                Thread.ofVirtual().name("http-request").start(this::answer);
            }
        });
        request.exceptionHandler(gone -> refused = true);
    }

    private long announcedLength() {
        var text = request.getHeader("Content-Length");
        try {
            return text == null ? 0 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    private void gather(Buffer piece) {
        if (refused) {
            return;
        }
        if (body.size() + (long) piece.length() > options.bodyLimit()) {
            refuse();
            return;
        }
        body.writeBytes(piece.getBytes());
    }

    private void refuse() {
        refused = true;
        visit.done();
        request.response()
                .setStatusCode(413)
                .putHeader("Connection", "close")
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .end("request body is larger than " + options.bodyLimit() + " bytes\n")
                .onComplete(sent -> request.connection().close());
    }

    private void answer() {
        var response = request.response();
        try {
            send(handle(), response);
        } catch (IOException gone) {
            LOG.log(Level.DEBUG, "client left before its answer was complete", gone);
            request.connection().close();
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "bug: answering " + request.path(), e);
            request.connection().close();
        } finally {
            visit.done();
        }
    }

    private HttpResponse handle() {
        try {
            return handler.handle(received());
        } catch (IllegalArgumentException e) {
            return HttpResponse.text(400, "bad request: " + e.getMessage() + "\n");
        } catch (Fetch.BodyTooLarge e) {
            return HttpResponse.text(413, e.getMessage() + "\n");
        } catch (Exception e) {
            LOG.log(Level.ERROR, "bug: " + request.method() + " " + request.path(), e);
            return HttpResponse.text(500, "internal error: " + e + "\n");
        }
    }

    private HttpRequest received() throws IOException {
        var headers = new HashMap<String, List<String>>();
        request.headers()
                .forEach((name, value) ->
                        headers.computeIfAbsent(
                                        name.toLowerCase(Locale.ROOT), key -> new ArrayList<>(1))
                                .add(value));
        var query = request.query();
        return new HttpRequest(
                request.method().name(),
                Parameters.path(pathOf(request.uri())),
                query == null || query.isEmpty() ? Map.of() : Parameters.decode(query),
                headers,
                plain(headers.getOrDefault("content-encoding", List.of())),
                client(),
                Map.of(),
                presence);
    }

    /// `request.remoteAddress()` would load the QUIC classes that we ship without.
    private String client() {
        return request.connection() instanceof ConnectionBase connection
                        && connection.channel().remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress()
                : "";
    }

    /// The path as sent; `GET http://host/path` is as good as `GET /path`.
    private static String pathOf(String uri) {
        int start = uri.startsWith("/") ? 0 : Math.max(0, uri.indexOf('/', uri.indexOf("://") + 3));
        int end = uri.indexOf('?', start);
        return end < 0 ? uri.substring(start) : uri.substring(start, end);
    }

    private byte[] plain(List<String> encodings) throws IOException {
        if (body.size() == 0 || !encodings.contains("gzip")) {
            return body.toByteArray();
        }
        try {
            var inflated = GUNZIP.bytes(body.toByteArray(), body.size(), options.bodyLimit());
            var exact = Arrays.copyOf(inflated.array(), inflated.length());
            SPARES.give(inflated.array());
            return exact;
        } catch (Fetch.BodyTooLarge e) {
            throw e;
        } catch (IOException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private void send(HttpResponse answer, HttpServerResponse response) throws IOException {
        response.setStatusCode(answer.status());
        response.putHeader(
                "Date",
                DateTimeFormatter.RFC_1123_DATE_TIME.format(OffsetDateTime.now(ZoneOffset.UTC)));
        answer.headers().forEach(response::putHeader);
        if (request.method().name().equals("HEAD")
                || answer.status() == 204
                || answer.status() == 304) {
            response.end();
            return;
        }
        var accepted = request.getHeader("Accept-Encoding");
        var out =
                new ResponseStream(response, accepted == null ? "" : accepted, options.patience());
        try {
            answer.body().writeTo(out);
        } catch (IOException | RuntimeException e) {
            if (out.begun()) {
                throw e; // too late for another answer: the client sees a broken one
            }
            LOG.log(Level.ERROR, "bug: writing the answer to " + request.path(), e);
            response.setStatusCode(500).putHeader("Content-Type", "text/plain; charset=utf-8");
            response.end("internal error: " + e + "\n");
            return;
        }
        out.finish();
    }
}
