package tokenplumb.app;

import tokenplumb.config.Config;
import tokenplumb.config.ConfigError;
import tokenplumb.config.Section;
import tokenplumb.scrape.ScrapeDefaults;
import tokenplumb.scrape.ScrapeJob;
import tokenplumb.scrape.ScrapeRails;
import tokenplumb.signal.Labels;
import tokenplumb.tsdb.GuardRails;
import tokenplumb.tsdb.TierRetention;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The configuration file, read and checked: what Prometheus' `prometheus.yml` says, and the
/// section `tokenplumb` with what is our own.
///
/// @param evaluationInterval how often rules are evaluated that name no interval
/// @param externalLabels labels that alerts and federated series carry
/// @param ruleFiles patterns; only the last part of each may hold a `*`
/// @param retention empty where the file does not say
/// @param retentionBytes 0 where the file does not say
/// @param outOfOrderWindow how late samples may come; zero: none may
/// @param tiers how long downsampled tiers are kept
/// @param rails how many series the store may hold
/// @param maxExemplars how many exemplars are kept, over all series
/// @param builtinRules whether the shipped rule pack is evaluated
/// @param catalogFolders folders of the user's own catalog files
/// @param warnings what is asked for and not done yet, each once
/// @param masked the file without its secrets
public record PlatformConfig(
        Duration evaluationInterval,
        Duration ruleQueryOffset,
        Labels externalLabels,
        List<Path> ruleFiles,
        List<ScrapeJob> jobs,
        Optional<Duration> retention,
        long retentionBytes,
        Duration outOfOrderWindow,
        TierRetention tiers,
        GuardRails rails,
        int maxExemplars,
        boolean builtinRules,
        List<Path> catalogFolders,
        List<String> warnings,
        String masked) {
    private static final int MAX_EXEMPLARS = 100_000; // as Prometheus
    private static final Pattern GLOB = Pattern.compile("[^*]*(\\*[^/]*)?");

    public PlatformConfig {
        ruleFiles = List.copyOf(ruleFiles);
        jobs = List.copyOf(jobs);
        catalogFolders = List.copyOf(catalogFolders);
        warnings = List.copyOf(warnings);
    }

    /// Reads a file; relative paths in it start at its folder. Throws [ConfigError] with every
    /// mistake found, or [IOException].
    public static PlatformConfig read(Path file) throws IOException {
        return read(file, Files.readString(file), false);
    }

    /// `agent`: sections that an agent may not have are mistakes.
    public static PlatformConfig read(Path file, String text, boolean agent) {
        var folder = file.toAbsolutePath().getParent();
        var masked = Config.masked(file.toString(), text);
        return Config.read(
                file.toString(), text, root -> new Reading(folder, agent).read(root, masked));
    }

    /// One reading of the file: collects over its sections.
    private static final class Reading {
        private final Path folder;
        private final boolean agent;
        private final Set<String> warnings = new TreeSet<>();
        private final List<ScrapeJob> jobs = new ArrayList<>();
        private final Set<String> jobNames = new HashSet<>();

        Reading(Path folder, boolean agent) {
            this.folder = folder;
            this.agent = agent;
        }

        PlatformConfig read(Section root, String masked) {
            if (agent) {
                for (var key : List.of("alerting", "rule_files", "remote_read")) {
                    if (root.has(key)) {
                        root.problem(key, "field " + key + " is not allowed in agent mode");
                    }
                }
            }
            var global = root.section("global");
            var own = root.section("tokenplumb");
            var rails = own.section("guard_rails");
            var defaults =
                    ScrapeDefaults.read(global)
                            .with(ScrapeRails.read(rails.section("targets"), ScrapeRails.DEFAULT));
            var interval = global.duration("evaluation_interval", Duration.ofMinutes(1));
            var offset = global.duration("rule_query_offset", Duration.ZERO);
            var external = externalLabels(global);
            global.ignore("query_log_file", "scrape_failure_log_file");

            for (var job : root.sections("scrape_configs")) {
                job(job, defaults);
            }
            for (var pattern : root.texts("scrape_config_files")) {
                included(root, pattern, defaults);
            }

            var storage = storage(root.section("storage"));
            var later = new ArrayList<String>();
            OtherSections.read(root, later);
            warnings.addAll(later);
            return new PlatformConfig(
                    interval,
                    offset,
                    external,
                    ruleFiles(root),
                    jobs,
                    storage.retention(),
                    storage.bytes(),
                    storage.outOfOrderWindow(),
                    storage.tiers(),
                    rails(rails),
                    storage.maxExemplars(),
                    own.bool("builtin_rules", true),
                    own.texts("catalog_folders").stream().map(folder::resolve).toList(),
                    List.copyOf(warnings),
                    masked);
        }

        private static Labels externalLabels(Section global) {
            var labels = Labels.builder();
            global.map("external_labels")
                    .forEach((name, value) -> {
                        if (name.isEmpty() || name.equals(Labels.NAME)) {
                            global.problem(
                                    "external_labels",
                                    "%s is not a valid label name".formatted(Labels.quote(name)));
                        }
                        labels.set(name, Config.expand(value, System.getenv()));
                    });
            return labels.build();
        }

        private void job(Section section, ScrapeDefaults defaults) {
            if (!section.isPresent()) {
                section.problem("empty or null scrape config section; remove the empty item");
                return;
            }
            var job = ScrapeJob.read(section, defaults, folder);
            if (!job.name().isEmpty() && !jobNames.add(job.name())) {
                section.problem(
                        "job_name",
                        "found multiple scrape configs with job name \"%s\"; give each its own"
                                .formatted(job.name()));
            }
            jobs.add(job);
            job.notes().forEach(note -> warnings.add("job %s: %s".formatted(job.name(), note)));
        }

        private void included(Section root, String pattern, ScrapeDefaults defaults) {
            if (!GLOB.matcher(pattern).matches()) {
                root.problem(
                        "scrape_config_files",
                        "invalid scrape config file path \"%s\"; only its last part may hold a *"
                                .formatted(pattern));
                return;
            }
            for (var file : matching(folder.resolve(pattern))) {
                try {
                    Config.read(
                            file.toString(),
                            Files.readString(file),
                            included -> {
                                for (var job : included.sections("scrape_configs")) {
                                    job(job, defaults);
                                }
                                return included;
                            });
                } catch (ConfigError e) {
                    e.problems().forEach(problem -> root.problem(problem.where(), problem.what()));
                } catch (IOException e) {
                    root.problem("scrape_config_files", file + ": " + e.getMessage());
                }
            }
        }

        private List<Path> ruleFiles(Section root) {
            var patterns = new ArrayList<Path>();
            for (var text : root.texts("rule_files")) {
                if (GLOB.matcher(text).matches()) {
                    patterns.add(folder.resolve(text));
                } else {
                    root.problem(
                            "rule_files",
                            "invalid rule file path \"%s\"; only its last part may hold a *"
                                    .formatted(text));
                }
            }
            return patterns;
        }

        private static GuardRails rails(Section section) {
            var tenant = section.section("tenant");
            var label = tenant.text("label", "");
            if (label.isEmpty() && tenant.isPresent()) {
                tenant.problem("label", "tenant: name the label that tells tenants apart");
                tenant.ignore("max_series");
            }
            return new GuardRails(
                    atLeastZero(section, "max_series"),
                    atLeastZero(section, "max_series_per_metric"),
                    label,
                    label.isEmpty() ? 0 : atLeastZero(tenant, "max_series"));
        }

        private static long atLeastZero(Section section, String key) {
            long value = section.integer(key, 0);
            if (value < 0) {
                section.problem(key, key + " must not be negative; 0 means no limit");
            }
            return Math.max(0, value);
        }

        private record Kept(
                Optional<Duration> retention,
                long bytes,
                int maxExemplars,
                Duration outOfOrderWindow,
                TierRetention tiers) {}

        private static Kept storage(Section storage) {
            var tsdb = storage.section("tsdb");
            var window = tsdb.duration("out_of_order_time_window", Duration.ZERO);
            tsdb.ignore("stale_series_compaction_threshold");
            var encoding = tsdb.section("chunk_encoding").text("floats", "xor");
            if (!encoding.equals("xor") && !encoding.equals("xor2")) {
                tsdb.problem(
                        "chunk_encoding",
                        "'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field"
                                + " must be omitted entirely, got \"%s\"".formatted(encoding));
            }
            var retention = tsdb.section("retention");
            double percentage = retention.number("percentage", 0);
            if (percentage < 0 || percentage > 100) {
                retention.problem(
                        "percentage",
                        "'storage.tsdb.retention.percentage' must be in the range [0, 100]");
            }
            if (retention.text("size", "").startsWith("-")) {
                retention.problem(
                        "size", "'storage.tsdb.retention.size' must be greater than or equal to 0");
            }
            long most = storage.section("exemplars").integer("max_exemplars", MAX_EXEMPLARS);
            var tiers = tsdb.section("retention_tiers");
            var ofSamples = retention.has("time") ? retention : tiers;
            if (retention.has("time") && tiers.has("raw")) {
                tiers.problem(
                        "raw", "raw says the same as storage.tsdb.retention.time: leave one out");
            }
            var key = retention.has("time") ? "time" : "raw";
            return new Kept(
                    ofSamples.has(key)
                            ? Optional.of(ofSamples.duration(key, Duration.ofDays(15)))
                            : Optional.empty(),
                    retention.text("size", "").startsWith("-") ? 0 : retention.bytes("size", 0),
                    Math.clamp(most, 0, Integer.MAX_VALUE),
                    window,
                    new TierRetention(
                            tiers.duration("5m", TierRetention.defaults().fiveMinutes()),
                            tiers.duration("1h", TierRetention.defaults().oneHour())));
        }
    }

    /// The files a pattern names now, sorted.
    public static List<Path> matching(Path pattern) {
        var name = String.valueOf(pattern.getFileName());
        if (!name.contains("*")) {
            return Files.exists(pattern) ? List.of(pattern) : List.of();
        }
        var found = new TreeSet<Path>();
        var folder = Optional.ofNullable(pattern.getParent()).orElse(Path.of(""));
        try (var files = Files.newDirectoryStream(folder, name)) {
            files.forEach(found::add);
        } catch (IOException e) {
            return List.of(); // a folder that is not there holds no files
        }
        return List.copyOf(found);
    }
}
