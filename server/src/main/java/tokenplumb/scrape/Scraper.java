package tokenplumb.scrape;

import tokenplumb.exposition.Format;
import tokenplumb.http.Fetch;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// Asks one target for its exposition. Thread-safe.
final class Scraper {
    /// A body in a format that we read.
    record Body(Format format, byte[] bytes, int length) {}

    private static final int REDIRECTS = 10;
    private static final long LEAST_CEILING = 16L << 20;

    private final Fetch fetch;
    private final ScrapeJob job;
    private final ScrapeTarget target;
    private final Map<String, String> headers;
    private final long bodyLimit;

    Scraper(Fetch fetch, ScrapeJob job, ScrapeTarget target) {
        this.fetch = fetch;
        this.job = job;
        this.target = target;
        this.headers = headers(job, target);
        this.bodyLimit = job.limits().bodyBytes() > 0 ? job.limits().bodyBytes() : ceiling();
    }

    /// Where the user sets no limit, no target may take more than its share of our memory.
    private static long ceiling() {
        long share = Runtime.getRuntime().maxMemory() / 16;
        return Math.min(Fetch.CEILING, Math.max(LEAST_CEILING, share));
    }

    private static Map<String, String> headers(ScrapeJob job, ScrapeTarget target) {
        var headers = new LinkedHashMap<String, String>();
        headers.put("Accept", ScrapeProtocol.accept(job.protocols(), job.escaping()));
        if (!job.access().compression()) {
            headers.put("Accept-Encoding", "identity");
        }
        headers.put("User-Agent", "Tokenplumb");
        headers.put("X-Prometheus-Scrape-Timeout-Seconds", seconds(target.timeout().toMillis()));
        return headers;
    }

    private static String seconds(long millis) {
        return millis % 1000 == 0 ? Long.toString(millis / 1000) : Double.toString(millis / 1000.0);
    }

    /// Throws with a reason that a person understands.
    Body scrape() throws IOException, InterruptedException {
        var response = follow();
        if (response.status() != 200) {
            throw new ScrapeException(
                    ScrapeException.Reason.STATUS,
                    "server returned HTTP status " + named(response.status()));
        }
        var contentType = response.headers().getOrDefault("content-type", "");
        return new Body(format(contentType), response.body(), response.length());
    }

    /// Asks, and goes where redirects lead. The user's headers, which may all be secrets, go to no
    /// other host than the target's, and not from TLS into the open.
    private Fetch.Response follow() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + target.timeout().toNanos();
        var options = new Fetch.Options(false, job.access().tls().read());
        var secrets = job.access().headersNow();
        var uri = target.uri();
        for (int hop = 0; ; hop++) {
            var all = headers;
            if (!secrets.isEmpty() && isTrusted(uri)) {
                all = new LinkedHashMap<>(headers);
                all.putAll(secrets);
            }
            long left = Math.max(1_000_000, deadline - System.nanoTime());
            var request = Fetch.Request.get(uri, all, Duration.ofNanos(left), bodyLimit);
            var response = fetch.fetch(request.with(options));
            var location = response.headers().getOrDefault("location", "");
            boolean leadsOn = response.status() >= 301 && response.status() <= 308;
            if (!job.access().followRedirects() || !leadsOn || location.isEmpty()) {
                return response;
            }
            if (hop == REDIRECTS) {
                throw new IOException("stopped after " + REDIRECTS + " redirects");
            }
            try {
                uri = uri.resolve(location);
            } catch (IllegalArgumentException e) {
                throw new IOException("redirected to what is no URL", e);
            }
        }
    }

    private boolean isTrusted(URI uri) {
        var home = target.uri();
        return String.valueOf(uri.getHost()).equalsIgnoreCase(String.valueOf(home.getHost()))
                && (uri.getHost() != null || uri.equals(home))
                && (home.getScheme().equals("http") || "https".equals(uri.getScheme()));
    }

    private Format format(String contentType) throws ScrapeException {
        var format = Format.ofContentType(contentType);
        if (format.isPresent()) {
            return format.get();
        }
        var fallback = Format.ofContentType(job.fallbackContentType());
        if (fallback.isPresent()) {
            return fallback.get();
        }
        throw new ScrapeException(
                ScrapeException.Reason.CONTENT,
                contentType.isBlank()
                        ? "non-compliant scrape target sending blank Content-Type and no"
                                + " fallback_scrape_protocol specified for target"
                        : "received unsupported Content-Type \"%s\" and no fallback_scrape_protocol specified for target"
                                .formatted(contentType));
    }

    private static String named(int status) {
        var name =
                switch (status) {
                    case 204 -> " No Content";
                    case 301 -> " Moved Permanently";
                    case 302 -> " Found";
                    case 307 -> " Temporary Redirect";
                    case 308 -> " Permanent Redirect";
                    case 400 -> " Bad Request";
                    case 401 -> " Unauthorized";
                    case 403 -> " Forbidden";
                    case 404 -> " Not Found";
                    case 405 -> " Method Not Allowed";
                    case 406 -> " Not Acceptable";
                    case 429 -> " Too Many Requests";
                    case 500 -> " Internal Server Error";
                    case 501 -> " Not Implemented";
                    case 502 -> " Bad Gateway";
                    case 503 -> " Service Unavailable";
                    case 504 -> " Gateway Timeout";
                    default -> "";
                };
        return status + name;
    }
}
