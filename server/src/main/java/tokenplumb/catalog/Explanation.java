package tokenplumb.catalog;

import java.util.List;

/// What one selector resolves to, and when that is nothing, why.
///
/// @param selector the selector as text
/// @param kind how it was understood
/// @param series how many series it selects in the range
/// @param parts the raw selectors it stands for, best first
/// @param findings what is wrong or noteworthy, weightiest first; not empty when `series` is 0
public record Explanation(
        String selector, Kind kind, int series, List<Part> parts, List<Finding> findings) {
    /// How a selector was understood.
    public enum Kind {
        /// A stored name, as it is.
        RAW,
        /// One of our names, answered out of raw series.
        CANONICAL,
        /// Another spelling or an older or newer name of something stored.
        ALIAS,
        /// No name, or several: stored names, and canonical ones where only they match.
        PATTERN
    }

    /// One raw selector behind the answer.
    ///
    /// @param source such as `vllm`, `""` when not from the catalog
    /// @param metric the raw name
    /// @param selector the raw selector as text, `""` when no series of it can pass
    /// @param since first version of the source that emits the name, `""` when unknown
    /// @param until first version that does not any more, `""` when it still does
    /// @param change what happens to the values, such as `× 1048576`, `""` when nothing
    /// @param series how many series it finds in the range
    public record Part(
            String source,
            String metric,
            String selector,
            String since,
            String until,
            String change,
            int series) {}

    /// One thing to know. `code` is for programs: `unknown_name`, `dead_name`,
    /// `not_emitted_by_version`, `no_target`, `matcher`, `label`, `outside_range`.
    public record Finding(String code, String text, String better) {}

    public Explanation {
        parts = List.copyOf(parts);
        findings = List.copyOf(findings);
    }
}
