package tokenplumb.http;

import io.vertx.core.Vertx;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/// The real [Fetch]: plain sockets that the caller's own thread blocks on, and HTTP/1.1 spoken by
/// hand. Why not by a library: `docs/decisions/005-a-fetch-of-our-own.md`.
final class HttpFetch implements Fetch {
    private static final int REDIRECTS = 10;
    private static final List<String> CREDENTIALS =
            List.of("authorization", "cookie", "proxy-authorization", "www-authenticate");

    private final TlsContexts tls;
    private final Deadlines deadlines = new Deadlines();
    private final IdleConnections idle = new IdleConnections();
    private final Spares spares = new Spares();
    private final Gunzip gunzip = new Gunzip(spares);

    HttpFetch(Vertx vertx) {
        this.tls = new TlsContexts(vertx);
    }

    @Override
    public Response fetch(Request request) throws IOException, InterruptedException {
        var deadline = new Deadline(request.timeout());
        deadlines.add(deadline);
        try {
            return follow(request, deadline);
        } finally {
            deadlines.remove(deadline);
        }
    }

    private Response follow(Request request, Deadline deadline)
            throws IOException, InterruptedException {
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

    /// A kept connection that the server had just given up is not the server's answer: then a new
    /// one is fair, as long as repeating does no harm.
    private Response ask(Request request, Deadline deadline)
            throws IOException, InterruptedException {
        var target = Target.of(request.uri());
        var head = Asking.head(request, target);
        var origin = Origin.of(target, request.options().tls());
        boolean isRepeatable = request.method().equals("GET") || request.method().equals("HEAD");
        var kept = idle.take(origin, !isRepeatable);
        if (kept.isPresent()) {
            try {
                return ask(request, head, kept.get(), deadline);
            } catch (Asking.ClosedEarly e) {
                if (!isRepeatable) {
                    throw e;
                }
            }
        }
        return ask(request, head, connect(origin, deadline), deadline);
    }

    private Response ask(Request request, byte[] head, Connection connection, Deadline deadline)
            throws IOException, InterruptedException {
        var asking = new Asking(request, head, connection, spares, gunzip);
        boolean isReusable = false;
        try {
            deadline.holds(connection.channel());
            asking.exchange();
            isReusable = deadline.letsGo() && asking.isReusable();
        } catch (IOException e) {
            throw meaning(e, deadline, asking.progress(), connection.origin(), connection.address())
                    .orElseGet(() -> asking.reason(e));
        } finally {
            if (isReusable) {
                idle.give(connection);
            } else {
                connection.close();
            }
        }
        return asking.unpacked();
    }

    /// Connects to one address after the other until one can be connected to.
    private Connection connect(Origin origin, Deadline deadline)
            throws IOException, InterruptedException {
        var context = origin.isTls() ? Optional.of(context(origin)) : Optional.<SSLContext>empty();
        IOException unreachable = new UnknownHostException(origin.host());
        for (var at : addresses(origin.host(), deadline)) {
            var address = at.getHostAddress() + ":" + origin.port();
            try {
                return Connection.open(origin, at, deadline, context);
            } catch (Connection.Unreachable e) {
                var during = "while connecting to " + address;
                unreachable =
                        meaning(e, deadline, during, origin, address)
                                .orElseGet(() -> unreachable(address, e));
            } catch (IOException e) {
                var during = "while agreeing on TLS with " + address;
                throw meaning(e, deadline, during, origin, address)
                        .orElseGet(() ->
                                new IOException(
                                        "TLS with %s (%s): %s"
                                                .formatted(origin.host(), address, e.getMessage()),
                                        e));
            }
        }
        throw unreachable;
    }

    private SSLContext context(Origin origin) throws IOException {
        try {
            return tls.of(origin.tls());
        } catch (SSLException e) {
            throw new IOException("TLS with %s: %s".formatted(origin.host(), e.getMessage()), e);
        }
    }

    private static IOException unreachable(String address, IOException cause) {
        var message = String.valueOf(cause.getMessage());
        if (message.contains("timed out")) {
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

    /// What a failure of the network really means: that the thread is to stop, that time is up, or
    /// that the two sides disagree on TLS. Empty where it means what it says.
    private static Optional<IOException> meaning(
            IOException failure, Deadline deadline, String during, Origin origin, String address)
            throws InterruptedException {
        if (Thread.interrupted()) {
            throw (InterruptedException) new InterruptedException().initCause(failure);
        }
        if (deadline.hasPassed()) {
            return Optional.of(deadline.passed(during));
        }
        Throwable innermost = failure;
        boolean isTls = false;
        while (innermost.getCause() != null) {
            isTls |= isTls(innermost);
            innermost = innermost.getCause();
        }
        if (!isTls && !isTls(innermost)) {
            return Optional.empty();
        }
        return Optional.of(
                new IOException(
                        "TLS with %s (%s): %s"
                                .formatted(origin.host(), address, innermost.getMessage()),
                        failure));
    }

    private static boolean isTls(Throwable failure) {
        return failure instanceof SSLException || failure instanceof GeneralSecurityException;
    }

    private static List<InetAddress> addresses(String host, Deadline deadline)
            throws IOException, InterruptedException {
        if (isLiteral(host)) {
            return List.of(InetAddress.getByName(host)); // nothing to look up
        }
        var found = new CompletableFuture<InetAddress[]>();
        Thread.ofVirtual()
                .name("lookup")
                .start(() -> {
                    try {
                        found.complete(InetAddress.getAllByName(host));
                    } catch (UnknownHostException e) {
                        found.completeExceptionally(e);
                    }
                });
        try {
            return List.of(found.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS));
        } catch (ExecutionException e) {
            throw new UnknownHostException("host name " + host + " is unknown");
        } catch (TimeoutException e) {
            throw deadline.passed("while looking up the name " + host);
        }
    }

    private static boolean isLiteral(String host) {
        boolean isLiteral = true;
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c == ':') {
                return true;
            }
            isLiteral &= c >= '0' && c <= '9' || c == '.';
        }
        return isLiteral;
    }

    @Override
    public void giveBack(byte[] body) {
        spares.give(body);
    }

    @Override
    public void close() {
        deadlines.close();
        idle.close();
        gunzip.close();
    }
}
