package tokenplumb.tsdb;

import java.util.List;

/// Where the series come from, and what to do about it. Series are counted twice: as they are
/// stored, and as the classic series that they stand for, which is what a store without folding
/// would hold. Bytes are estimates.
///
/// @param stored series in memory
/// @param folded those of them that are folded histograms
/// @param classic classic series that all of them stand for
/// @param memoryBytes of all series in memory
/// @param diskBytes of all files
/// @param since when queries began to be noted, milliseconds since the epoch
/// @param neverQueried how many metrics no query has asked for since
/// @param metrics largest first
/// @param labels those with the most values first
/// @param targets largest first
/// @param resolutions what is kept how finely, samples as they were measured first
public record CardinalityReport(
        long stored,
        long folded,
        long classic,
        long memoryBytes,
        long diskBytes,
        long since,
        int metricCount,
        int neverQueried,
        List<OfMetric> metrics,
        List<OfMetric> neverQueriedMetrics,
        List<OfMetric> growing,
        List<OfLabel> labels,
        List<OfTarget> targets,
        List<OfResolution> resolutions,
        List<TsdbStatus.Refusal> refusals,
        List<String> warnings) {
    public CardinalityReport {
        metrics = List.copyOf(metrics);
        neverQueriedMetrics = List.copyOf(neverQueriedMetrics);
        growing = List.copyOf(growing);
        labels = List.copyOf(labels);
        targets = List.copyOf(targets);
        resolutions = List.copyOf(resolutions);
        refusals = List.copyOf(refusals);
        warnings = List.copyOf(warnings);
    }

    /// One metric, or one family of folded histograms.
    ///
    /// @param buckets of the largest folded histogram; 0 where nothing is folded
    /// @param made series made in the last hour
    /// @param label the label with the most values on it, `""` when none tells its series apart
    /// @param lastQueried milliseconds since the epoch, 0 when never
    /// @param advice in plain words, `""` when there is nothing to do
    public record OfMetric(
            String name,
            long stored,
            long classic,
            int buckets,
            long made,
            long memoryBytes,
            long diskBytes,
            String label,
            int labelValues,
            long lastQueried,
            String advice) {}

    /// One label name: its values, and the series (stored and classic) that carry it.
    public record OfLabel(
            String name, long values, long stored, long classic, String example, String advice) {}

    /// One resolution: what it holds and costs. Times are milliseconds since the epoch, 0 when
    /// there is nothing yet.
    ///
    /// @param name `samples`, or a tier's, such as `5m`
    /// @param retentionMillis 0: for ever
    public record OfResolution(String name, long bytes, long from, long to, long retentionMillis) {}

    /// One target.
    public record OfTarget(String job, String instance, long stored, long classic) {}
}
