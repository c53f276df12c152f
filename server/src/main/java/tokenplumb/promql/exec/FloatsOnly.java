package tokenplumb.promql.exec;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

/// Hands on columns without their native histograms, and says when it has left out any.
final class FloatsOnly implements Sink {
    private final Sink next;
    private final Runnable leftOut;

    FloatsOnly(Sink next, Runnable leftOut) {
        this.next = next;
        this.leftOut = leftOut;
    }

    @Override
    public boolean take(Labels labels, double[] values, Histogram[] histograms, boolean nameless) {
        if (histograms.length > 0) {
            leftOut.run();
            if (!Column.hasAny(values)) {
                return false;
            }
        }
        return next.take(labels, values, nameless);
    }

    @Override
    public Sink fork() {
        return new FloatsOnly(next.fork(), leftOut);
    }

    @Override
    public void join(Sink forked) {
        next.join(((FloatsOnly) forked).next);
    }
}
