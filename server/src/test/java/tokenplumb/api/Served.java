package tokenplumb.api;

import tokenplumb.catalog.Catalog;
import tokenplumb.catalog.Explain;
import tokenplumb.http.HttpHandler;
import tokenplumb.http.HttpServer;
import tokenplumb.http.Network;
import tokenplumb.json.Json;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.promql.Promql;
import tokenplumb.rules.Rules;
import tokenplumb.scrape.Scraping;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Storage;
import tokenplumb.tsdb.CardinalityReport;
import tokenplumb.tsdb.TsdbStatus;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The API over a storage, served for real on a free port.
final class Served implements AutoCloseable, Server {
    static final Instant NOW = Instant.parse("2025-01-01T00:30:00Z");

    final Meters meters = new Meters();
    private final Network network = new Network();
    private final Scraping scraping;
    private final HttpServer server;
    private final HttpClient client = HttpClient.newHttpClient();
    String configError = "";
    boolean quit;

    Served(Storage storage) throws IOException {
        this(storage, true, ApiOptions.noDemo());
    }

    Served(Storage storage, boolean lifecycle, HttpHandler faults) throws IOException {
        var clock = InstantSource.fixed(NOW);
        var promql = new Promql(storage, Promql.Options.defaults());
        var catalog = Catalog.builtIn();
        scraping = new Scraping(storage, network.fetch(), clock, meters, names -> "");
        var rules = new Rules(promql, storage, new MemoryDisk(), clock, meters, notices -> {});
        var api =
                new Api(
                        new Api.Sources(
                                promql,
                                storage,
                                Served::tsdb,
                                most -> cardinality(),
                                admin,
                                scraping,
                                rules,
                                catalog,
                                new Explain(storage, catalog),
                                meters,
                                clock),
                        this,
                        new ApiOptions(
                                "0.0.1",
                                "abc",
                                NOW.minusSeconds(60),
                                URI.create("http://here.example:9090/"),
                                Map.of("config.file", "prometheus.yml"),
                                lifecycle,
                                lifecycle,
                                ".*",
                                "15d",
                                faults,
                                ApiOptions.noPages()));
        server = network.listen(HttpServer.Options.at("127.0.0.1", 0), api.handler());
    }

    /// What was asked of the store.
    final List<String> administered = new ArrayList<>();

    private final StoreAdmin admin =
            new StoreAdmin() {
                @Override
                public void delete(long from, long to, List<List<Matcher>> selectors) {
                    administered.add("delete %d %d %s".formatted(from, to, selectors));
                }

                @Override
                public void cleanTombstones() {
                    administered.add("clean");
                }

                @Override
                public String snapshot(boolean withHead) {
                    administered.add("snapshot " + withHead);
                    return "20260101T000000Z-1";
                }
            };

    private static TsdbStatus tsdb(int most) {
        return new TsdbStatus(
                7,
                31,
                2,
                9,
                11,
                1_000,
                2_000,
                70,
                100,
                200,
                1,
                List.of(new TsdbStatus.Repair("wal/1", 12, "a torn record", "at most one commit")),
                List.of(),
                List.of(),
                List.of(new TsdbStatus.Count("up", 3), new TsdbStatus.Count("x", 1))
                        .subList(0, Math.min(most, 2)),
                List.of(),
                List.of(),
                List.of());
    }

    private static CardinalityReport cardinality() {
        var metric =
                new CardinalityReport.OfMetric(
                        "x", 2, 26, 11, 1, 700, 900, "pod", 2, 0, "no query has asked for it");
        return new CardinalityReport(
                7,
                2,
                31,
                2_000,
                3_000,
                NOW.toEpochMilli(),
                6,
                1,
                List.of(metric),
                List.of(metric),
                List.of(),
                List.of(new CardinalityReport.OfLabel("pod", 2, 7, 31, "a", "")),
                List.of(new CardinalityReport.OfTarget("vllm", "a:8000", 7, 31)),
                List.of(
                        new CardinalityReport.OfResolution("samples", 900, 1_000, 2_000, 60_000),
                        new CardinalityReport.OfResolution("5m", 0, 0, 0, 120_000)),
                List.of(),
                List.of("the store holds many series"));
    }

    String address() {
        return "http://127.0.0.1:" + server.port();
    }

    HttpResponse<String> get(String path) throws Exception {
        return send("GET", path, "");
    }

    HttpResponse<String> send(String method, String path, String form) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(address() + path))
                        .method(method, HttpRequest.BodyPublishers.ofString(form))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .timeout(Duration.ofSeconds(20))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    static Object json(String text) {
        return Json.read(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    @Override
    public ConfigState config() {
        return new ConfigState("global: {}\n", NOW, configError, Instant.EPOCH);
    }

    @Override
    public Labels externalLabels() {
        return Labels.of("cluster", "prod", "job", "never wins");
    }

    @Override
    public void reload() throws IOException {
        if (!configError.isEmpty()) {
            throw new IOException(configError);
        }
    }

    @Override
    public void quit() {
        quit = true;
    }

    @Override
    public void close() {
        scraping.close();
        server.close();
        network.close();
    }
}
