package tokenplumb.catalog;

import java.util.List;

/// One of the few signals that every overview shows: its queries over canonical names, which way is
/// good, and from which value on it is worth a look.
///
/// @param id such as `ttft`
/// @param unit `requests/s`, `seconds`, `ratio`, …
/// @param lowerIsBetter whether a rise is bad
/// @param lines one query for each line of its chart
/// @param bands thresholds, mildest first
public record Signal(
        String id,
        String title,
        String unit,
        String help,
        boolean lowerIsBetter,
        List<Line> lines,
        List<Band> bands) {
    /// What a signal is split by.
    public enum Scope {
        FLEET,
        MODEL,
        REPLICA
    }

    /// One line: `name` such as `p95`, and its query with `$by`, `$filter` and `$window` in it.
    public record Line(String name, String query) {
        /// The query to ask: `filter` is a list of matchers such as `model="m"` or empty, `window`
        /// a PromQL duration.
        public String query(Scope scope, String filter, String window) {
            var by =
                    switch (scope) {
                        case FLEET -> "";
                        case MODEL -> "model";
                        case REPLICA -> "model, instance";
                    };
            return query.replace("$by", by).replace("$filter", filter).replace("$window", window);
        }
    }

    /// From `from` on the value deserves `verdict` (`good`, `watch`, `bad`, `down`).
    public record Band(double from, String verdict, String says) {}

    public Signal {
        lines = List.copyOf(lines);
        bands = List.copyOf(bands);
    }
}
