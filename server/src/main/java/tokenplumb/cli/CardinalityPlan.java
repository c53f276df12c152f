package tokenplumb.cli;

import tokenplumb.tsdb.SeriesBytes;

import java.util.Locale;
import java.util.Map;

/// What histograms will cost, worked out before they are built.
///
/// @param quantiles asked for in queries; a histogram has no such dimension, which is where the
///   usual formula errs
/// @param buckets `+Inf` among them
/// @param histograms of that shape
/// @param created whether the target exposes `_created` lines, one more series each
record CardinalityPlan(
        long tenants,
        long models,
        long quantiles,
        long buckets,
        long instances,
        long histograms,
        boolean created,
        double scrapeSeconds,
        double retentionDays) {
    private static final int LABELS = 9; // name, job, instance, model, tenant and a few more

    // Bytes on disk of one exposition line of an engine's histogram: docs/benchmarks.md.
    private static final double LINE_BYTES = 0.9;

    /// Label combinations: what one histogram has as many of as a counter would have series.
    long combinations() {
        return tenants * models * instances;
    }

    /// What tables multiply: every dimension that anybody named.
    long usual() {
        return combinations() * quantiles * buckets * histograms;
    }

    /// What a target exposes and Prometheus stores: the buckets, `_count`, `_sum`.
    long classic() {
        return combinations() * (buckets + 2 + (created ? 1 : 0)) * histograms;
    }

    /// What we store.
    long stored() {
        return combinations() * (created ? 2 : 1) * histograms;
    }

    long memoryBytes() {
        long folded = SeriesBytes.inMemory(LABELS, (int) buckets);
        long gauges = created ? SeriesBytes.inMemory(LABELS, 0) : 0;
        return combinations() * histograms * (folded + gauges);
    }

    long classicMemoryBytes() {
        return classic() * SeriesBytes.inMemory(LABELS + 1, 0);
    }

    double diskBytes() {
        return classic() * LINE_BYTES * 86_400 / scrapeSeconds * retentionDays;
    }

    String text() {
        var out = new StringBuilder();
        out.append(
                "%s of %d buckets, for %d tenants, %d models, %d instances, asked for %d quantiles:\n\n"
                        .formatted(
                                histograms == 1 ? "One histogram" : histograms + " histograms",
                                buckets,
                                tenants,
                                models,
                                instances,
                                quantiles));
        line(
                out,
                "by the usual formula",
                usual(),
                "tenants x models x quantiles x buckets x instances" + times());
        line(
                out,
                "as it is exposed",
                classic(),
                "tenants x models x instances x (buckets + %d)%s"
                        .formatted(created ? 3 : 2, times()));
        line(
                out,
                "as Tokenplumb stores it",
                stored(),
                "tenants x models x instances%s%s".formatted(created ? " x 2" : "", times()));
        out.append('\n');
        out.append(
                "Quantiles are worked out of the buckets when somebody asks: a histogram has no"
                        + " series for them.\n");
        out.append(
                "Beside its buckets it has %s. Tokenplumb keeps %s as one series.\n\n"
                        .formatted(
                                created ? "_count, _sum and _created" : "_count and _sum",
                                created ? "buckets, _count and _sum" : "all of them"));
        out.append(
                "Estimated: %s of memory (%s if each were kept apart), and %s on disk for %s days of a sample every %s s.\n"
                        .formatted(
                                bytes(memoryBytes()),
                                bytes(classicMemoryBytes()),
                                bytes(diskBytes()),
                                number(retentionDays),
                                number(scrapeSeconds)));
        return out.toString();
    }

    private String times() {
        return histograms == 1 ? "" : " x " + histograms;
    }

    private static void line(StringBuilder out, String what, long series, String formula) {
        out.append("  %-24s%12d series   %s\n".formatted(what, series, formula));
    }

    /// How the plan compares with a store that runs: the `data` of its cardinality report.
    String beside(Object report) {
        if (!(report instanceof Map<?, ?> map) || !(map.get("total") instanceof Map<?, ?> total)) {
            return "";
        }
        double now = of(total, "stored");
        double classic = of(total, "classic");
        double after = now + stored();
        return ("\n"
                        + "The store that runs holds %.0f series (%.0f as exposed) in about %s of"
                        + " memory and %s on disk.\n"
                        + "With the plan it would hold %.0f: %s.\n")
                .formatted(
                        now,
                        classic,
                        bytes(of(total, "memoryBytes")),
                        bytes(of(total, "diskBytes")),
                        after,
                        now > 0
                                ? "%s times as many as now".formatted(number(after / now))
                                : "all of them of the plan");
    }

    private static double of(Map<?, ?> map, String name) {
        return map.get(name) instanceof Number number ? number.doubleValue() : 0;
    }

    private static String number(double number) {
        return number == Math.rint(number)
                ? String.format(Locale.ROOT, "%.0f", number)
                : String.format(Locale.ROOT, "%.1f", number);
    }

    private static String bytes(double bytes) {
        double rest = bytes;
        for (var unit : new String[] {"B", "kB", "MB", "GB"}) {
            if (rest < 1000) {
                return String.format(Locale.ROOT, rest < 10 ? "%.1f %s" : "%.0f %s", rest, unit);
            }
            rest /= 1000;
        }
        return String.format(Locale.ROOT, "%.1f TB", rest);
    }
}
