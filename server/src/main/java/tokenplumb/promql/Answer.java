package tokenplumb.promql;

import java.util.List;

/// A query's value, its annotations, and what it cost. The value counts as memory of the query
/// until `kept` is closed, or the value is garbage: close it once a large one has been sent.
public record Answer(
        Value value, List<String> warnings, List<String> infos, Stats stats, Kept kept) {
    /// Seconds spent and samples touched; the most bytes held at once; seconds in the queue.
    public record Stats(
            double parseSeconds,
            double selectSeconds,
            double evalSeconds,
            long totalSamples,
            long peakSamples,
            long peakBytes,
            double queueSeconds) {
        public Stats afterQueue(double seconds) {
            return new Stats(
                    parseSeconds,
                    selectSeconds,
                    evalSeconds,
                    totalSamples,
                    peakSamples,
                    peakBytes,
                    seconds);
        }
    }

    /// Memory that an answer takes.
    @FunctionalInterface
    public interface Kept extends AutoCloseable {
        Kept NOTHING = () -> {};

        @Override
        void close();
    }

    public Answer {
        warnings = List.copyOf(warnings);
        infos = List.copyOf(infos);
    }

    public Answer(Value value, List<String> warnings, List<String> infos, Stats stats) {
        this(value, warnings, infos, stats, Kept.NOTHING);
    }

    Answer with(Stats otherStats, Kept otherKept) {
        return new Answer(value, warnings, infos, otherStats, otherKept);
    }
}
