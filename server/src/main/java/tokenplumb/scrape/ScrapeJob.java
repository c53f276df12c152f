package tokenplumb.scrape;

import tokenplumb.config.Section;
import tokenplumb.discovery.DiscoveryConfig;
import tokenplumb.relabel.Relabel;
import tokenplumb.relabel.Relabel.NameScheme;
import tokenplumb.yaml.YamlNode;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/// One entry of `scrape_configs`. `notes` says in words what of it will not work, for the log and
/// the targets page: kinds of discovery and of access that are not there yet.
public record ScrapeJob(
        String name,
        Duration interval,
        Duration timeout,
        String scheme,
        String path,
        Map<String, List<String>> parameters,
        Access access,
        boolean honorLabels,
        boolean honorTimestamps,
        boolean trackTimestampsStaleness,
        boolean extraMetrics,
        List<ScrapeProtocol> protocols,
        String fallbackContentType,
        Limits limits,
        ScrapeRails rails,
        NameScheme names,
        String escaping,
        Relabel relabel,
        Relabel metricRelabel,
        DiscoveryConfig discovery,
        List<String> notes,
        String rulesAsWritten) {
    public ScrapeJob {
        parameters = Map.copyOf(parameters);
        protocols = List.copyOf(protocols);
        notes = List.copyOf(notes);
    }

    /// Reads all of `scrape_configs`; relative paths start at `folder`. Mistakes are noted as
    /// problems of the sections.
    public static List<ScrapeJob> readAll(Section root, ScrapeDefaults defaults, Path folder) {
        var jobs = new ArrayList<ScrapeJob>();
        var names = new HashSet<String>();
        for (var section : root.sections("scrape_configs")) {
            if (!section.isPresent()) {
                section.problem("empty or null scrape config section; remove the empty item");
                continue;
            }
            var job = read(section, defaults, folder);
            if (!job.name.isEmpty() && !names.add(job.name)) {
                section.problem(
                        "job_name",
                        "found multiple scrape configs with job name \"%s\"; give each its own"
                                .formatted(job.name));
            }
            jobs.add(job);
        }
        return jobs;
    }

    /// Reads one entry.
    public static ScrapeJob read(Section section, ScrapeDefaults defaults, Path folder) {
        var name = section.text("job_name", "");
        if (name.isEmpty()) {
            section.problem("job_name", "job_name is empty");
        }
        var interval = section.duration("scrape_interval", defaults.interval());
        if (interval.isZero()) {
            interval = defaults.interval();
        }
        var timeout = timeout(section, defaults, interval, name);
        section.ignore(ScrapeDefaults.IGNORED);
        var names = ScrapeDefaults.nameScheme(section, defaults.names());
        var escapingOtherwise =
                names == defaults.names()
                        ? defaults.escaping()
                        : names == NameScheme.UTF8 ? "allow-utf-8" : "underscores";
        var later = new ArrayList<String>();
        var discovery = DiscoveryConfig.read(section, folder, later);
        var notes = new ArrayList<String>();
        later.forEach(key -> notes.add(key + " is not supported yet: it finds no targets"));
        var access = Access.read(section, folder);
        access.refusals().forEach(refusal -> notes.add(refusal + ": its targets are not scraped"));
        return new ScrapeJob(
                name,
                interval,
                timeout,
                scheme(section),
                section.text("metrics_path", "/metrics"),
                Access.lists(section, "params"),
                access,
                section.bool("honor_labels", false),
                section.bool("honor_timestamps", true),
                section.bool("track_timestamps_staleness", false),
                section.bool("extra_scrape_metrics", defaults.extraMetrics()),
                ScrapeProtocol.read(section, defaults.protocols()),
                ScrapeProtocol.readFallback(section),
                Limits.read(section, defaults.limits()),
                ScrapeRails.read(section.section("guard_rails"), defaults.rails()),
                names,
                ScrapeDefaults.escaping(section, names, escapingOtherwise),
                Relabel.read(section, "relabel_configs", names),
                Relabel.read(section, "metric_relabel_configs", names),
                discovery,
                notes,
                written(section.nodes("relabel_configs"))
                        + written(section.nodes("metric_relabel_configs")));
    }

    private static Duration timeout(
            Section section, ScrapeDefaults defaults, Duration interval, String name) {
        var timeout = section.duration("scrape_timeout", Duration.ZERO);
        if (timeout.isZero()) {
            return defaults.timeout().compareTo(interval) > 0 ? interval : defaults.timeout();
        }
        if (timeout.compareTo(interval) > 0) {
            section.problem(
                    "scrape_timeout",
                    "scrape timeout greater than scrape interval for scrape config with job name"
                            + " \"%s\"; make it at most scrape_interval".formatted(name));
        }
        return timeout;
    }

    private static String scheme(Section section) {
        var scheme = section.text("scheme", "http");
        if (!scheme.equals("http") && !scheme.equals("https")) {
            section.problem("scheme", "scheme must be http or https, not \"" + scheme + "\"");
        }
        return scheme;
    }

    /// What is written, without where: relabel steps have no other way to be compared.
    private static String written(List<YamlNode> nodes) {
        var out = new StringBuilder();
        nodes.forEach(node -> write(node, out));
        return out.append('\n').toString();
    }

    private static void write(YamlNode node, StringBuilder out) {
        switch (node) {
            case YamlNode.Scalar scalar -> out.append(scalar.text().length()).append(scalar.text());
            case YamlNode.Sequence sequence -> {
                out.append('[');
                sequence.items().forEach(item -> write(item, out));
                out.append(']');
            }
            case YamlNode.Mapping mapping -> {
                out.append('{');
                mapping.entries()
                        .forEach((key, value) -> write(value, out.append(key).append(':')));
                out.append('}');
            }
        }
    }

    /// Whether a loop of the other job may go on as one of this job.
    boolean scrapesAs(ScrapeJob other) {
        return comparable().equals(other.comparable());
    }

    private ScrapeJob comparable() {
        return new ScrapeJob(
                name,
                interval,
                timeout,
                scheme,
                path,
                parameters,
                access,
                honorLabels,
                honorTimestamps,
                trackTimestampsStaleness,
                extraMetrics,
                protocols,
                fallbackContentType,
                limits,
                rails,
                names,
                escaping,
                Relabel.NOTHING,
                Relabel.NOTHING,
                new DiscoveryConfig(List.of(), List.of()),
                notes,
                rulesAsWritten);
    }
}
