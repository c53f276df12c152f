package tokenplumb.tsdb;

import java.util.List;

/// What the store holds now, as `/api/v1/status/tsdb` shows it. Times are milliseconds since the
/// epoch; of an empty store `minTime` is [Long#MAX_VALUE] and `maxTime` [Long#MIN_VALUE].
///
/// `warnings` say what is near a guard rail, in words.
///
/// `headSeries` are stored, `foldedHistograms` of them folded; they stand for `classicSeries`,
/// which is what label pairs and the four lists count: the largest of each kind, largest first.
public record TsdbStatus(
        long headSeries,
        long classicSeries,
        long foldedHistograms,
        long headChunks,
        long labelPairs,
        long minTime,
        long maxTime,
        long samplesAppended,
        long walBytes,
        long segmentBytes,
        int segments,
        List<Repair> repairs,
        List<Refusal> refusals,
        List<String> warnings,
        List<Count> seriesCountByMetricName,
        List<Count> labelValueCountByLabelName,
        List<Count> memoryInBytesByLabelName,
        List<Count> seriesCountByLabelValuePair) {
    public TsdbStatus {
        repairs = List.copyOf(repairs);
        refusals = List.copyOf(refusals);
        warnings = List.copyOf(warnings);
        seriesCountByMetricName = List.copyOf(seriesCountByMetricName);
        labelValueCountByLabelName = List.copyOf(labelValueCountByLabelName);
        memoryInBytesByLabelName = List.copyOf(memoryInBytesByLabelName);
        seriesCountByLabelValuePair = List.copyOf(seriesCountByLabelValuePair);
    }

    /// A name with how many, or how much.
    public record Count(String name, long value) {}

    /// Series that a guard rail refused, of one metric or tenant (`subject`, `""` when the store
    /// was full). Times are milliseconds since the epoch.
    public record Refusal(
            GuardRails.Rail rail,
            String subject,
            long count,
            long first,
            long last,
            String verdict) {}

    /// Damage that was found and mended: in which file, at which byte, what it was, what it cost.
    public record Repair(String file, long offset, String what, String lost) {
        @Override
        public String toString() {
            return "%s at byte %d: %s; lost: %s".formatted(file, offset, what, lost);
        }
    }
}
