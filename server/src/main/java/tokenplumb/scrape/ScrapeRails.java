package tokenplumb.scrape;

import tokenplumb.config.Section;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What keeps the labels of one target from harming everybody. Immutable.
///
/// @param forbiddenLabels labels that no series of a target keeps; compared without case, `_`, `-`,
///   `.`, and without a leading `x_` or `exported_`
/// @param sums what happens to lines that are the same series without their forbidden labels: they
///   are summed, or the first counts and the others are duplicates
/// @param maxSeries of one target at a time, and new ones an hour; 0: no limit
/// @param top labels of which only the largest values keep series of their own
public record ScrapeRails(
        List<String> forbiddenLabels, boolean sums, long maxSeries, List<Top> top) {
    /// Of a label, how many values keep series of their own; the others are summed as `other`.
    public record Top(String label, int keep) {}

    private static final long MAX_SERIES = 100_000;
    private static final int MOST_KEPT = 10_000;

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
                    false,
                    MAX_SERIES,
                    List.of());

    public ScrapeRails {
        forbiddenLabels = List.copyOf(forbiddenLabels);
        top = List.copyOf(top);
    }

    /// Reads `guard_rails` of a job, or those of scraping for all jobs; what is not there is as
    /// `otherwise` says.
    public static ScrapeRails read(Section section, ScrapeRails otherwise) {
        var same = section.text("when_same", otherwise.sums ? "sum" : "first");
        if (!same.equals("sum") && !same.equals("first")) {
            section.problem("when_same", "when_same must be first or sum, not \"" + same + "\"");
        }
        long max = section.integer("max_series", otherwise.maxSeries);
        if (max < 0) {
            section.problem("max_series", "max_series cannot be negative; 0 is no limit");
        }
        return new ScrapeRails(
                section.has("forbidden_labels")
                        ? section.texts("forbidden_labels")
                        : otherwise.forbiddenLabels,
                same.equals("sum"),
                Math.max(0, max),
                section.has("top") ? readTop(section) : otherwise.top);
    }

    private static List<Top> readTop(Section section) {
        var all = new ArrayList<Top>();
        var labels = new HashSet<String>();
        for (var item : section.sections("top")) {
            var label = item.text("label", "");
            long keep = item.integer("keep", 20);
            if (label.isEmpty() || !labels.add(label)) {
                item.problem("label", "each item of top names a label, and each another one");
            }
            if (keep < 0 || keep > MOST_KEPT) {
                item.problem("keep", "keep must be 0 to " + MOST_KEPT);
            }
            all.add(new Top(label, Math.clamp(keep, 0, MOST_KEPT)));
        }
        return all;
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
