package tokenplumb.app;

import tokenplumb.catalog.Catalog;
import tokenplumb.config.Durations;
import tokenplumb.exposition.Exposition;
import tokenplumb.exposition.ExpositionException;
import tokenplumb.exposition.Format;
import tokenplumb.http.Fetch;
import tokenplumb.http.Network;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What `watch` does with the URLs it is given: looks at each once, recognises it by content, and
/// makes up the configuration that scrapes it.
public final class Watching implements Companion {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long BODY_LIMIT = 64L << 20;

    /// A target, and what it turned out to be; `problem` is `""` when it answered well.
    private record Finding(URI uri, String source, String title, int families, String problem) {
        String text() {
            if (!problem.isEmpty()) {
                return "%s: %s (watched all the same)".formatted(uri, problem);
            }
            return "%s: %s, %d metrics"
                    .formatted(uri, title.isEmpty() ? "not recognised" : title, families);
        }
    }

    private final List<Finding> findings;
    private final Folders folders;
    private final Duration interval;

    private Watching(List<Finding> findings, Folders folders, Duration interval) {
        this.findings = List.copyOf(findings);
        this.folders = folders;
        this.interval = interval;
    }

    /// Throws [IllegalArgumentException] when one of the URLs is none.
    public static Watching of(List<String> urls, Duration interval, Optional<Path> folder)
            throws IOException {
        var uris = new ArrayList<URI>();
        for (var url : urls) {
            uris.add(uri(url));
        }
        var catalog = Catalog.builtIn();
        var findings = new ArrayList<Finding>();
        try (var network = new Network();
                var fetch = network.fetch()) {
            for (var uri : uris) {
                findings.add(look(uri, fetch, catalog));
            }
        }
        return new Watching(findings, Folders.of(folder, "tokenplumb-watch-"), interval);
    }

    /// `localhost:9100` → `http://localhost:9100/metrics`. Throws [IllegalArgumentException].
    static URI uri(String text) {
        var full = text.contains("://") ? text : "http://" + text;
        var uri = URI.create(full);
        if (uri.getRawAuthority() == null
                || !(uri.getScheme().equals("http") || uri.getScheme().equals("https"))) {
            throw new IllegalArgumentException(
                    "\"%s\" is no address to watch; write http://HOST:PORT".formatted(text));
        }
        return uri.getPath() == null || uri.getPath().isEmpty() || uri.getPath().equals("/")
                ? uri.resolve("/metrics" + (uri.getQuery() == null ? "" : "?" + uri.getQuery()))
                : uri;
    }

    private static Finding look(URI uri, Fetch fetch, Catalog catalog) {
        try {
            var response = fetch.fetch(Fetch.Request.get(uri, Map.of(), PATIENCE, BODY_LIMIT));
            if (response.status() != 200) {
                return new Finding(uri, "", "", 0, "answers with status " + response.status());
            }
            var names = names(response);
            return catalog.recognise(names)
                    .map(known -> new Finding(uri, known.source(), known.text(), names.size(), ""))
                    .orElse(new Finding(uri, "", "", names.size(), ""));
        } catch (IOException e) {
            return new Finding(uri, "", "", 0, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Finding(uri, "", "", 0, "interrupted");
        }
    }

    private static Set<String> names(Fetch.Response response) throws IOException {
        var names = new TreeSet<String>();
        var exposition = Exposition.withoutCreated();
        var format =
                Format.ofContentType(response.headers().getOrDefault("content-type", ""))
                        .orElse(Format.TEXT);
        exposition.reset(format, response.body(), response.length());
        try {
            for (var entry = exposition.next();
                    entry != Exposition.Entry.END;
                    entry = exposition.next()) {
                if (entry == Exposition.Entry.SERIES) {
                    names.add(exposition.labels().metricName());
                }
            }
            return names;
        } catch (ExpositionException e) {
            throw new IOException("does not expose metrics: " + e.getMessage(), e);
        }
    }

    /// A line for each URL.
    public List<String> findings() {
        return findings.stream().map(Finding::text).toList();
    }

    /// The store's folder.
    public Path folder() {
        return folders.path();
    }

    /// The configuration that scrapes the URLs.
    public String configText() {
        var every = Durations.print(interval);
        var out = new StringBuilder();
        out.append(
                "global: {scrape_interval: %s, evaluation_interval: %s}%n".formatted(every, every));
        out.append("scrape_configs:\n");
        for (int i = 0; i < findings.size(); i++) {
            var uri = findings.get(i).uri();
            var source = findings.get(i).source();
            out.append("  - job_name: \"watch-%d\"%n".formatted(i + 1));
            out.append("    scheme: %s%n".formatted(uri.getScheme()));
            out.append("    metrics_path: %s%n".formatted(quoted(uri.getPath())));
            if (uri.getQuery() != null) {
                out.append("    params:\n");
                for (var pair : uri.getQuery().split("&", -1)) {
                    int equals = pair.indexOf('=');
                    out.append(
                            "      %s: [%s]%n"
                                    .formatted(
                                            quoted(equals < 0 ? pair : pair.substring(0, equals)),
                                            quoted(equals < 0 ? "" : pair.substring(equals + 1))));
                }
            }
            // Whatever it calls itself, it is looked at as text.
            out.append("    fallback_scrape_protocol: PrometheusText0.0.4\n");
            out.append(
                    "    static_configs: [{targets: [%s]}]%n"
                            .formatted(quoted(uri.getAuthority())));
            if (!source.isEmpty()) {
                out.append(
                        "    relabel_configs: [{target_label: job, replacement: %s}]%n"
                                .formatted(quoted(source)));
            }
        }
        return out.toString();
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    @Override
    public void close() {
        folders.deleteIfTemporary();
    }
}
