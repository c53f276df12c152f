package tokenplumb.promql;

import java.util.List;

/// A query's value, its annotations, and what it cost.
public record Answer(Value value, List<String> warnings, List<String> infos, Stats stats) {
    /// Seconds spent and samples touched.
    public record Stats(
            double parseSeconds,
            double selectSeconds,
            double evalSeconds,
            long totalSamples,
            long peakSamples) {}

    public Answer {
        warnings = List.copyOf(warnings);
        infos = List.copyOf(infos);
    }
}
