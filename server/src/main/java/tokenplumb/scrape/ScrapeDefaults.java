package tokenplumb.scrape;

import tokenplumb.config.Section;
import tokenplumb.relabel.Relabel.NameScheme;

import java.time.Duration;
import java.util.List;

/// What `global` says about scraping, for all jobs that do not say otherwise.
public record ScrapeDefaults(
        Duration interval,
        Duration timeout,
        List<ScrapeProtocol> protocols,
        Limits limits,
        ScrapeRails rails,
        NameScheme names,
        String escaping,
        boolean extraMetrics) {
    private static final Duration INTERVAL = Duration.ofMinutes(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /// As if there were no `global`.
    public static final ScrapeDefaults PROMETHEUS =
            new ScrapeDefaults(
                    INTERVAL,
                    TIMEOUT,
                    ScrapeProtocol.DEFAULT,
                    Limits.NONE,
                    ScrapeRails.DEFAULT,
                    NameScheme.UTF8,
                    "allow-utf-8",
                    false);

    /// Reads the keys of `global` that concern scraping; others are left to the caller.
    public static ScrapeDefaults read(Section global) {
        var interval = global.duration("scrape_interval", INTERVAL);
        if (interval.isZero()) {
            interval = INTERVAL;
        }
        var timeout = global.duration("scrape_timeout", Duration.ZERO);
        if (timeout.compareTo(interval) > 0) {
            global.problem(
                    "scrape_timeout",
                    "global scrape timeout greater than scrape interval; make it at most "
                            + "scrape_interval");
        }
        if (timeout.isZero()) {
            timeout = TIMEOUT.compareTo(interval) > 0 ? interval : TIMEOUT;
        }
        global.ignore(IGNORED);
        var names = nameScheme(global, NameScheme.UTF8);
        return new ScrapeDefaults(
                interval,
                timeout,
                ScrapeProtocol.read(global, ScrapeProtocol.DEFAULT),
                Limits.read(global, Limits.NONE),
                ScrapeRails.DEFAULT,
                names,
                escaping(global, names, names == NameScheme.UTF8 ? "allow-utf-8" : "underscores"),
                global.bool("extra_scrape_metrics", false));
    }

    /// The same with other guard rails.
    public ScrapeDefaults with(ScrapeRails other) {
        return new ScrapeDefaults(
                interval, timeout, protocols, limits, other, names, escaping, extraMetrics);
    }

    /// Keys of Prometheus that are accepted and change nothing: they concern native histograms and
    /// files of logs.
    static final String[] IGNORED = {
        "scrape_classic_histograms",
        "always_scrape_classic_histograms",
        "convert_classic_histograms_to_nhcb",
        "scrape_native_histograms",
        "scrape_failure_log_file",
        "native_histogram_bucket_limit",
        "native_histogram_min_bucket_factor",
    };

    static NameScheme nameScheme(Section section, NameScheme otherwise) {
        var text = section.text("metric_name_validation_scheme", "");
        return switch (text) {
            case "" -> otherwise;
            case "utf8" -> NameScheme.UTF8;
            case "legacy" -> NameScheme.LEGACY;
            default -> {
                section.problem(
                        "metric_name_validation_scheme",
                        "unknown metric name validation method %s, must be utf8 or legacy"
                                .formatted(text));
                yield otherwise;
            }
        };
    }

    static String escaping(Section section, NameScheme names, String otherwise) {
        var text = section.text("metric_name_escaping_scheme", "");
        return switch (text) {
            case "" -> otherwise;
            case "underscores", "dots", "values" -> text;
            case "allow-utf-8" -> {
                if (names == NameScheme.LEGACY) {
                    section.problem(
                            "metric_name_escaping_scheme",
                            "utf8 metric names requested but validation scheme is not set to UTF8");
                }
                yield text;
            }
            default -> {
                section.problem(
                        "metric_name_escaping_scheme",
                        "unknown escaping scheme %s, must be allow-utf-8, underscores, dots or values"
                                .formatted(text));
                yield otherwise;
            }
        };
    }
}
