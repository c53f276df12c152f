package tokenplumb.api;

import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.json.JsonWriter;
import tokenplumb.scrape.ActiveTarget;
import tokenplumb.scrape.Scraping;
import tokenplumb.scrape.TargetMetadata;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Metadata;

import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// `targets`, `targets/metadata`, `scrape_pools` and `metadata`.
final class Targets {
    private static final Set<String> OWN_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

    private final Scraping scraping;
    private final URI externalUrl;

    Targets(Scraping scraping, URI externalUrl) {
        this.scraping = scraping;
        this.externalUrl = externalUrl;
    }

    HttpResponse targets(HttpRequest request) {
        var state = request.parameter("state").toLowerCase(Locale.ROOT);
        var pool = request.parameter("scrapePool");
        boolean any = state.isEmpty() || state.equals("any");
        return Answers.success(json -> {
            json.startObject().name("activeTargets").startArray();
            if (any || state.equals("active")) {
                scraping.active().stream()
                        .filter(target -> pool.isEmpty() || target.pool().equals(pool))
                        .forEach(target -> write(json, target));
            }
            json.endArray().name("droppedTargets").startArray();
            if (any || state.equals("dropped")) {
                writeDropped(json, pool);
            } else {
                json.endArray().name("droppedTargetCounts").nothing();
            }
            json.endObject();
        });
    }

    private void writeDropped(JsonWriter json, String pool) {
        var counts = new TreeMap<String, Integer>();
        scraping.pools().forEach(name -> counts.put(name, 0));
        for (var dropped : scraping.dropped()) {
            counts.merge(dropped.pool(), 1, Integer::sum);
            if (pool.isEmpty() || dropped.pool().equals(pool)) {
                json.startObject().name("discoveredLabels");
                Answers.labels(json, dropped.discovered())
                        .field("scrapePool", dropped.pool())
                        .endObject();
            }
        }
        json.endArray().name("droppedTargetCounts").startObject();
        counts.forEach((name, count) -> json.field(name, count.longValue()));
        json.endObject();
    }

    private void write(JsonWriter json, ActiveTarget target) {
        json.startObject().name("discoveredLabels");
        Answers.labels(json, target.discovered()).name("labels");
        Answers.labels(json, target.labels())
                .field("scrapePool", target.pool())
                .field("scrapeUrl", target.uri().toString())
                .field("globalUrl", global(target.uri()))
                .field("lastError", target.lastError())
                .field("lastScrape", Times.text(target.lastScrape()))
                .name("lastScrapeDuration")
                .raw(Times.number(target.lastDuration()))
                .field("health", target.health().text())
                .field("scrapeInterval", Times.text(target.interval()))
                .field("scrapeTimeout", Times.text(target.timeout()))
                .field("samplesScraped", target.samplesScraped())
                .field("bodyBytes", target.bytes())
                .field("recognised", target.recognised());
        if (!target.warnings().isEmpty()) {
            json.field("warnings", target.warnings());
        }
        json.endObject();
    }

    /// The target as others reach it: `localhost` is this machine's name.
    private String global(URI uri) {
        var host = String.valueOf(uri.getHost());
        if (!OWN_NAMES.contains(host) || externalUrl.getHost() == null) {
            return uri.toString();
        }
        return uri.toString()
                .replaceFirst("//" + Pattern.quote(host), "//" + externalUrl.getHost());
    }

    HttpResponse pools(HttpRequest request) {
        return Answers.success(
                json -> json.startObject().field("scrapePools", scraping.pools()).endObject());
    }

    HttpResponse targetMetadata(HttpRequest request) {
        var asked = new Asked(request);
        int limit = asked.count("limit");
        var metric = asked.text("metric");
        var matchers = targetMatchers(asked.text("match_target"));
        var shown = new ArrayList<TargetMetadata>();
        for (var one : scraping.metadata()) {
            if (limit >= 0 && shown.size() >= limit) {
                break;
            }
            boolean wanted = metric.isEmpty() || metric.equals(one.metric());
            if (wanted && matchers.stream().allMatch(m -> m.matches(one.target()))) {
                shown.add(one);
            }
        }
        return Answers.success(json -> {
            json.startArray();
            shown.forEach(one -> write(json, one, metric.isEmpty()));
            json.endArray();
        });
    }

    private static List<Matcher> targetMatchers(String selector) {
        if (selector.isEmpty()) {
            return List.of();
        }
        try {
            return Asked.selector(selector);
        } catch (ApiError e) {
            throw ApiError.invalid("match_target", e.getMessage());
        }
    }

    private static void write(JsonWriter json, TargetMetadata one, boolean named) {
        json.startObject().name("target");
        Answers.labels(json, one.target());
        if (named) {
            json.field("metric", one.metric());
        }
        fields(json, one.metadata()).endObject();
    }

    private static JsonWriter fields(JsonWriter json, Metadata metadata) {
        return json.field("type", metadata.type().text())
                .field("help", metadata.help())
                .field("unit", metadata.unit());
    }

    HttpResponse metadata(HttpRequest request) {
        var asked = new Asked(request);
        int limit = asked.count("limit");
        int perMetric = asked.count("limit_per_metric");
        var metric = asked.text("metric");
        var known = new TreeMap<String, Set<Metadata>>();
        for (var one : scraping.metadata()) {
            if (!metric.isEmpty() && !metric.equals(one.metric())) {
                continue;
            }
            boolean full = limit >= 0 && known.size() >= limit;
            if (full && !known.containsKey(one.metric())) {
                continue;
            }
            var of = known.computeIfAbsent(one.metric(), name -> new LinkedHashSet<>());
            if (perMetric <= 0 || of.size() < perMetric) {
                of.add(one.metadata());
            }
        }
        return Answers.success(json -> {
            json.startObject();
            known.forEach((name, all) -> {
                json.name(name).startArray();
                all.forEach(one -> fields(json.startObject(), one).endObject());
                json.endArray();
            });
            json.endObject();
        });
    }
}
