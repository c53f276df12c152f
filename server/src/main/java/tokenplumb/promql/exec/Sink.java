package tokenplumb.promql.exec;

import tokenplumb.signal.Labels;

/// Takes the columns of a node one by one, in order.
interface Sink {
    /// One column with at least one value. Answers whether the array has been kept; if not, the
    /// caller fills it anew for the next column.
    boolean take(Labels labels, double[] values, boolean nameless);

    /// A sink for another thread, whose columns come after those of this one.
    Sink fork();

    /// Takes over what a forked sink has collected. Called in the order of forking, by the thread
    /// that owns this one.
    void join(Sink forked);
}
