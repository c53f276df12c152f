package tokenplumb.promql.exec;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

/// Takes the columns of a node one by one, in order.
interface Sink {
    /// One column with at least one value; the arrays are as in [Column]. Answers whether `values`
    /// has been kept; if not, the caller fills it anew for the next column. `histograms` is always
    /// the sink's to keep.
    boolean take(Labels labels, double[] values, Histogram[] histograms, boolean nameless);

    default boolean take(Column column) {
        return take(column.labels, column.values, column.histograms, column.nameless);
    }

    /// A column of floats only.
    default boolean take(Labels labels, double[] values, boolean nameless) {
        return take(labels, values, Column.NO_HISTOGRAMS, nameless);
    }

    /// Whether folded columns serve this sink better than their buckets one by one.
    default boolean takesFolded() {
        return false;
    }

    /// All buckets of a classic histogram at once. Answers as [#take] whether the array has been
    /// kept.
    default boolean takeFolded(FoldedColumn column) {
        column.split(this);
        return false;
    }

    /// A sink for another thread, whose columns come after those of this one.
    Sink fork();

    /// Takes over what a forked sink has collected. Called in the order of forking, by the thread
    /// that owns this one.
    void join(Sink forked);
}
