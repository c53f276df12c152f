package tokenplumb.promql.exec;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;

/// The buckets of one classic histogram, or sums of such, at every step: as many [Column]s as there
/// are buckets, in one array that goes step by step and within a step bucket by bucket. Labels are
/// those that the buckets share, without `le`. A step has a value in all buckets or in none, never
/// a native histogram. Once it is handed over and kept, nobody writes to its array any more.
final class FoldedColumn {
    private static final String LE = "le";

    final Labels labels;
    final BucketLayout layout;
    final double[] values;
    final boolean nameless;

    FoldedColumn(Labels labels, BucketLayout layout, double[] values, boolean nameless) {
        this.labels = labels;
        this.layout = layout;
        this.values = values;
        this.nameless = nameless;
    }

    int buckets() {
        return layout.size();
    }

    int steps() {
        return values.length / layout.size();
    }

    /// A bucket's labels.
    Labels labels(int bucket) {
        return labels.with(LE, layout.le(bucket));
    }

    /// Copies what one bucket has, step by step.
    void copy(int bucket, double[] into) {
        int buckets = layout.size();
        for (int i = 0, at = bucket; i < into.length; i++, at += buckets) {
            into[i] = values[at];
        }
    }

    /// Hands on the buckets one by one.
    void split(Sink sink) {
        var spare = new double[steps()];
        for (int bucket = 0; bucket < buckets(); bucket++) {
            copy(bucket, spare);
            if (sink.take(labels(bucket), spare, nameless)) {
                spare = new double[spare.length];
            }
        }
    }
}
