package tokenplumb.promql.func;

import tokenplumb.signal.Histogram.Spans;

import java.util.Arrays;

/// One side of a [HistogramTally]: counts by bucket, which grow where buckets come in that it does
/// not have. Reused from histogram to histogram.
final class BucketTally {
    private int[] indexes = {};
    private double[] counts = {};
    private double[] lost = {}; // what rounding has cost; empty unless that is compensated
    private int size;
    private boolean compensated;
    private Spans layout = Spans.NONE; // what indexes say, while they are those of one row

    void set(Spans spans, double[] from, boolean compensates) {
        size = from.length;
        compensated = compensates;
        if (indexes.length < size) {
            indexes = new int[size];
            counts = new double[size];
        }
        if (compensated) {
            if (lost.length < counts.length) {
                lost = new double[counts.length];
            } else {
                Arrays.fill(lost, 0, size, 0);
            }
        }
        if (!layout.equals(spans)) {
            layout = spans;
            int at = 0;
            int index = 0;
            for (int run = 0; run < spans.size(); run++) {
                index += spans.offsets()[run];
                for (int i = spans.lengths()[run]; i > 0; i--) {
                    indexes[at++] = index++;
                }
            }
        }
        System.arraycopy(from, 0, counts, 0, size);
    }

    void copy(BucketTally other) {
        indexes = other.indexes.clone();
        counts = other.counts.clone();
        lost = other.lost.clone();
        size = other.size;
        compensated = other.compensated;
        layout = other.layout;
    }

    int size() {
        return size;
    }

    int index(int i) {
        return indexes[i];
    }

    double count(int i) {
        return counts[i];
    }

    double lost(int i) {
        return compensated ? lost[i] : 0;
    }

    void clear(int i) {
        counts[i] = 0;
        if (compensated) {
            lost[i] = 0;
        }
    }

    /// Adds `factor` times each count.
    void add(Spans spans, double[] from, double factor) {
        if (!layout.equals(spans)) {
            cover(spans);
        }
        int at = 0;
        int from0 = 0;
        int index = 0;
        for (int run = 0; run < spans.size(); run++) {
            index += spans.offsets()[run];
            int length = spans.lengths()[run];
            if (length > 0) {
                at = find(index, at);
                if (compensated) {
                    addCompensated(at, from, from0, length, factor);
                } else {
                    addPlainly(at, from, from0, length, factor);
                }
                at += length;
                from0 += length;
                index += length;
            }
        }
    }

    private void addPlainly(int at, double[] from, int from0, int length, double factor) {
        for (int i = 0; i < length; i++) {
            counts[at + i] += from[from0 + i] * factor;
        }
    }

    /// Knuth's exact error of a sum, without a branch, so that the loop runs on vectors.
    private void addCompensated(int at, double[] from, int from0, int length, double factor) {
        for (int i = 0; i < length; i++) {
            double sum = counts[at + i];
            double value = from[from0 + i] * factor;
            double next = sum + value;
            double virtual = next - sum;
            lost[at + i] += (sum - (next - virtual)) + (value - virtual);
            counts[at + i] = next;
        }
    }

    private int find(int index, int at) {
        return at < size && indexes[at] == index
                ? at
                : Arrays.binarySearch(indexes, at, size, index);
    }

    /// Makes room for all buckets of a layout. As indexes ascend, a run is there as soon as its
    /// ends are, as far apart as they should be.
    private void cover(Spans spans) {
        int at = 0;
        int index = 0;
        for (int run = 0; run < spans.size(); run++) {
            index += spans.offsets()[run];
            int length = spans.lengths()[run];
            if (length == 0) {
                continue;
            }
            at = find(index, at);
            if (at < 0 || at + length > size || indexes[at + length - 1] != index + length - 1) {
                unite(spans.indexes());
                return;
            }
            at += length;
            index += length;
        }
    }

    private void unite(int[] others) {
        int most = size + others.length;
        var united = new int[most];
        var unitedCounts = new double[most];
        var unitedLost = compensated ? new double[most] : lost;
        int all = 0;
        int mine = 0;
        int other = 0;
        while (mine < size || other < others.length) {
            boolean isMine =
                    other == others.length || mine < size && indexes[mine] <= others[other];
            if (!isMine) {
                united[all++] = others[other++];
                continue;
            }
            if (other < others.length && indexes[mine] == others[other]) {
                other++;
            }
            united[all] = indexes[mine];
            unitedCounts[all] = counts[mine];
            if (compensated) {
                unitedLost[all] = lost[mine];
            }
            all++;
            mine++;
        }
        indexes = united;
        counts = unitedCounts;
        lost = unitedLost;
        size = all;
        layout = Spans.NONE;
    }

    void scale(double factor) {
        for (int i = 0; i < size; i++) {
            counts[i] *= factor;
            if (compensated) {
                lost[i] *= factor;
            }
        }
    }

    /// Halves the resolution so many times.
    void reduce(int times) {
        regroup(index -> (index - 1 >> Math.min(times, 31)) + 1);
    }

    /// Which bucket another one goes to; never falls as the index rises.
    @FunctionalInterface
    interface Regrouping {
        int target(int index);
    }

    void regroup(Regrouping regrouping) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            int target = regrouping.target(indexes[i]);
            if (kept > 0 && indexes[kept - 1] == target) {
                addTo(kept - 1, counts[i], lost(i));
            } else {
                indexes[kept] = target;
                counts[kept] = counts[i];
                if (compensated) {
                    lost[kept] = lost[i];
                }
                kept++;
            }
        }
        size = kept;
        layout = Spans.NONE;
    }

    private void addTo(int at, double count, double lostOfIt) {
        double sum = counts[at];
        double next = sum + count;
        if (compensated) {
            double virtual = next - sum;
            lost[at] += (sum - (next - virtual)) + (count - virtual) + lostOfIt;
        }
        counts[at] = next;
    }

    boolean isInfinite() {
        for (int i = 0; i < size; i++) {
            if (Double.isInfinite(counts[i])) {
                return true;
            }
        }
        return false;
    }

    double largest() {
        double largest = 0;
        for (int i = 0; i < size; i++) {
            largest = Math.max(largest, Math.abs(counts[i]));
        }
        return largest;
    }

    /// The counts times `factor`, with what was lost, without empty buckets.
    BucketRow row(double factor) {
        if (size == 0) {
            return BucketRow.NONE;
        }
        var result = new double[size];
        boolean empty = false;
        for (int i = 0; i < size; i++) {
            result[i] = value(i) * factor;
            empty |= result[i] == 0;
        }
        boolean keepsLayout = layout.size() > 0 && !empty && BucketRow.isNormal(layout);
        return keepsLayout
                ? new BucketRow(layout, result)
                : BucketRow.of(indexes, result, size, false);
    }

    /// Nothing is lost of what is infinite.
    double value(int i) {
        return compensated && !Double.isInfinite(counts[i]) ? counts[i] + lost[i] : counts[i];
    }

    /// What was lost alone, to be added to another tally.
    BucketRow lostRow() {
        var rest = new double[size];
        for (int i = 0; i < size; i++) {
            rest[i] = Double.isInfinite(counts[i]) ? 0 : lost(i);
        }
        return BucketRow.of(indexes, rest, size, true);
    }

    /// The counts alone.
    BucketRow countRow() {
        return BucketRow.of(indexes, counts, size, true);
    }
}
