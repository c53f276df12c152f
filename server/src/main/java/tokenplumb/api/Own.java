package tokenplumb.api;

import tokenplumb.catalog.Catalog;
import tokenplumb.catalog.Explain;
import tokenplumb.catalog.Explanation;
import tokenplumb.catalog.Metric;
import tokenplumb.catalog.Signal;
import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.json.JsonWriter;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.tsdb.TsdbStatus;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.IntFunction;

/// What only we answer, below `/api/tokenplumb/v1/`.
final class Own {
    private static final long HOUR = 3_600_000;

    private final Catalog catalog;
    private final Explain explain;
    private final Server server;
    private final ApiOptions options;
    private final IntFunction<TsdbStatus> tsdb;
    private final InstantSource clock;

    Own(
            Catalog catalog,
            Explain explain,
            Server server,
            ApiOptions options,
            IntFunction<TsdbStatus> tsdb,
            InstantSource clock) {
        this.catalog = catalog;
        this.explain = explain;
        this.server = server;
        this.options = options;
        this.tsdb = tsdb;
        this.clock = clock;
    }

    /// For each selector of a query: what it resolves to, and why it finds nothing. Looks at the
    /// last hour unless `start` and `end` say otherwise.
    HttpResponse explain(HttpRequest request) {
        var asked = new Asked(request);
        long to = asked.time("end", asked.time("time", clock.millis()));
        long from = asked.time("start", to - HOUR);
        var query = asked.text("query");
        var explanations = new ArrayList<Explanation>();
        try {
            for (var selector : Selectors.of(Promql.parse(query))) {
                explanations.add(explain.selector(selector.matchers(), from, to));
            }
        } catch (QueryError e) {
            throw ApiError.of(e);
        }
        return Answers.success(json -> {
            json.startObject().field("query", query).name("selectors").startArray();
            explanations.forEach(explanation -> write(json, explanation));
            json.endArray().endObject();
        });
    }

    private static void write(JsonWriter json, Explanation explanation) {
        json.startObject()
                .field("selector", explanation.selector())
                .field("kind", explanation.kind().name().toLowerCase(Locale.ROOT))
                .field("series", explanation.series())
                .name("parts")
                .startArray();
        for (var part : explanation.parts()) {
            json.startObject()
                    .field("source", part.source())
                    .field("metric", part.metric())
                    .field("selector", part.selector())
                    .field("since", part.since())
                    .field("until", part.until())
                    .field("change", part.change())
                    .field("series", part.series())
                    .endObject();
        }
        json.endArray().name("findings").startArray();
        for (var finding : explanation.findings()) {
            json.startObject()
                    .field("code", finding.code())
                    .field("text", finding.text())
                    .field("better", finding.better())
                    .endObject();
        }
        json.endArray().endObject();
    }

    /// Every canonical metric, the default signals, and the sources they come from.
    HttpResponse vocabulary(HttpRequest request) {
        return Answers.success(json -> {
            json.startObject().name("metrics").startArray();
            catalog.metrics().forEach(metric -> write(json, metric));
            json.endArray().name("signals").startArray();
            catalog.signals().forEach(signal -> write(json, signal));
            json.endArray().name("sources").startArray();
            catalog.sources().forEach(source -> write(json, source));
            json.endArray().endObject();
        });
    }

    private static void write(JsonWriter json, Metric metric) {
        json.startObject()
                .field("name", metric.name())
                .field("type", metric.type().text())
                .field("unit", metric.unit())
                .field("help", metric.help())
                .field("aggregation", metric.aggregation().name().toLowerCase(Locale.ROOT))
                .field("labels", new TreeMap<>(metric.labels()))
                .field("series", metric.seriesNames())
                .endObject();
    }

    private static void write(JsonWriter json, Signal signal) {
        json.startObject()
                .field("id", signal.id())
                .field("title", signal.title())
                .field("unit", signal.unit())
                .field("help", signal.help())
                .field("lowerIsBetter", signal.lowerIsBetter())
                .name("lines")
                .startArray();
        for (var line : signal.lines()) {
            json.startObject().field("name", line.name()).field("query", line.query()).endObject();
        }
        json.endArray().name("bands").startArray();
        for (var band : signal.bands()) {
            json.startObject()
                    .field("from", band.from())
                    .field("verdict", band.verdict())
                    .field("says", band.says())
                    .endObject();
        }
        json.endArray().endObject();
    }

    private static void write(JsonWriter json, Catalog.SourceSummary source) {
        json.startObject()
                .field("name", source.name())
                .field("title", source.title())
                .field("kind", source.kind())
                .field("role", source.role())
                .field("metrics", source.metrics())
                .endObject();
    }

    /// The state of the process: versions, the configuration and its last mistake, repairs of the
    /// store.
    HttpResponse status(HttpRequest request) {
        var config = server.config();
        var store = tsdb.apply(10);
        return Answers.success(json -> {
            json.startObject()
                    .field("ready", true)
                    .field("version", options.version())
                    .field("revision", options.revision())
                    .field("javaVersion", Runtime.version().toString())
                    .field("startTime", Times.text(options.started()))
                    .name("config")
                    .startObject()
                    .field("ok", config.ok())
                    .field("lastSuccess", Times.text(config.lastSuccess()))
                    .field("error", config.error())
                    .field("lastError", Times.text(config.lastError()))
                    .endObject()
                    .name("repairs")
                    .startArray();
            for (var repair : store.repairs()) {
                json.startObject()
                        .field("file", repair.file())
                        .field("offset", repair.offset())
                        .field("what", repair.what())
                        .field("lost", repair.lost())
                        .endObject();
            }
            json.endArray();
            guardRails(json, store.refusals(), store.warnings());
            json.endObject();
        });
    }

    /// What the store refuses or is about to.
    static void guardRails(
            JsonWriter json, List<TsdbStatus.Refusal> refusals, List<String> warnings) {
        json.name("guardRails").startObject().name("refusals").startArray();
        for (var refusal : refusals) {
            json.startObject()
                    .field("rail", refusal.rail().text())
                    .field("subject", refusal.subject())
                    .field("count", refusal.count())
                    .field("first", Times.text(Instant.ofEpochMilli(refusal.first())))
                    .field("last", Times.text(Instant.ofEpochMilli(refusal.last())))
                    .field("verdict", refusal.verdict())
                    .endObject();
        }
        json.endArray().field("warnings", warnings).endObject();
    }

    /// The demo's faults, whose paths are its own.
    HttpResponse faults(HttpRequest request) throws Exception {
        var id = request.variable("id");
        if (id.isEmpty() && request.method().equals("DELETE")) {
            id = request.parameter("fault");
        }
        return options.faults().handle(request.at(id.isEmpty() ? "/faults" : "/faults/" + id));
    }
}
