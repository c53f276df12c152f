package tokenplumb.ui;

import tokenplumb.http.HttpHandler;
import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The web app, from the class path folder `/tokenplumb/ui/`. Its files are found by name; every
/// other path without a dot in its last segment is a page, and every page is `index.html`, which
/// finds out by itself which one (Prometheus' old links to `/graph?g0.expr=…` among them). Mount it
/// as what answers all paths that nobody else does.
public final class Ui implements HttpHandler {
    private static final String FOLDER = "/tokenplumb/ui/";
    private static final String INDEX = "index.html";

    /// Names of files in `assets/` carry a hash of their content.
    private static final String FOREVER = "public, max-age=31536000, immutable";

    private static final String ASK_AGAIN = "no-cache";

    private static final Map<String, String> GUARDS =
            Map.of(
                    "Content-Security-Policy",
                    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline';"
                            + " object-src 'none'; base-uri 'self'; form-action 'self';"
                            + " frame-ancestors 'self'",
                    "X-Content-Type-Options",
                    "nosniff",
                    "Referrer-Policy",
                    "same-origin");

    private static final Map<String, String> TYPES =
            Map.ofEntries(
                    Map.entry("html", "text/html; charset=utf-8"),
                    Map.entry("js", "text/javascript; charset=utf-8"),
                    Map.entry("css", "text/css; charset=utf-8"),
                    Map.entry("svg", "image/svg+xml"),
                    Map.entry("json", "application/json"),
                    Map.entry("webmanifest", "application/manifest+json"),
                    Map.entry("map", "application/json"),
                    Map.entry("txt", "text/plain; charset=utf-8"),
                    Map.entry("png", "image/png"),
                    Map.entry("ico", "image/x-icon"),
                    Map.entry("woff2", "font/woff2"));

    private final String folder;

    public Ui() {
        this(FOLDER);
    }

    Ui(String folder) {
        this.folder = folder;
    }

    @Override
    public HttpResponse handle(HttpRequest request) {
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
            return HttpResponse.text(405, "pages are only read: use GET\n").with("Allow", "GET");
        }
        var path = request.path().substring(1);
        var file = path.isEmpty() ? Optional.<byte[]>empty() : read(path);
        if (file.isPresent()) {
            return answer(request, path, file.get());
        }
        boolean isFile = path.substring(path.lastIndexOf('/') + 1).contains(".");
        if (isFile || path.startsWith("assets/") || path.contains("..")) {
            return HttpResponse.text(404, "404 page not found: " + request.path() + "\n");
        }
        return read(INDEX)
                .map(index -> answer(request, INDEX, index))
                .orElseGet(() -> guarded(NotBuilt.page()));
    }

    private HttpResponse answer(HttpRequest request, String path, byte[] plain) {
        var type =
                TYPES.getOrDefault(
                        path.substring(path.lastIndexOf('.') + 1), "application/octet-stream");
        var etag = '"' + hash(plain) + '"';
        var headers = new LinkedHashMap<>(GUARDS);
        headers.put("Cache-Control", path.startsWith("assets/") ? FOREVER : ASK_AGAIN);
        headers.put("ETag", etag);
        if (request.header("if-none-match").equals(etag)) {
            return new HttpResponse(304, headers, out -> {});
        }
        headers.put("Content-Type", type);
        var packed =
                request.header("accept-encoding").contains("gzip")
                        ? read(path + ".gz")
                        : Optional.<byte[]>empty();
        if (packed.isPresent()) {
            headers.put("Content-Encoding", "gzip");
            headers.put("Vary", "Accept-Encoding");
        }
        return new HttpResponse(200, headers, out -> out.write(packed.orElse(plain)));
    }

    private static HttpResponse guarded(HttpResponse response) {
        var headers = new LinkedHashMap<>(GUARDS);
        headers.putAll(response.headers());
        return new HttpResponse(response.status(), headers, response.body());
    }

    private static String hash(byte[] bytes) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(digest, 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("bug: every Java has SHA-256", e);
        }
    }

    /// A file of the folder, never outside it: whoever climbs finds nothing.
    private Optional<byte[]> read(String path) {
        if (path.contains("..")
                || path.contains("\\")
                || path.endsWith("/")
                || path.indexOf(0) >= 0) {
            return Optional.empty();
        }
        try (var in = Ui.class.getResourceAsStream(folder + path)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What stands in for the app when only the server was built.
    private static final class NotBuilt {
        static HttpResponse page() {
            return HttpResponse.of(
                    200,
                    "text/html; charset=utf-8",
                    """
                    <!doctype html>
                    <html lang="en">
                    <meta charset="utf-8">
                    <meta name="viewport" content="width=device-width">
                    <meta name="color-scheme" content="light dark">
                    <title>Tokenplumb</title>
                    <style>
                      body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }
                      code { font-family: ui-monospace, monospace }
                    </style>
                    <h1>Tokenplumb is running</h1>
                    <p>The server works, but this build carries no web app. To build both, run
                    <code>./tokenplumb build</code> (it needs Node 20) and start again.</p>
                    <p>Meanwhile, everything can be asked over HTTP:</p>
                    <ul>
                      <li><a href="api/v1/query?query=up">/api/v1/query?query=up</a>: what is scraped and answers</li>
                      <li><a href="api/v1/targets">/api/v1/targets</a>: the targets and their last errors</li>
                      <li><a href="api/v1/alerts">/api/v1/alerts</a>: what is pending or firing</li>
                      <li><a href="api/tokenplumb/v1/status">/api/tokenplumb/v1/status</a>: the state of this process</li>
                      <li><a href="metrics">/metrics</a>: its own metrics</li>
                    </ul>
                    <p>Grafana reaches it as a Prometheus data source at this address.</p>
                    </html>
                    """
                            .getBytes(StandardCharsets.UTF_8));
        }
    }
}
