package tokenplumb.api;

import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.json.JsonWriter;
import tokenplumb.tsdb.TsdbStatus;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntFunction;

/// `status/*` and `features`.
final class Status {
    private static final int MOST = 10_000;

    private final Server server;
    private final ApiOptions options;
    private final IntFunction<TsdbStatus> tsdb;
    private final InstantSource clock;

    Status(Server server, ApiOptions options, IntFunction<TsdbStatus> tsdb, InstantSource clock) {
        this.server = server;
        this.options = options;
        this.tsdb = tsdb;
        this.clock = clock;
    }

    HttpResponse config(HttpRequest request) {
        var yaml = server.config().yaml();
        return Answers.success(json -> json.startObject().field("yaml", yaml).endObject());
    }

    HttpResponse flags(HttpRequest request) {
        return Answers.success(json -> {
            json.startObject();
            new TreeMap<>(options.flags()).forEach(json::field);
            json.endObject();
        });
    }

    HttpResponse build(HttpRequest request) {
        return Answers.success(this::build);
    }

    /// Prometheus' clients ask this for what the server can do: the version is that of the
    /// Prometheus whose API this is; ours stands beside it.
    private JsonWriter build(JsonWriter json) {
        return json.startObject()
                .field("version", PROMETHEUS)
                .field("revision", options.revision())
                .field("branch", "")
                .field("buildUser", "")
                .field("buildDate", "")
                .field("goVersion", "")
                .field("application", "tokenplumb")
                .field("applicationVersion", options.version())
                .field("javaVersion", Runtime.version().toString())
                .endObject();
    }

    /// Grafana and others decide by this what they may ask for.
    private static final String PROMETHEUS = "3.14.0";

    HttpResponse version(HttpRequest request) {
        return HttpResponse.json(200, tokenplumb.json.Json.bytes(this::build));
    }

    HttpResponse runtime(HttpRequest request) {
        var config = server.config();
        return Answers.success(json ->
                json.startObject()
                        .field("startTime", Times.text(options.started()))
                        .field("CWD", Path.of("").toAbsolutePath().toString())
                        .field("hostname", hostname())
                        .field("serverTime", clock.instant().toString())
                        .field("reloadConfigSuccess", config.ok())
                        .field("reloadConfigError", config.error())
                        .field("lastConfigTime", Times.text(config.lastSuccess()))
                        .field("corruptionCount", tsdb.apply(10).repairs().size())
                        .field("goroutineCount", Thread.activeCount())
                        .field("GOMAXPROCS", Runtime.getRuntime().availableProcessors())
                        .field("GOMEMLIMIT", Runtime.getRuntime().maxMemory())
                        .field("GOGC", "")
                        .field("GODEBUG", "")
                        .field("storageRetention", options.retention())
                        .endObject());
    }

    private static String hostname() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "";
        }
    }

    HttpResponse tsdb(HttpRequest request) {
        int limit = limit(new Asked(request).text("limit"));
        var status = tsdb.apply(limit);
        return Answers.success(json -> {
            json.startObject()
                    .name("headStats")
                    .startObject()
                    .field("numSeries", status.classicSeries())
                    .field("numStoredSeries", status.headSeries())
                    .field("numFoldedHistograms", status.foldedHistograms())
                    .field("numLabelPairs", status.labelPairs())
                    .field("chunkCount", status.headChunks())
                    .field("minTime", status.minTime())
                    .field("maxTime", status.maxTime())
                    .endObject();
            counts(json, "seriesCountByMetricName", status.seriesCountByMetricName());
            counts(json, "labelValueCountByLabelName", status.labelValueCountByLabelName());
            counts(json, "memoryInBytesByLabelName", status.memoryInBytesByLabelName());
            counts(json, "seriesCountByLabelValuePair", status.seriesCountByLabelValuePair());
            json.endObject();
        });
    }

    /// How many lines of each kind; 10 unless told.
    static int limit(String text) {
        if (text.isEmpty()) {
            return 10;
        }
        int limit;
        try {
            limit = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            limit = 0;
        }
        if (limit < 1) {
            throw ApiError.badData("limit must be a positive number");
        }
        if (limit > MOST) {
            throw ApiError.badData("limit must not exceed " + MOST);
        }
        return limit;
    }

    private static void counts(JsonWriter json, String name, List<TsdbStatus.Count> counts) {
        json.name(name).startArray();
        for (var count : counts) {
            json.startObject()
                    .field("name", count.name())
                    .field("value", count.value())
                    .endObject();
        }
        json.endArray();
    }

    /// Requests are answered only once the log has been replayed.
    HttpResponse replay(HttpRequest request) {
        return Answers.success(json ->
                json.startObject().field("min", 0).field("max", 0).field("current", 0).endObject());
    }

    HttpResponse features(HttpRequest request) {
        return Answers.success(json ->
                json.startObject()
                        .name("api")
                        .startObject()
                        .field("admin", false)
                        .field("exclude_alerts", true)
                        .field("label_values_match", true)
                        .field("lifecycle", options.lifecycle())
                        .field("query_stats", true)
                        .field("query_warnings", true)
                        .field("remote_write_receiver", false)
                        .field("tokenplumb_explain", true)
                        .endObject()
                        .endObject());
    }
}
