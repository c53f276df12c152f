package tokenplumb.api;

import tokenplumb.api.read.RemoteRead;
import tokenplumb.catalog.Catalog;
import tokenplumb.catalog.Explain;
import tokenplumb.http.HttpHandler;
import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;
import tokenplumb.http.Router;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.rules.Rules;
import tokenplumb.scrape.Scraping;
import tokenplumb.sdk.Meters;
import tokenplumb.storage.Storage;
import tokenplumb.tsdb.CardinalityReport;
import tokenplumb.tsdb.TsdbStatus;

import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.regex.Pattern;

/// Everything that is answered over HTTP: Prometheus' API below `/api/v1/`, ours below
/// `/api/tokenplumb/v1/`, `/federate`, `/metrics` and `/-/…`; other paths are pages. Serves a
/// program that is ready; before that, `app` answers.
public final class Api {
    private static final System.Logger LOG = System.getLogger("tokenplumb.api");
    private static final String V1 = "/api/v1/";
    private static final String OWN = "/api/tokenplumb/v1/";
    private static final double[] BUCKETS = {.1, .2, .4, 1, 3, 8, 20, 60, 120};
    private static final Map<String, String> CORS =
            Map.of(
                    "Access-Control-Allow-Headers",
                    "Accept, Authorization, Content-Type, Origin",
                    "Access-Control-Allow-Methods",
                    "GET, POST, OPTIONS",
                    "Access-Control-Expose-Headers",
                    "Date");

    /// The rooms that know the answers. `tsdb` and `cardinality` are asked with the most lines of
    /// each kind that are wanted. `storage` is what queries see, views included.
    public record Sources(
            Promql promql,
            Storage storage,
            IntFunction<TsdbStatus> tsdb,
            IntFunction<CardinalityReport> cardinality,
            StoreAdmin admin,
            Scraping scraping,
            Rules rules,
            Catalog catalog,
            Explain explain,
            Meters meters,
            InstantSource clock) {}

    private final Sources sources;
    private final Server server;
    private final ApiOptions options;
    private final Pattern origins;
    private final Router router = new Router();

    public Api(Sources sources, Server server, ApiOptions options) {
        this.sources = sources;
        this.server = server;
        this.options = options;
        this.origins =
                Pattern.compile(options.corsOrigin().isEmpty() ? ".*" : options.corsOrigin());
        ProcessMeters.register(sources.meters(), options.started());
        addGauges(sources.meters());
        addPrometheus();
        addOwn();
        addOperations();
        router.otherwise(this::elsewhere);
    }

    /// The state of the configuration goes by Prometheus' names: alerts on it are everywhere.
    private void addGauges(Meters meters) {
        meters.gauge(
                "tokenplumb_build_info",
                "Constant 1, labelled by what was built.",
                () -> 1,
                "version",
                options.version(),
                "revision",
                options.revision());
        meters.gauge(
                "prometheus_config_last_reload_successful",
                "Whether the last configuration reload attempt was successful.",
                () -> server.config().ok() ? 1 : 0);
        meters.gauge(
                "prometheus_config_last_reload_success_timestamp_seconds",
                "Timestamp of the last successful configuration reload.",
                () -> server.config().lastSuccess().toEpochMilli() / 1000.0);
    }

    /// Serves everything; mount it below the route prefix with [Router#below].
    public HttpHandler handler() {
        return request ->
                request.method().equals("OPTIONS") && request.path().startsWith("/api/")
                        ? withCors(
                                new HttpResponse(204, Map.of(), out -> {}),
                                request.header("origin"))
                        : router.handle(request);
    }

    private void addPrometheus() {
        var queries = new Queries(sources.promql(), sources.catalog(), sources.clock());
        both(V1 + "query", queries::instant);
        both(V1 + "query_range", queries::range);
        both(V1 + "query_exemplars", new ExemplarFinder(sources.storage())::exemplars);
        both(V1 + "format_query", queries::format);
        both(V1 + "parse_query", queries::tree);

        var finder = new SeriesFinder(sources.storage());
        both(V1 + "labels", finder::labelNames);
        get(V1 + "label/{name}/values", finder::labelValues);
        both(V1 + "series", finder::series);

        var targets = new Targets(sources.scraping(), options.externalUrl());
        get(V1 + "targets", targets::targets);
        get(V1 + "targets/metadata", targets::targetMetadata);
        get(V1 + "scrape_pools", targets::pools);
        get(V1 + "metadata", targets::metadata);

        var rules = new RulesPage(sources.rules());
        get(V1 + "rules", rules::rules);
        get(V1 + "alerts", rules::alerts);
        get(V1 + "alertmanagers", rules::alertmanagers);

        var status = new Status(server, options, sources.tsdb(), sources.clock());
        get(V1 + "status/config", status::config);
        get(V1 + "status/flags", status::flags);
        get(V1 + "status/runtimeinfo", status::runtime);
        get(V1 + "status/buildinfo", status::build);
        get(V1 + "status/tsdb", status::tsdb);
        get(V1 + "status/walreplay", status::replay);
        get(V1 + "features", status::features);
        get(V1 + "notifications", request -> Answers.texts(List.of(), List.of()));
        router.get("/version", counted("/version", status::version));

        var read = new RemoteRead(sources.storage(), server::externalLabels);
        router.post(V1 + "read", counted(V1 + "read", read::read));

        var admin = new Admin(sources.admin(), options.adminApi());
        for (var method : List.of("POST", "PUT")) {
            on(method, V1 + "admin/tsdb/delete_series", admin.deleteSeries());
            on(method, V1 + "admin/tsdb/clean_tombstones", admin.cleanTombstones());
            on(method, V1 + "admin/tsdb/snapshot", admin.snapshot());
        }
    }

    private void addOwn() {
        var own =
                new Own(
                        sources.catalog(),
                        sources.explain(),
                        server,
                        options,
                        sources.tsdb(),
                        sources.clock());
        var cardinality = new CardinalityPage(sources.cardinality());
        var queries = new QueryPage(sources.promql(), sources.clock());
        get(OWN + "queries", queries::list);
        on("DELETE", OWN + "queries/{id}", queries::cancel);
        on("POST", OWN + "queries/{id}/cancel", queries::cancel);
        both(OWN + "query_plan", queries::plan);
        both(OWN + "explain", own::explain);
        get(OWN + "vocabulary", own::vocabulary);
        get(OWN + "status", own::status);
        get(OWN + "cardinality", cardinality::report);
        both(OWN + "faults", own::faults);
        on("DELETE", OWN + "faults", own::faults);
        on("DELETE", OWN + "faults/{id}", own::faults);
    }

    private void addOperations() {
        var federation =
                new Federation(
                        sources.storage(),
                        sources.promql().options().lookback(),
                        sources.clock(),
                        server::externalLabels);
        plain("GET", "/federate", federation::federate);
        plain("GET", "/metrics", this::metrics);
        plain("GET", "/-/healthy", request -> HttpResponse.text(200, "Tokenplumb is Healthy.\n"));
        plain("GET", "/-/ready", request -> HttpResponse.text(200, "Tokenplumb is Ready.\n"));
        for (var method : List.of("POST", "PUT")) {
            plain(method, "/-/reload", this::reload);
            plain(method, "/-/quit", this::quit);
        }
    }

    private HttpResponse metrics(HttpRequest request) {
        return HttpResponse.of(
                200,
                "text/plain; version=0.0.4; charset=utf-8",
                sources.meters().exposition().getBytes(StandardCharsets.UTF_8));
    }

    private HttpResponse reload(HttpRequest request) {
        if (!options.lifecycle()) {
            return disabled();
        }
        try {
            server.reload();
            return HttpResponse.text(200, "");
        } catch (Exception e) {
            return HttpResponse.text(500, "failed to reload config: " + e.getMessage() + "\n");
        }
    }

    private HttpResponse quit(HttpRequest request) {
        if (!options.lifecycle()) {
            return disabled();
        }
        server.quit();
        return HttpResponse.text(200, "Requesting termination... Goodbye!");
    }

    private static HttpResponse disabled() {
        return HttpResponse.text(
                403, "Lifecycle API is not enabled; start with --web.enable-lifecycle.\n");
    }

    /// A wrong path below the API is told in the API's own words.
    private HttpResponse elsewhere(HttpRequest request) throws Exception {
        return request.path().startsWith("/api/")
                ? Answers.error(
                        new ApiError(
                                ApiError.Kind.NOT_FOUND, "there is nothing at " + request.path()))
                : options.pages().handle(request);
    }

    private void get(String path, HttpHandler handler) {
        on("GET", path, handler);
    }

    private void both(String path, HttpHandler handler) {
        on("GET", path, handler);
        on("POST", path, handler);
    }

    private void on(String method, String path, HttpHandler handler) {
        router.on(method, path, counted(path, request -> shared(request, handler)));
    }

    private void plain(String method, String path, HttpHandler handler) {
        router.on(method, path, counted(path, handler));
    }

    /// The API's common part: failures in its envelope, and who may ask from a browser.
    private HttpResponse shared(HttpRequest request, HttpHandler handler) throws Exception {
        HttpResponse answer;
        try {
            answer = handler.handle(request);
        } catch (ApiError e) {
            answer = Answers.error(e);
        } catch (QueryError e) {
            answer = Answers.error(ApiError.of(e));
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "bug: " + request.method() + " " + request.path(), e);
            answer = Answers.error(new ApiError(ApiError.Kind.INTERNAL, "bug: " + e));
        } catch (OutOfMemoryError | StackOverflowError e) {
            LOG.log(Level.WARNING, "too large: {0} {1}: {2}", request.method(), request.path(), e);
            answer =
                    Answers.error(
                            new ApiError(
                                    ApiError.Kind.EXECUTION,
                                    "answering this takes more memory than the server has; ask for"
                                            + " fewer series, a shorter range or a longer step"));
        }
        return withCors(answer, request.header("origin"));
    }

    private HttpResponse withCors(HttpResponse answer, String origin) {
        var shown = answer.with("Vary", "Origin");
        if (origin.isEmpty()) {
            return shown;
        }
        for (var header : CORS.entrySet()) {
            shown = shown.with(header.getKey(), header.getValue());
        }
        if (origins.pattern().equals(".*")) {
            return shown.with("Access-Control-Allow-Origin", "*");
        }
        return origins.matcher(origin).matches()
                ? shown.with("Access-Control-Allow-Origin", origin)
                : shown;
    }

    private HttpHandler counted(String path, HttpHandler handler) {
        var label = path.replaceAll("\\{(\\w+)\\.*}", ":$1");
        var meters = sources.meters();
        var seconds =
                meters.histogram(
                        "prometheus_http_request_duration_seconds",
                        "Time to answer HTTP requests, sending left out.",
                        BUCKETS,
                        "handler",
                        label);
        return request -> {
            long start = System.nanoTime();
            int status = 500;
            try {
                var answer = handler.handle(request);
                status = answer.status();
                return answer;
            } finally {
                seconds.observe((System.nanoTime() - start) / 1e9);
                meters.counter(
                                "prometheus_http_requests_total",
                                "HTTP requests by path and status.",
                                "code",
                                Integer.toString(status),
                                "handler",
                                label)
                        .increment();
            }
        };
    }
}
