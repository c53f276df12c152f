package tokenplumb.tsdb;

import tokenplumb.tsdb.SeriesGate.Exploded;

import java.util.Locale;
import java.util.Set;

/// What to do about series, in plain words.
final class Advice {
    private static final long MANY = 10_000;
    private static final long MANY_VALUES = 1000;

    /// Labels whose values never end.
    private static final Set<String> ENDLESS =
            Set.of(
                    "request_id",
                    "trace_id",
                    "span_id",
                    "session_id",
                    "user_id",
                    "user",
                    "conversation_id",
                    "prompt_id",
                    "email",
                    "url",
                    "path",
                    "ip",
                    "client_ip");

    private Advice() {}

    /// `isUsed`: somebody has asked for the metric, or may have.
    static String on(long stored, long classic, long made, Exploded worst, boolean isUsed) {
        if (!worst.label().isEmpty() && isEndless(worst.label()) && worst.values() > 10) {
            return "drop the label %s (labeldrop in metric_relabel_configs): its values never end"
                    .formatted(worst.label());
        }
        if (made * 2 > stored && made > MANY_VALUES) {
            return "half of its series are less than an hour old: the values of %s come and go; drop that label or limit it"
                    .formatted(worst.label().isEmpty() ? "a label" : worst.label());
        }
        if (!isUsed && classic >= 100) {
            return "no query has asked for it: drop it (action: drop on __name__ in"
                    + " metric_relabel_configs), unless you keep it for a bad day";
        }
        if (stored >= MANY && !worst.label().isEmpty()) {
            return "aggregate it without %s in a recording rule, then drop the original"
                    .formatted(worst.label());
        }
        return "";
    }

    static String onLabel(String name, long values, long stored) {
        if (isEndless(name) && values > 10) {
            return "one series for each value, and the values never end: drop this label, put the"
                    + " value into traces or logs";
        }
        if (values >= MANY_VALUES && values * 4 > stored) {
            return "nearly every series has a value of its own: is it worth a dimension?";
        }
        return "";
    }

    private static boolean isEndless(String label) {
        return ENDLESS.contains(label.toLowerCase(Locale.ROOT));
    }
}
