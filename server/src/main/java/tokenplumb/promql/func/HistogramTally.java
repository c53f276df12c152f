package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;

import java.util.Arrays;

/// A histogram in the making: others are added to and subtracted from it. Where they differ in
/// resolution, in the width of the zero bucket or in custom bounds, both are brought to what they
/// have in common first: fewer buckets, and never a count in two of them. Reused: [#set] starts
/// again. Not thread-safe.
final class HistogramTally {
    private static final double[] NO_BOUNDS = {};

    private int schema;
    private double zeroThreshold;
    private double[] bounds = NO_BOUNDS;
    private Reset hint = Reset.UNKNOWN;
    private final CountTally zero = new CountTally();
    private final CountTally count = new CountTally();
    private final CountTally sum = new CountTally();
    private final BucketTally positive = new BucketTally();
    private final BucketTally negative = new BucketTally();

    /// `compensated`: keeps what rounding loses.
    void set(Histogram h, boolean compensated) {
        schema = h.schema();
        zeroThreshold = h.zeroThreshold();
        bounds = h.bounds();
        hint = h.hint();
        zero.set(h.zeroCount());
        count.set(h.count());
        sum.set(h.sum());
        positive.set(h.positive(), h.positiveCounts(), compensated);
        negative.set(h.negative(), h.negativeCounts(), compensated);
    }

    static HistogramTally of(Histogram h) {
        var tally = new HistogramTally();
        tally.set(h, false);
        return tally;
    }

    HistogramTally copy() {
        var copy = new HistogramTally();
        copy.schema = schema;
        copy.zeroThreshold = zeroThreshold;
        copy.bounds = bounds;
        copy.hint = hint;
        copy.zero.copy(zero);
        copy.count.copy(count);
        copy.sum.copy(sum);
        copy.positive.copy(positive);
        copy.negative.copy(negative);
        return copy;
    }

    int schema() {
        return schema;
    }

    double count() {
        return count.value();
    }

    Reset hint() {
        return hint;
    }

    boolean hasCustomBounds() {
        return schema == Histogram.CUSTOM_BOUNDS;
    }

    /// Whether a histogram can be added at all.
    boolean takes(Histogram h) {
        return hasCustomBounds() == h.hasCustomBounds();
    }

    /// Adds `factor` times a histogram that it [#takes]. Notes that bounds had to be reconciled as
    /// `reconciled`, and conflicting hints.
    void add(Histogram h, double factor, Remarks remarks, Remark reconciled) {
        if (isConflict(hint, h.hint())) {
            remarks.note(Remark.CONFLICTING_RESETS);
        }
        hint = joined(hint, h.hint());
        count.add(h.count() * factor);
        sum.add(h.sum() * factor);
        if (isAlike(h)) {
            zero.add(h.zeroCount() * factor);
            positive.add(h.positive(), h.positiveCounts(), factor);
            negative.add(h.negative(), h.negativeCounts(), factor);
            return;
        }
        var other = of(h);
        meet(other, remarks, reconciled);
        zero.add(other.zero.value() * factor);
        var row = other.positive.countRow();
        positive.add(row.spans(), row.counts(), factor);
        row = other.negative.countRow();
        negative.add(row.spans(), row.counts(), factor);
    }

    /// Adds another tally of the same kind, which it may change.
    void merge(HistogramTally other, Remarks remarks, Remark reconciled) {
        hint = joined(hint, other.hint);
        meet(other, remarks, reconciled);
        zero.merge(other.zero);
        count.merge(other.count);
        sum.merge(other.sum);
        merge(positive, other.positive);
        merge(negative, other.negative);
    }

    private static void merge(BucketTally into, BucketTally from) {
        var row = from.countRow();
        into.add(row.spans(), row.counts(), 1);
        row = from.lostRow();
        into.add(row.spans(), row.counts(), 1);
    }

    private boolean isAlike(Histogram h) {
        if (hasCustomBounds()) {
            return areSame(bounds, h.bounds());
        }
        return schema == h.schema()
                && zeroThreshold == h.zeroThreshold()
                && !startsInZeroBucket(h.positive())
                && !startsInZeroBucket(h.negative());
    }

    private boolean startsInZeroBucket(Histogram.Spans spans) {
        return zeroThreshold > 0
                && spans.size() > 0
                && Histogram.bound(schema, spans.offsets()[0]) <= zeroThreshold;
    }

    static boolean areSame(double[] a, double[] b) {
        return Arrays.equals(a, b);
    }

    /// Brings both to the same bounds, width of the zero bucket and resolution.
    private void meet(HistogramTally other, Remarks remarks, Remark reconciled) {
        if (hasCustomBounds()) {
            if (!areSame(bounds, other.bounds)) {
                remarks.note(reconciled);
                var common = common(bounds, other.bounds);
                rebound(common);
                other.rebound(common);
            }
            return;
        }
        while (zeroThreshold < other.zeroThreshold || zeroThreshold > other.zeroThreshold) {
            var narrower = zeroThreshold < other.zeroThreshold ? this : other;
            narrower.widenZeroBucket(Math.max(zeroThreshold, other.zeroThreshold));
        }
        other.dropWithinZeroBucket();
        reduce(other.schema);
        other.reduce(schema);
    }

    void reduce(int to) {
        if (to < schema) {
            positive.reduce(schema - to);
            negative.reduce(schema - to);
            schema = to;
        }
    }

    /// Takes all buckets up to `threshold` into the zero bucket. Where it would end within a
    /// populated bucket it becomes wider still, and takes that one, too. NaN ends nowhere.
    void widenZeroBucket(double threshold) {
        double settled = threshold;
        double before;
        do {
            before = settled;
            settled = endOfStraddling(positive, settled);
            settled = endOfStraddling(negative, settled);
        } while (settled > before);
        zeroThreshold = settled;
        takeIntoZeroBucket(positive);
        takeIntoZeroBucket(negative);
    }

    double zeroThreshold() {
        return zeroThreshold;
    }

    private double endOfStraddling(BucketTally side, double threshold) {
        for (int i = 0; i < side.size(); i++) {
            double upper = Histogram.bound(schema, side.index(i));
            if (upper > threshold) {
                double lower = Histogram.bound(schema, side.index(i) - 1);
                return lower < threshold && side.value(i) != 0 ? upper : threshold;
            }
        }
        return threshold;
    }

    private void takeIntoZeroBucket(BucketTally side) {
        for (int i = 0; i < side.size(); i++) {
            if (Histogram.bound(schema, side.index(i)) > zeroThreshold) {
                return;
            }
            zero.add(side.count(i));
            zero.add(side.lost(i));
            side.clear(i);
        }
    }

    private void dropWithinZeroBucket() {
        for (var side : new BucketTally[] {positive, negative}) {
            for (int i = 0; i < side.size(); i++) {
                if (Histogram.bound(schema, side.index(i)) > zeroThreshold) {
                    break;
                }
                side.clear(i);
            }
        }
    }

    static double[] common(double[] a, double[] b) {
        var common = new double[Math.min(a.length, b.length)];
        int size = 0;
        int inB = 0;
        for (double bound : a) {
            while (inB < b.length && b[inB] < bound) {
                inB++;
            }
            if (inB < b.length && b[inB] == bound) {
                common[size++] = bound;
            }
        }
        return Arrays.copyOf(common, size);
    }

    /// Into wider buckets, whose bounds are all bounds of the old ones.
    private void rebound(double[] wider) {
        var old = bounds;
        positive.regroup(index -> {
            if (index >= old.length) {
                return wider.length;
            }
            int at = Arrays.binarySearch(wider, old[Math.max(0, index)]);
            return at < 0 ? -at - 1 : at;
        });
        bounds = wider;
    }

    void scale(double factor) {
        zero.scale(factor);
        count.scale(factor);
        sum.scale(factor);
        positive.scale(factor);
        negative.scale(factor);
    }

    /// Whether a number has grown beyond all others.
    boolean isInfinite() {
        return zero.isInfinite()
                || count.isInfinite()
                || sum.isInfinite()
                || positive.isInfinite()
                || negative.isInfinite();
    }

    /// The largest size of a number in it.
    double largest() {
        double scalars = Math.max(Math.abs(count.value()), Math.abs(sum.value()));
        double buckets = Math.max(positive.largest(), negative.largest());
        return Math.max(Math.abs(zero.value()), Math.max(scalars, buckets));
    }

    /// As a histogram, without empty buckets.
    Histogram histogram(double factor, Reset withHint) {
        var above = positive.row(factor);
        var below = negative.row(factor);
        return new Histogram(
                false,
                withHint,
                schema,
                zeroThreshold,
                zero.value() * factor,
                count.value() * factor,
                sum.value() * factor,
                above.spans(),
                above.counts(),
                below.spans(),
                below.counts(),
                bounds);
    }

    double zeroCount() {
        return zero.value();
    }

    /// How many numbers it keeps.
    int weight() {
        return 2 * (positive.size() + negative.size()) + 8;
    }

    static boolean isConflict(Reset a, Reset b) {
        return a == Reset.RESET && b == Reset.NOT_RESET || a == Reset.NOT_RESET && b == Reset.RESET;
    }

    /// What is known of a sum: a gauge if either is one, and else only what both agree on.
    static Reset joined(Reset a, Reset b) {
        if (a == b) {
            return a;
        }
        return a == Reset.GAUGE || b == Reset.GAUGE ? Reset.GAUGE : Reset.UNKNOWN;
    }
}
