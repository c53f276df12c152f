package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Spans;

import java.util.Arrays;

/// One side of a histogram: which buckets there are, and their counts. Immutable like a
/// [Histogram]'s own arrays.
record BucketRow(Spans spans, double[] counts) {
    static final BucketRow NONE = new BucketRow(Spans.NONE, new double[0]);

    static BucketRow positive(Histogram h) {
        return new BucketRow(h.positive(), h.positiveCounts());
    }

    static BucketRow negative(Histogram h) {
        return new BucketRow(h.negative(), h.negativeCounts());
    }

    /// From the first `size` entries, whose indexes ascend; `keepsEmpty` says whether buckets that
    /// count nothing stay.
    static BucketRow of(int[] indexes, double[] counts, int size, boolean keepsEmpty) {
        int kept = 0;
        int runs = 0;
        int next = Integer.MIN_VALUE; // behind the last bucket kept
        for (int i = 0; i < size; i++) {
            if (keepsEmpty || counts[i] != 0) {
                runs += indexes[i] == next && kept > 0 ? 0 : 1;
                next = indexes[i] + 1;
                kept++;
            }
        }
        if (kept == 0) {
            return NONE;
        }
        var offsets = new int[runs];
        var lengths = new int[runs];
        var keptCounts = kept == size ? Arrays.copyOf(counts, size) : new double[kept];
        int run = -1;
        int at = 0;
        next = 0;
        for (int i = 0; i < size; i++) {
            if (keepsEmpty || counts[i] != 0) {
                if (at == 0 || indexes[i] != next) {
                    offsets[++run] = indexes[i] - next;
                }
                lengths[run]++;
                next = indexes[i] + 1;
                keptCounts[at++] = counts[i];
            }
        }
        return new BucketRow(new Spans(offsets, lengths), keptCounts);
    }

    /// Without empty buckets, and in as few runs as can be.
    BucketRow compacted() {
        return isCompact() ? this : of(spans.indexes(), counts, counts.length, false);
    }

    private boolean isCompact() {
        for (double count : counts) {
            if (count == 0) {
                return false;
            }
        }
        return isNormal(spans);
    }

    /// Whether the runs are as few as can be.
    static boolean isNormal(Spans spans) {
        for (int i = 0; i < spans.size(); i++) {
            if (spans.lengths()[i] == 0 || i > 0 && spans.offsets()[i] <= 0) {
                return false;
            }
        }
        return true;
    }

    BucketRow times(double factor) {
        var scaled = new double[counts.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = counts[i] * factor;
        }
        return new BucketRow(spans, scaled);
    }

    BucketRow over(double divisor) {
        var scaled = new double[counts.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = counts[i] / divisor;
        }
        return new BucketRow(spans, scaled);
    }

    /// The same buckets with the same counts, bit by bit.
    boolean same(BucketRow other) {
        if (counts.length != other.counts.length) {
            return false;
        }
        for (int i = 0; i < counts.length; i++) {
            if (Double.doubleToRawLongBits(counts[i])
                    != Double.doubleToRawLongBits(other.counts[i])) {
                return false;
            }
        }
        return spans.equals(other.spans) || Arrays.equals(spans.indexes(), other.spans.indexes());
    }
}
