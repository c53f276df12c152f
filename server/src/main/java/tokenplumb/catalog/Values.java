package tokenplumb.catalog;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.SelectHints;

import java.util.List;
import java.util.Locale;

/// What happens to the values of one origin's series: a factor and an offset, values that mean
/// "none" turned into stale markers, or a number out of the series' labels in their stead.
///
/// @param valueOf labels whose product is the value; empty for the sample's own
record Values(double scale, double offset, List<Source.Range> none, List<String> valueOf) {
    static final Values SAME = new Values(1, 0, List.of(), List.of());

    boolean changeNothing() {
        return equals(SAME);
    }

    /// The number told by a series' labels; NaN when they tell none.
    double told(Labels raw) {
        double product = 1;
        for (var label : valueOf) {
            try {
                product *= Double.parseDouble(raw.get(label));
            } catch (NumberFormatException none) {
                return Double.NaN;
            }
        }
        return product;
    }

    /// What is asked of the samples as they were measured: where a small one becomes a large one,
    /// the largest is wanted for the smallest.
    SelectHints of(SelectHints hints) {
        if (scale >= 0) {
            return hints;
        }
        return switch (hints.function()) {
            case "min_over_time" -> hints.with("max_over_time");
            case "max_over_time" -> hints.with("min_over_time");
            default -> hints;
        };
    }

    /// Changes the samples from index `start` on.
    void apply(Samples samples, int start, Labels raw) {
        if (changeNothing()) {
            return;
        }
        double told = valueOf.isEmpty() ? 0 : told(raw);
        var values = samples.values();
        for (int i = start; i < samples.size(); i++) {
            double value = values[i];
            if (StaleMarker.is(value)) {
                continue;
            }
            if (isNone(value)) {
                values[i] = StaleMarker.VALUE;
            } else {
                values[i] = (valueOf.isEmpty() ? value : told) * scale + offset;
            }
        }
    }

    private boolean isNone(double value) {
        for (var range : none) {
            if (range.contains(value)) {
                return true;
            }
        }
        return false;
    }

    /// For people: `× 1048576`, `1 − value`, `label max_lora`; empty when nothing happens.
    String text() {
        if (!valueOf.isEmpty()) {
            return "label " + String.join(" × ", valueOf);
        }
        if (scale == -1 && offset != 0) {
            return number(offset) + " − value";
        }
        var factor = scale == 1 ? "" : "× " + number(scale);
        return offset == 0 ? factor : (factor + " + " + number(offset)).trim();
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.valueOf(value);
    }
}
