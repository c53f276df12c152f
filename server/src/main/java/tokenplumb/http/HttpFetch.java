package tokenplumb.http;

import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

/// The real [Fetch]. Names are looked up and bodies unpacked on the caller's thread; the event loop
/// only gathers bytes.
final class HttpFetch implements Fetch {
    private static final int REDIRECTS = 10;
    private static final int ATTEMPTS = 3;
    private static final List<String> CREDENTIALS =
            List.of("authorization", "cookie", "proxy-authorization", "www-authenticate");

    private final HttpClient client;
    private final TlsContexts tls = new TlsContexts();

    HttpFetch(Vertx vertx) {
        this.client =
                vertx.createHttpClient(
                        new HttpClientOptions()
                                .setKeepAliveTimeout(300)
                                .setMaxHeaderSize(64 << 10)
                                .setMaxInitialLineLength(8 << 10)
                                .setDecompressionSupported(false)
                                .setTcpNoDelay(true),
                        new PoolOptions().setHttp1MaxSize(256).setMaxWaitQueueSize(1_024));
    }

    @Override
    public Response fetch(Request request) throws IOException, InterruptedException {
        var deadline = new Deadline(request.timeout());
        var current = request;
        for (int hop = 0; ; hop++) {
            var response = ask(current, deadline);
            var location = response.headers().getOrDefault("location", "");
            if (!request.options().followRedirects()
                    || location.isEmpty()
                    || response.status() < 301
                    || response.status() > 308) {
                return response;
            }
            if (hop == REDIRECTS) {
                throw new IOException("stopped after " + REDIRECTS + " redirects");
            }
            current = redirected(current, response.status(), location);
        }
    }

    private static Request redirected(Request from, int status, String location)
            throws IOException {
        URI to;
        try {
            to = from.uri().resolve(location);
        } catch (IllegalArgumentException e) {
            throw new IOException("redirected to a broken address: " + location, e);
        }
        boolean keepsBody = status == 307 || status == 308;
        var headers = new LinkedHashMap<>(from.headers());
        if (!String.valueOf(to.getHost()).equalsIgnoreCase(from.uri().getHost())
                || !to.getScheme().equals(from.uri().getScheme())
                        && !to.getScheme().equals("https")) {
            headers.keySet().removeIf(name -> CREDENTIALS.contains(name.toLowerCase(Locale.ROOT)));
        }
        return new Request(
                keepsBody || from.method().equals("HEAD") ? from.method() : "GET",
                to,
                headers,
                keepsBody ? from.body() : new byte[0],
                from.timeout(),
                from.bodyLimit(),
                from.options());
    }

    /// Asks one address after the other until one can be connected to.
    private Response ask(Request request, Deadline deadline)
            throws IOException, InterruptedException {
        var target = Target.of(request.uri());
        IOException unreachable = null;
        for (var address : addresses(target.host(), deadline)) {
            try {
                return insist(request, target, address, deadline);
            } catch (ConnectException e) {
                unreachable = e;
            }
        }
        throw unreachable == null ? new UnknownHostException(target.host()) : unreachable;
    }

    /// A kept connection that the server had just given up is not the server's answer: then another
    /// try is fair, as long as repeating does no harm.
    private Response insist(Request request, Target target, InetAddress address, Deadline deadline)
            throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return ask(request, target, address, deadline);
            } catch (Asking.ClosedEarly e) {
                if (attempt == ATTEMPTS || !request.method().equals("GET")) {
                    throw e;
                }
            }
        }
    }

    private static List<InetAddress> addresses(String host, Deadline deadline)
            throws IOException, InterruptedException {
        if (host.indexOf(':') >= 0 || host.matches("[0-9.]+")) {
            return List.of(InetAddress.getByName(host)); // a literal: nothing to look up
        }
        var found = Promise.<InetAddress[]>promise();
        Thread.ofVirtual()
                .name("lookup")
                .start(() -> {
                    try {
                        found.complete(InetAddress.getAllByName(host));
                    } catch (UnknownHostException e) {
                        found.fail(e);
                    }
                });
        try {
            return List.of(Waiting.within(deadline.left(), found.future()));
        } catch (Waiting.Failure e) {
            throw new UnknownHostException("host name " + host + " is unknown");
        } catch (TimeoutException e) {
            throw deadline.passed("while looking up the name " + host);
        }
    }

    private Response ask(Request request, Target target, InetAddress address, Deadline deadline)
            throws IOException, InterruptedException {
        var asking =
                new Asking(request, target, address.getHostAddress() + ":" + target.port())
                        .start(client.request(options(request, target, address, deadline)));
        try {
            return asking.answer(deadline);
        } finally {
            asking.end();
        }
    }

    private RequestOptions options(
            Request request, Target target, InetAddress address, Deadline deadline) {
        var options =
                new RequestOptions()
                        .setMethod(HttpMethod.valueOf(request.method()))
                        .setServer(
                                SocketAddress.inetSocketAddress(
                                        target.port(), address.getHostAddress()))
                        .setHost(target.host())
                        .setPort(target.port())
                        .setURI(target.path())
                        .setSsl(target.tls())
                        .setConnectTimeout(Math.max(1, deadline.left().toMillis()));
        if (target.tls()) {
            var asked = request.options().tls();
            if (!asked.serverName().isEmpty()) {
                options.setHost(asked.serverName());
            }
            options.setSslOptions(tls.of(asked));
        }
        return options;
    }

    @Override
    public void close() {
        Waiting.quietly(client.close());
    }
}
