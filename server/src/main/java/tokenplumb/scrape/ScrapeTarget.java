package tokenplumb.scrape;

import tokenplumb.config.Durations;
import tokenplumb.signal.Labels;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What one loop scrapes: where, how often, and the labels that its series carry. Two targets with
/// the same labels, intervals and URI are the same.
record ScrapeTarget(Labels labels, URI uri, Duration interval, Duration timeout) {
    private static final String PARAMETER = "__param_";

    /// A discovered target with its job's labels, before relabeling.
    static Labels discovered(ScrapeJob job, Labels found) {
        var builder = found.toBuilder();
        setIfAbsent(builder, "job", job.name());
        setIfAbsent(builder, "__scrape_interval__", Durations.print(job.interval()));
        setIfAbsent(builder, "__scrape_timeout__", Durations.print(job.timeout()));
        setIfAbsent(builder, "__metrics_path__", job.path());
        setIfAbsent(builder, "__scheme__", job.scheme());
        job.parameters()
                .forEach((name, values) -> {
                    if (!values.isEmpty()) {
                        setIfAbsent(builder, PARAMETER + name, values.getFirst());
                    }
                });
        return builder.build();
    }

    private static void setIfAbsent(Labels.Builder builder, String name, String value) {
        if (builder.get(name).isEmpty()) {
            builder.set(name, value);
        }
    }

    /// After relabeling; empty when it drops the target. Throws [IllegalArgumentException] saying
    /// why nothing can be scraped there.
    static Optional<ScrapeTarget> of(ScrapeJob job, Labels discovered) {
        var relabeled = job.relabel().apply(discovered);
        if (relabeled.isEmpty()) {
            return Optional.empty();
        }
        var labels = relabeled.get();
        var address = labels.get("__address__");
        if (address.isEmpty()) {
            throw new IllegalArgumentException("no address: __address__ is empty after relabeling");
        }
        if (address.contains("/")) {
            throw new IllegalArgumentException("\"" + address + "\" is not a valid hostname");
        }
        if (address.contains("@")) {
            throw new IllegalArgumentException(
                    "a user or password in __address__ would be shown everywhere; use basic_auth");
        }
        var interval = duration(labels, "__scrape_interval__", "scrape interval");
        var timeout = duration(labels, "__scrape_timeout__", "scrape timeout");
        if (timeout.compareTo(interval) > 0) {
            throw new IllegalArgumentException(
                    "scrape timeout cannot be greater than scrape interval (\"%s\" > \"%s\")"
                            .formatted(Durations.print(timeout), Durations.print(interval)));
        }
        return Optional.of(
                new ScrapeTarget(visible(labels, address), uri(job, labels), interval, timeout));
    }

    private static Duration duration(Labels labels, String label, String what) {
        Duration duration;
        try {
            duration = Durations.parse(labels.get(label));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("error parsing " + what + ": " + e.getMessage(), e);
        }
        if (duration.isZero()) {
            throw new IllegalArgumentException(what + " cannot be 0");
        }
        return duration;
    }

    private static Labels visible(Labels labels, String address) {
        var builder = Labels.builder().set("instance", address);
        for (int i = 0; i < labels.size(); i++) {
            if (!labels.name(i).startsWith("__")) {
                builder.set(labels.name(i), labels.value(i));
            }
        }
        return builder.build();
    }

    private static URI uri(ScrapeJob job, Labels labels) {
        var parameters = new TreeMap<String, List<String>>(job.parameters());
        for (int i = 0; i < labels.size(); i++) {
            if (labels.name(i).startsWith(PARAMETER)) {
                var name = labels.name(i).substring(PARAMETER.length());
                var values = new ArrayList<>(parameters.getOrDefault(name, List.of()));
                if (values.isEmpty()) {
                    values.add(labels.value(i));
                } else {
                    values.set(0, labels.value(i));
                }
                parameters.put(name, values);
            }
        }
        var path = labels.get("__metrics_path__");
        try {
            var uri =
                    new URI(
                            labels.get("__scheme__"),
                            labels.get("__address__"),
                            path.startsWith("/") || path.isEmpty() ? path : "/" + path,
                            null,
                            null);
            var query = query(parameters);
            return query.isEmpty() ? uri : URI.create(uri + "?" + query);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("no valid URL: " + e.getMessage(), e);
        }
    }

    private static String query(Map<String, List<String>> parameters) {
        var parts = new ArrayList<String>();
        parameters.forEach((name, values) ->
                values.forEach(value -> parts.add(encoded(name) + "=" + encoded(value))));
        return String.join("&", parts);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /// Spreads targets over their interval; the same after every start.
    long hash(long seed) {
        long hash = 31L * labels.hashCode() + uri.hashCode() ^ seed;
        hash = (hash ^ hash >>> 30) * 0xbf58476d1ce4e5b9L;
        hash = (hash ^ hash >>> 27) * 0x94d049bb133111ebL;
        return (hash ^ hash >>> 31) & Long.MAX_VALUE;
    }
}
