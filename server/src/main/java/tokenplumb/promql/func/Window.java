package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;

/// What a range function sees of one series at one step: its samples with `start < time <= end`,
/// which are those from index `from` up to but without `to`. One window is moved along a series and
/// reused for the next; it never holds stale markers.
public final class Window {
    public long[] times = {};
    public double[] values = {};

    /// How many samples each stands for; empty when each stands for itself.
    public double[] weights = {};

    /// Beside the values: the native histograms among the samples, null where a sample is a number;
    /// empty when there are none.
    public Histogram[] histograms = {};

    /// When each sample's counting began, 0 where that is unknown; empty when it always is, or is
    /// not to be used.
    public long[] starts = {};

    public int from;
    public int to;

    /// The range in milliseconds, open at the left.
    public long start;

    public long end;

    /// The evaluation time, which an offset or `@` may have moved away from [#end].
    public long now;

    /// The function's scalar arguments at this step, in their order.
    public double first;

    public double second;

    boolean hasHistogram(int i) {
        return histograms.length > 0 && histograms[i] != null;
    }

    public int size() {
        return to - from;
    }

    /// Samples as they were measured.
    double count() {
        if (weights.length == 0) {
            return to - from;
        }
        double count = 0;
        for (int i = from; i < to; i++) {
            count += weights[i];
        }
        return count;
    }

    double seconds() {
        return (end - start) / 1000.0;
    }
}
