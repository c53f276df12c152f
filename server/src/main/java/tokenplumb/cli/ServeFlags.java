package tokenplumb.cli;

import picocli.CommandLine;
import picocli.CommandLine.Option;

import tokenplumb.app.Logging;
import tokenplumb.app.ServeOptions;
import tokenplumb.config.Bytes;
import tokenplumb.config.Durations;
import tokenplumb.promql.Limits;
import tokenplumb.promql.Promql;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The flags of `serve`, which `demo` and `watch` take too: Prometheus' names and defaults.
final class ServeFlags {
    @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
    CommandLine.Model.CommandSpec spec;

    @Option(
            names = "--config.file",
            paramLabel = "FILE",
            description = "Configuration, a superset of prometheus.yml (default: prometheus.yml).")
    Path configFile;

    @Option(
            names = "--storage.tsdb.path",
            paramLabel = "FOLDER",
            description = "Folder of the metric store (default: data/).")
    Path storagePath;

    @Option(
            names = {"--storage.tsdb.retention.time", "--storage.tsdb.retention"},
            paramLabel = "DURATION",
            description = "How long samples are kept (default: 15d).")
    String retention = "";

    @Option(
            names = "--storage.tsdb.retention.size",
            paramLabel = "SIZE",
            description = "How much disk samples may take, such as 50GB (default: no limit).")
    String retentionSize = "";

    @Option(
            names = "--storage.tsdb.block-format",
            paramLabel = "FORMAT",
            description =
                    "How blocks are written: prometheus, which Prometheus and promtool read; dense,"
                            + " smaller, only for us; or merged-dense, dense once they are merged"
                            + " (default: ${DEFAULT-VALUE}).")
    String blockFormat = "prometheus";

    @Option(
            names = "--web.listen-address",
            paramLabel = "HOST:PORT",
            description = "Where to listen; may be given several times (default: 0.0.0.0:9090).")
    List<String> listen = new ArrayList<>();

    @Option(
            names = "--web.external-url",
            paramLabel = "URL",
            description = "Where users reach this server, for links in alerts.")
    URI externalUrl;

    @Option(
            names = "--web.route-prefix",
            paramLabel = "PATH",
            description = "Prefix of all paths (default: the path of --web.external-url).")
    String routePrefix = "";

    @Option(
            names = "--web.enable-lifecycle",
            negatable = true,
            description = "Allow POST /-/reload and /-/quit.")
    boolean enableLifecycle;

    @Option(
            names = "--web.enable-admin-api",
            negatable = true,
            description = "Allow the admin endpoints.")
    boolean enableAdminApi;

    @Option(
            names = "--query.lookback-delta",
            paramLabel = "DURATION",
            description = "How old a sample may be and still count (default: 5m).")
    String lookback = "5m";

    @Option(
            names = "--query.timeout",
            paramLabel = "DURATION",
            description = "How long a query may take (default: 2m).")
    String queryTimeout = "2m";

    @Option(
            names = "--query.max-concurrency",
            paramLabel = "N",
            description = "How many queries run at once (default: ${DEFAULT-VALUE}).")
    int maxConcurrency = 20;

    @Option(
            names = "--query.max-samples",
            paramLabel = "N",
            description = "How many samples a query may hold (default: ${DEFAULT-VALUE}).")
    long maxSamples = 50_000_000;

    @Option(
            names = "--query.max-bytes",
            paramLabel = "SIZE",
            description = "How much memory a query may hold (default: a quarter of the heap).")
    String maxQueryBytes = "";

    @Option(
            names = "--query.max-total-bytes",
            paramLabel = "SIZE",
            description =
                    "How much memory all queries together may hold (default: two fifths of the"
                            + " heap).")
    String maxTotalBytes = "";

    @Option(
            names = "--query.max-series",
            paramLabel = "N",
            description =
                    "How many series a query's selectors may find (default: ${DEFAULT-VALUE}).")
    long maxSeries = 1_000_000;

    @Option(
            names = "--query.max-steps",
            paramLabel = "N",
            description = "How many steps a range query may have (default: ${DEFAULT-VALUE}).")
    int maxSteps = 11_000;

    @Option(
            names = "--query.max-depth",
            paramLabel = "N",
            description = "How deep an expression may be nested (default: ${DEFAULT-VALUE}).")
    int maxDepth = Limits.DEEPEST;

    @Option(
            names = "--query.max-text",
            paramLabel = "N",
            description = "How long a query's text may be (default: ${DEFAULT-VALUE}).")
    int maxText = 1 << 18;

    @Option(
            names = "--query.max-regex",
            paramLabel = "N",
            description =
                    "How long a regular expression in a query may be (default:"
                            + " ${DEFAULT-VALUE}).")
    int maxRegex = 1 << 16;

    @Option(
            names = "--query.max-queued",
            paramLabel = "N",
            description = "How many queries may wait for a place (default: ${DEFAULT-VALUE}).")
    int maxQueued = 1_000;

    @Option(
            names = "--query.slow-threshold",
            paramLabel = "DURATION",
            description =
                    "Queries that take longer are logged with where their time went; 0s: none"
                            + " (default: ${DEFAULT-VALUE}).")
    String slowThreshold = "1s";

    @Option(
            names = "--enable-feature",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Prometheus' feature flags; promql-experimental-functions and"
                            + " promql-delayed-name-removal have an effect.")
    List<String> features = new ArrayList<>();

    @Option(
            names = "--log.level",
            paramLabel = "LEVEL",
            description = "debug, info, warn or error (default: ${DEFAULT-VALUE}).")
    String logLevel = "info";

    @Option(
            names = "--log.format",
            paramLabel = "FORMAT",
            description = "logfmt or json (default: ${DEFAULT-VALUE}).")
    String logFormat = "logfmt";

    @Option(
            names = "--web.config.file",
            paramLabel = "FILE",
            hidden = true,
            description = "TLS and passwords.")
    String webConfig = "";

    @Option(
            names = {
                "--web.max-connections",
                "--web.read-timeout",
                "--web.cors.origin",
                "--web.page-title",
                "--web.console.templates",
                "--web.console.libraries",
                "--web.user-assets",
                "--web.max-notifications-subscribers",
                "--storage.tsdb.min-block-duration",
                "--storage.tsdb.max-block-duration",
                "--storage.tsdb.wal-segment-size",
                "--storage.tsdb.head-chunks-write-queue-size",
                "--storage.tsdb.delayed-compaction.max-percent",
                "--storage.remote.flush-deadline",
                "--storage.remote.read-sample-limit",
                "--storage.remote.read-concurrent-limit",
                "--storage.remote.read-max-bytes-in-frame",
                "--rules.alert.for-outage-tolerance",
                "--rules.alert.for-grace-period",
                "--rules.alert.resend-delay",
                "--rules.max-concurrent-evals",
                "--alertmanager.notification-queue-capacity",
                "--alertmanager.notification-batch-size",
                "--alertmanager.drain-notification-queue-on-shutdown",
                "--scrape.discovery-reload-interval",
                "--config.auto-reload-interval",
                "--auto-gomaxprocs",
                "--auto-gomemlimit.ratio"
            },
            hidden = true,
            description = "Accepted for Prometheus' sake, without effect.")
    List<String> withoutEffect = new ArrayList<>();

    @Option(
            names = {
                "--web.enable-remote-write-receiver",
                "--web.enable-otlp-receiver",
                "--storage.tsdb.wal-compression",
                "--storage.tsdb.no-lockfile",
                "--storage.tsdb.allow-overlapping-blocks"
            },
            negatable = true,
            hidden = true,
            description = "Accepted for Prometheus' sake, without effect.")
    boolean switchWithoutEffect;

    /// Throws [CommandLine.ParameterException] naming the flag that is wrong.
    ServeOptions options(Optional<Path> configFile, String configText, Path storage) {
        if (!webConfig.isEmpty()) {
            // Starting without the protection that was asked for would be worse than not starting.
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "--web.config.file (TLS and passwords) is not supported yet; put a proxy with"
                            + " TLS before Tokenplumb, or listen on 127.0.0.1, and leave the flag"
                            + " out");
        }
        Logging.set(
                checked(
                        "--log.level",
                        logLevel,
                        text -> oneOf(text, "debug", "info", "warn", "error")),
                checked("--log.format", logFormat, text -> oneOf(text, "logfmt", "json")));
        var addresses = listen.isEmpty() ? List.of("0.0.0.0:9090") : listen;
        return new ServeOptions(
                configFile,
                configText,
                storage,
                retention.isEmpty()
                        ? Optional.empty()
                        : Optional.of(
                                checked(
                                        "--storage.tsdb.retention.time",
                                        retention,
                                        Durations::parse)),
                retentionSize.isEmpty()
                        ? 0
                        : checked("--storage.tsdb.retention.size", retentionSize, Bytes::parse),
                checked("--storage.tsdb.block-format", blockFormat, ServeFlags::denseFromLevel),
                addresses.stream()
                        .map(text ->
                                checked("--web.listen-address", text, ServeOptions.Listen::parse))
                        .toList(),
                Optional.ofNullable(externalUrl),
                prefix(),
                enableLifecycle,
                enableAdminApi,
                checked("--query.lookback-delta", lookback, ServeFlags::positive),
                checked("--query.timeout", queryTimeout, ServeFlags::positive),
                maxConcurrency,
                limits(),
                sharing(),
                features.contains("promql-experimental-functions"),
                features.contains("promql-delayed-name-removal"),
                all());
    }

    private Limits limits() {
        var defaults = Limits.defaults();
        return new Limits(
                atLeast("--query.max-samples", maxSamples, 1),
                maxQueryBytes.isEmpty()
                        ? defaults.bytes()
                        : atLeast(
                                "--query.max-bytes",
                                checked("--query.max-bytes", maxQueryBytes, Bytes::parse),
                                1),
                atLeast("--query.max-series", maxSeries, 1),
                (int) atLeast("--query.max-steps", maxSteps, 1),
                (int) atLeast("--query.max-depth", maxDepth, 1),
                (int) atLeast("--query.max-text", maxText, 1),
                (int) atLeast("--query.max-regex", maxRegex, 1));
    }

    private Promql.Sharing sharing() {
        atLeast("--query.max-concurrency", maxConcurrency, 1);
        var defaults = Promql.Sharing.defaults();
        return new Promql.Sharing(
                maxTotalBytes.isEmpty()
                        ? defaults.bytes()
                        : checked("--query.max-total-bytes", maxTotalBytes, Bytes::parse),
                (int) atLeast("--query.max-queued", maxQueued, 0),
                checked("--query.slow-threshold", slowThreshold, Durations::parse));
    }

    private long atLeast(String flag, long value, long least) {
        if (value < least) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "%s: must be at least %d".formatted(flag, least));
        }
        return value;
    }

    private String prefix() {
        var text = routePrefix;
        if (text.isEmpty() && externalUrl != null && externalUrl.getPath() != null) {
            text = externalUrl.getPath();
        }
        text = text.replaceAll("/+$", "");
        return text.isEmpty() || text.startsWith("/") ? text : "/" + text;
    }

    private static String oneOf(String text, String... words) {
        if (!List.of(words).contains(text)) {
            throw new IllegalArgumentException(
                    "\"%s\" is not one of %s".formatted(text, String.join(", ", words)));
        }
        return text;
    }

    private static int denseFromLevel(String text) {
        return switch (oneOf(text, "prometheus", "merged-dense", "dense")) {
            case "dense" -> 1;
            case "merged-dense" -> 2;
            default -> 0;
        };
    }

    private static Duration positive(String text) {
        var duration = Durations.parse(text);
        if (duration.isZero()) {
            throw new IllegalArgumentException("must be longer than 0s");
        }
        return duration;
    }

    private <T> T checked(String flag, String text, java.util.function.Function<String, T> read) {
        try {
            return read.apply(text);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), flag + ": " + e.getMessage());
        }
    }

    /// Every flag with its value, for the status page; names without the dashes.
    private Map<String, String> all() {
        var map = new TreeMap<String, String>();
        map.put("config.file", configFile == null ? "prometheus.yml" : configFile.toString());
        map.put("storage.tsdb.path", storagePath == null ? "data/" : storagePath.toString());
        map.put("storage.tsdb.retention.time", retention.isEmpty() ? "15d" : retention);
        map.put("storage.tsdb.block-format", blockFormat);
        map.put("storage.tsdb.retention.size", retentionSize.isEmpty() ? "0B" : retentionSize);
        map.put("web.listen-address", listen.isEmpty() ? "0.0.0.0:9090" : String.join(",", listen));
        map.put("web.external-url", externalUrl == null ? "" : externalUrl.toString());
        map.put("web.route-prefix", prefix().isEmpty() ? "/" : prefix());
        map.put("web.enable-lifecycle", Boolean.toString(enableLifecycle));
        map.put("web.enable-admin-api", Boolean.toString(enableAdminApi));
        map.put("query.lookback-delta", lookback);
        map.put("query.timeout", queryTimeout);
        map.put("query.max-concurrency", Integer.toString(maxConcurrency));
        map.put("query.max-samples", Long.toString(maxSamples));
        map.put("query.max-bytes", Long.toString(limits().bytes()));
        map.put("query.max-total-bytes", Long.toString(sharing().bytes()));
        map.put("query.max-series", Long.toString(maxSeries));
        map.put("query.max-steps", Integer.toString(maxSteps));
        map.put("query.max-depth", Integer.toString(maxDepth));
        map.put("query.max-text", Integer.toString(maxText));
        map.put("query.max-regex", Integer.toString(maxRegex));
        map.put("query.max-queued", Integer.toString(maxQueued));
        map.put("query.slow-threshold", slowThreshold);
        map.put("enable-feature", String.join(",", features));
        map.put("log.level", logLevel);
        map.put("log.format", logFormat);
        return map;
    }
}
