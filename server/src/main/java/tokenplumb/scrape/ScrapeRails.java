package tokenplumb.scrape;

import tokenplumb.config.Section;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What keeps the labels of one target from harming everybody. Immutable.
///
/// @param forbiddenLabels labels that no series of a target keeps; compared without case, `_`, `-`,
///   `.`, and without a leading `x_` or `exported_`
/// @param maxSeries of one target at a time, and new ones an hour; 0: no limit
public record ScrapeRails(List<String> forbiddenLabels, long maxSeries) {
    private static final long MAX_SERIES = 100_000;

    /// Where nothing is configured.
    public static final ScrapeRails DEFAULT =
            new ScrapeRails(
                    List.of(
                            "request_id",
                            "trace_id",
                            "span_id",
                            "session_id",
                            "user_id",
                            "correlation_id",
                            "conversation_id"),
                    MAX_SERIES);

    public ScrapeRails {
        forbiddenLabels = List.copyOf(forbiddenLabels);
    }

    /// Reads `guard_rails` of a job, or those of scraping for all jobs; what is not there is as
    /// `otherwise` says.
    public static ScrapeRails read(Section section, ScrapeRails otherwise) {
        long max = section.integer("max_series", otherwise.maxSeries);
        if (max < 0) {
            section.problem("max_series", "max_series cannot be negative; 0 is no limit");
        }
        return new ScrapeRails(
                section.has("forbidden_labels")
                        ? section.texts("forbidden_labels")
                        : otherwise.forbiddenLabels,
                Math.max(0, max));
    }

    /// The forbidden labels by [#plain] spelling.
    Map<String, String> forbidden() {
        var forbidden = new HashMap<String, String>();
        forbiddenLabels.forEach(label -> forbidden.put(plain(label), label));
        return Map.copyOf(forbidden);
    }

    /// A label as forbidden ones are compared.
    static String plain(String label) {
        var plain = label.toLowerCase(Locale.ROOT).replaceAll("[_.-]", "");
        plain = plain.startsWith("exported") ? plain.substring("exported".length()) : plain;
        return plain.startsWith("x") ? plain.substring(1) : plain;
    }
}
