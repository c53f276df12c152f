package tokenplumb.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;

import java.io.IOException;
import java.net.BindException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;

/// A server that listens; made by [Network#listen]. Each request is handled on a virtual thread of
/// its own. Bodies are gzipped where the client accepts that and it is worth it.
public final class HttpServer implements AutoCloseable {
    /// Where to listen and what to put up with. Port 0 takes any free one, an empty host all
    /// addresses.
    ///
    /// @param bodyLimit largest request body in bytes (after decompression); more is answered 413
    /// @param connectionLimit open connections; more are closed at once
    /// @param patience how long a client may take for its request, or for reading a piece of the
    ///   answer, and how long an idle connection is kept
    /// @param drain how long [#close] waits for answers under way
    public record Options(
            String host,
            int port,
            int bodyLimit,
            int connectionLimit,
            Duration patience,
            Duration drain) {
        /// The defaults: 16 MiB bodies, 512 connections as Prometheus, 30 s of patience, 10 s to
        /// drain.
        public static Options at(String host, int port) {
            return new Options(
                    host, port, 16 << 20, 512, Duration.ofSeconds(30), Duration.ofSeconds(10));
        }
    }

    private static final int LONGEST_LINE = 64 << 10; // long queries come as GET, too
    private static final int LARGEST_HEADERS = 64 << 10;

    private final Vertx vertx;
    private final Options options;
    private final HttpHandler handler;
    private final io.vertx.core.http.HttpServer server;
    private final Map<HttpConnection, Visit> visits = new ConcurrentHashMap<>();
    private final long patrol;

    private HttpServer(Vertx vertx, Options options, HttpHandler handler) {
        this.vertx = vertx;
        this.options = options;
        this.handler = handler;
        this.server =
                vertx.createHttpServer(
                                new HttpServerOptions()
                                        .setHandle100ContinueAutomatically(true)
                                        .setHttp2ClearTextEnabled(false)
                                        .setMaxInitialLineLength(LONGEST_LINE)
                                        .setMaxHeaderSize(LARGEST_HEADERS)
                                        .setTcpNoDelay(true)
                                        .setReuseAddress(true))
                        .connectionHandler(this::welcome)
                        .requestHandler(this::answer);
        long patience = options.patience().toMillis();
        this.patrol =
                vertx.setPeriodic(Math.clamp(patience / 4, 10, 5_000), id -> sendAwayTheSlow());
    }

    static HttpServer listen(Vertx vertx, Options options, HttpHandler handler) throws IOException {
        var listening = new HttpServer(vertx, options, handler);
        var host = options.host().isEmpty() ? "0.0.0.0" : options.host();
        try {
            Waiting.within(Duration.ofSeconds(30), listening.server.listen(options.port(), host));
            return listening;
        } catch (Waiting.Failure e) {
            vertx.cancelTimer(listening.patrol);
            throw cannotListen(host + ":" + options.port(), e.getCause());
        } catch (TimeoutException e) {
            vertx.cancelTimer(listening.patrol);
            throw new IOException("could not listen on " + host + " within 30s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting to listen on " + host, e);
        }
    }

    private static IOException cannotListen(String address, Throwable cause) {
        var why =
                switch (cause) {
                    case BindException taken
                            when String.valueOf(taken.getMessage()).contains("in use") ->
                            "another process listens there already; stop it, or choose another"
                                    + " address with --web.listen-address";
                    case BindException foreign ->
                            foreign.getMessage() + "; use an address that this machine has";
                    case UnknownHostException unknown -> "the host name is unknown";
                    default -> String.valueOf(cause.getMessage());
                };
        return new IOException("cannot listen on " + address + ": " + why, cause);
    }

    /// The port it listens on; the real one where 0 was asked for.
    public int port() {
        return server.actualPort();
    }

    private void welcome(HttpConnection connection) {
        if (visits.size() >= options.connectionLimit()) {
            connection.close();
            return;
        }
        var visit = new Visit();
        visits.put(connection, visit);
        connection.closeHandler(gone -> {
            visits.remove(connection);
            visit.left();
        });
    }

    private void answer(HttpServerRequest request) {
        var visit = visits.get(request.connection());
        if (visit == null) { // it left, or was one too many
            request.connection().close();
            return;
        }
        visit.reading();
        new Exchange(request, handler, options, visit).begin();
    }

    /// Closes connections that idle, or that take too long to send a request.
    private void sendAwayTheSlow() {
        visits.forEach((connection, visit) -> {
            if (visit.waitedFor(options.patience())) {
                connection.close();
            }
        });
    }

    /// Stops to accept, lets answers under way end (for at most the drain time), then closes.
    @Override
    public void close() {
        vertx.cancelTimer(patrol);
        Waiting.quietly(server.shutdown(options.drain()));
    }
}
