package tokenplumb.app;

import tokenplumb.api.Api;
import tokenplumb.api.ApiOptions;
import tokenplumb.api.Server;
import tokenplumb.catalog.Catalog;
import tokenplumb.catalog.Explain;
import tokenplumb.catalog.Recognition;
import tokenplumb.catalog.Views;
import tokenplumb.config.ConfigError;
import tokenplumb.config.Durations;
import tokenplumb.discovery.Discovery;
import tokenplumb.disk.RealDisk;
import tokenplumb.http.HttpHandler;
import tokenplumb.http.HttpResponse;
import tokenplumb.http.HttpServer;
import tokenplumb.http.Network;
import tokenplumb.http.Router;
import tokenplumb.promql.Promql;
import tokenplumb.rules.RuleFile;
import tokenplumb.rules.Rules;
import tokenplumb.rules.RulesConfig;
import tokenplumb.scrape.ScrapeJob;
import tokenplumb.scrape.Scraping;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.storage.Storage;
import tokenplumb.tasks.Closer;
import tokenplumb.tsdb.Tsdb;
import tokenplumb.ui.Ui;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;

/// Everything, built in the order data flows and closed in reverse. [#start] begins to scrape.
///
/// The server listens first, so that a long replay of the log can be seen (`/-/ready` answers 503
/// until all is there); the store is next, then who asks it, then who fills it.
public final class Platform implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("tokenplumb.app");
    private static final Duration DEFAULT_RETENTION = Duration.ofDays(15);
    private static final Duration WAL_SYNC = Duration.ofMillis(500);

    private final ServeOptions options;
    private final InstantSource clock;
    private final Optional<Companion> companion;
    private final Instant started;
    private final Closer closer = new Closer();
    private final Meters meters = new Meters();
    private final Map<String, Recognition> recognitions = new ConcurrentHashMap<>();
    private final ConfigStatus configStatus;
    private final URI externalUrl;
    private final String url;

    private final Catalog catalog;
    private final Tsdb tsdb;
    private final Storage storage;
    private final Promql promql;
    private final Scraping scraping;
    private final Discovery discovery;
    private final Rules rules;

    private final Object reloading = new Object(); // one reload at a time; taken before any other
    private volatile HttpHandler handler = Platform::notReady;
    private volatile Runnable quit = () -> {};
    private boolean closed; // guarded by closer

    /// Opens the store and listens; nothing is scraped before [#start]. Throws [ConfigError] when
    /// the configuration is wrong, [IOException] when the folder or a port cannot be had.
    public Platform(ServeOptions options, InstantSource clock, Optional<Companion> companion)
            throws IOException {
        this.options = options;
        this.clock = clock;
        this.companion = companion;
        this.started = clock.instant();
        try {
            companion.ifPresent(closer::add);
            var config = readConfig();
            configStatus = new ConfigStatus(config, started);

            // Reading the catalog takes as long as opening the store: both at once.
            var catalogs = new FutureTask<>(() -> Catalog.load(config.catalogFolders()));
            Thread.ofPlatform().daemon().name("catalog").start(catalogs);

            var network = closer.add(new Network());
            var servers = new ArrayList<HttpServer>();
            for (var listen : options.listen()) {
                servers.add(
                        closer.add(
                                network.listen(
                                        HttpServer.Options.at(listen.host(), listen.port()),
                                        request -> handler.handle(request))));
            }
            url = ownUrl(options.listen().getFirst(), servers.getFirst().port());
            externalUrl = options.externalUrl().orElseGet(() -> URI.create(machineUrl(url)));

            var disk = closer.add(new RealDisk(options.storagePath()));
            tsdb = closer.add(new Tsdb(disk, storeOptions(config), clock, meters));
            catalog = loaded(catalogs);
            storage = new Views(tsdb, catalog);
            promql = new Promql(storage, queryOptions());
            var fetch = closer.add(network.fetch());
            rules = closer.add(new Rules(promql, storage, disk, clock, meters, notices -> {}));
            scraping = closer.add(new Scraping(storage, fetch, clock, meters, this::recognise));
            discovery = closer.add(new Discovery(scraping::targets));
            closer.add(new HeapCare().start());
        } catch (IOException halfway) {
            throw closer.closeAfter(halfway);
        } catch (RuntimeException halfway) {
            throw closer.closeAfter(halfway);
        }
    }

    private static Catalog loaded(FutureTask<Catalog> catalogs) throws IOException {
        try {
            return catalogs.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException unreadable -> throw unreadable;
                case RuntimeException mistake -> throw mistake;
                default -> throw new IllegalStateException("bug: " + e.getCause(), e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private Promql.Options queryOptions() {
        return new Promql.Options(
                options.lookback(),
                options.queryTimeout(),
                options.maxConcurrency(),
                options.limits(),
                configStatus.current().evaluationInterval(),
                options.experimentalFunctions(),
                options.delayedNameRemoval(),
                options.sharing());
    }

    private Tsdb.Options storeOptions(PlatformConfig config) {
        return new Tsdb.Options(
                options.retention().or(config::retention).orElse(DEFAULT_RETENTION),
                options.retentionBytes() > 0 ? options.retentionBytes() : config.retentionBytes(),
                WAL_SYNC,
                config.rails(),
                config.outOfOrderWindow(),
                config.tiers(),
                options.denseFromLevel());
    }

    /// Applies the configuration, begins to scrape, and is ready. Throws [ConfigError] when a rule
    /// file is wrong.
    public void start() throws IOException {
        if (companion.isPresent()) {
            companion.get().beforeScraping(storage, configStatus.current().jobs());
        }
        apply(configStatus.current());
        handler = routes();
        LOG.log(Level.INFO, "ready at {0}", url);
        configStatus.current().warnings().forEach(warning -> LOG.log(Level.WARNING, warning));
    }

    private HttpHandler routes() {
        var sources =
                new Api.Sources(
                        promql,
                        storage,
                        tsdb::status,
                        tsdb::cardinality,
                        new Administered(tsdb),
                        scraping,
                        rules,
                        catalog,
                        new Explain(tsdb, catalog),
                        meters,
                        clock);
        var faults =
                companion.orElse(null) instanceof Demo demo ? demo.faults() : ApiOptions.noDemo();
        var apiOptions =
                new ApiOptions(
                        Version.text(),
                        "",
                        started,
                        externalUrl,
                        options.flags(),
                        options.enableLifecycle(),
                        options.enableAdminApi(),
                        "",
                        Durations.print(storeOptions(configStatus.current()).retention()),
                        faults,
                        new Ui());
        return Router.below(
                options.routePrefix(), new Api(sources, new Self(), apiOptions).handler());
    }

    /// This platform, as the API sees it.
    private final class Self implements Server {
        @Override
        public ConfigState config() {
            return new ConfigState(
                    configStatus.current().masked(),
                    configStatus.lastSuccess(),
                    configStatus.lastError(),
                    configStatus.lastErrorTime());
        }

        @Override
        public Labels externalLabels() {
            return configStatus.current().externalLabels();
        }

        @Override
        public void reload() throws IOException {
            Platform.this.reload();
        }

        @Override
        public void quit() {
            quit.run();
        }
    }

    /// Reads the configuration file again and applies it. When it is wrong, the old one goes on;
    /// the mistake is kept for the status page and thrown.
    public void reload() throws IOException {
        synchronized (reloading) {
            try {
                var config = readConfig();
                apply(config);
                configStatus.succeeded(config, clock.instant());
                LOG.log(Level.INFO, "the configuration has been reloaded");
                config.warnings().forEach(warning -> LOG.log(Level.WARNING, warning));
            } catch (ConfigError | IOException e) {
                configStatus.failed(e.getMessage(), clock.instant());
                LOG.log(
                        Level.ERROR,
                        "the new configuration is wrong, the old one goes on: {0}",
                        e.getMessage());
                throw e;
            }
        }
    }

    /// As [#reload], for those who can only look at the status afterwards.
    public void reloadQuietly() {
        try {
            reload();
        } catch (ConfigError | IOException e) {
            LOG.log(Level.DEBUG, "reload", e);
        }
    }

    private PlatformConfig readConfig() throws IOException {
        if (options.configFile().isEmpty()) {
            return PlatformConfig.read(Path.of("generated.yml"), options.configText(), false);
        }
        var file = options.configFile().get();
        try {
            return PlatformConfig.read(file);
        } catch (NoSuchFileException e) {
            throw new IOException(
                    "the configuration file %s is not there; give --config.file=FILE"
                            .formatted(file),
                    e);
        }
    }

    /// Rule files are read before anything is changed, so that a wrong one changes nothing.
    private void apply(PlatformConfig config) throws IOException {
        var rulesConfig =
                new RulesConfig(
                        ruleFiles(config),
                        config.evaluationInterval(),
                        config.ruleQueryOffset(),
                        config.externalLabels(),
                        externalUrl);
        tsdb.maxExemplars(config.maxExemplars());
        scraping.apply(config.jobs(), config.externalLabels());
        discovery.apply(
                config.jobs().stream()
                        .collect(Collectors.toMap(ScrapeJob::name, ScrapeJob::discovery)));
        rules.apply(rulesConfig);
    }

    private static List<RuleFile> ruleFiles(PlatformConfig config) throws IOException {
        var files = new ArrayList<RuleFile>();
        var problems = new ArrayList<ConfigError.Problem>();
        for (var pattern : config.ruleFiles()) {
            for (var file : PlatformConfig.matching(pattern)) {
                files.add(RuleFile.read(file.toString(), Files.readString(file)));
            }
        }
        files.forEach(file -> problems.addAll(file.problems()));
        if (!problems.isEmpty()) {
            throw new ConfigError(problems);
        }
        if (config.builtinRules()) {
            files.addAll(RuleFile.builtIn());
        }
        return files;
    }

    private String recognise(Set<String> metricNames) {
        var found = catalog.recognise(metricNames);
        found.ifPresent(known -> recognitions.put(known.text(), known));
        return found.map(Recognition::text).orElse("");
    }

    /// What a recognised source is: `engine`, `gpu`, `node`, …, or `""`.
    public String kindOf(String recognised) {
        return Optional.ofNullable(recognitions.get(recognised)).map(Recognition::kind).orElse("");
    }

    private static HttpResponse notReady(tokenplumb.http.HttpRequest request) {
        return request.path().endsWith("/-/healthy")
                ? HttpResponse.text(200, "Tokenplumb is Healthy.\n")
                : HttpResponse.text(503, "Tokenplumb is starting: its log is being replayed.\n");
    }

    private static String ownUrl(ServeOptions.Listen listen, int port) {
        var host = listen.host();
        boolean any = host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
        var shown = any ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
        return "http://" + shown + ":" + port;
    }

    /// As other machines reach it, for links in alerts.
    private static String machineUrl(String url) {
        try {
            return url.replace(
                    "//localhost:", "//" + InetAddress.getLocalHost().getHostName() + ":");
        } catch (UnknownHostException | IllegalArgumentException e) {
            return url;
        }
    }

    /// Runs when somebody asks the server to end.
    public void onQuit(Runnable action) {
        quit = action;
    }

    /// Where this machine's user reaches it.
    public String url() {
        return url + options.routePrefix();
    }

    public Promql promql() {
        return promql;
    }

    public Catalog catalog() {
        return catalog;
    }

    public Scraping scraping() {
        return scraping;
    }

    /// Stops everything, newest first; what was acknowledged is on disk afterwards. Calling it
    /// again waits for the first to end.
    @Override
    public void close() {
        synchronized (closer) {
            if (!closed) {
                closed = true;
                closer.close();
            }
        }
    }
}
