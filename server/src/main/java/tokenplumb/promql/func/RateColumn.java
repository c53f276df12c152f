package tokenplumb.promql.func;

import java.util.Arrays;
import java.util.Optional;

/// `rate`, `increase` and `delta` of a whole series at once.
///
/// All that extrapolation needs but the values depends on the samples' times alone, and the series
/// of one target (the buckets of a histogram above all) share those: they are scraped together. So
/// that part is worked out once per layout of times ([#layOut]) and used for every series that has
/// it ([#fill]); what is left per step is a difference and a product. [Rates#extrapolated] says
/// what is computed and why.
public final class RateColumn {
    private static final int[] NO_RESETS = {};

    private final boolean counter;
    private final boolean perSecond;
    private int[] from = {};
    private int[] to = {};
    private double[] sampled = {}; // ms between the first and the last sample
    private double[] toStart = {}; // ms that the change is stretched at the left, and at the right
    private double[] toEnd = {};
    private double[] factor = {}; // what the change is multiplied by
    private int steps;
    private double seconds;

    private RateColumn(boolean counter, boolean perSecond) {
        this.counter = counter;
        this.perSecond = perSecond;
    }

    public static Optional<RateColumn> named(String name) {
        return switch (name) {
            case "rate" -> Optional.of(new RateColumn(true, true));
            case "increase" -> Optional.of(new RateColumn(true, false));
            case "delta" -> Optional.of(new RateColumn(false, false));
            default -> Optional.empty();
        };
    }

    /// Samples at these times fall into windows `from[i]` (included) to `to[i]` (excluded), the
    /// i-th of which covers `range` milliseconds up to `end + i * step`. Keeps `from` and `to`.
    /// `weights` is as in [Window].
    public void layOut(
            long[] times, double[] weights, int[] from, int[] to, long end, long step, long range) {
        this.from = from;
        this.to = to;
        this.steps = from.length;
        this.seconds = range / 1000.0;
        if (factor.length < steps) {
            sampled = new double[steps];
            toStart = new double[steps];
            toEnd = new double[steps];
            factor = new double[steps];
        }
        for (int i = 0; i < steps; i++) {
            if (to[i] - from[i] >= 2) {
                long windowEnd = end + i * step;
                double gaps = gaps(weights, from[i], to[i]);
                stretch(i, times[from[i]], times[to[i] - 1], gaps, windowEnd - range, windowEnd);
            }
        }
    }

    /// Between the samples as they were measured.
    private static double gaps(double[] weights, int from, int to) {
        if (weights.length == 0) {
            return to - from - 1;
        }
        double count = 0;
        for (int i = from; i < to; i++) {
            count += weights[i];
        }
        return Math.max(1, count - 1);
    }

    private void stretch(int i, long first, long last, double gaps, long start, long end) {
        double left = (first - start) / 1000.0;
        double right = (end - last) / 1000.0;
        double between = (last - first) / 1000.0;
        double average = between / gaps;
        double threshold = average * 1.1;
        if (left >= threshold) {
            left = average / 2;
        }
        if (right >= threshold) {
            right = average / 2;
        }
        sampled[i] = between;
        toStart[i] = left;
        toEnd[i] = right;
        factor[i] = factor(between, left, right);
    }

    private double factor(double between, double left, double right) {
        double factor = between == 0 ? 1 : (between + left + right) / between;
        return perSecond ? factor / seconds : factor;
    }

    /// Writes one value for each step. Answers how many are present.
    public int fill(double[] values, int size, double[] into) {
        boolean resets = counter && hasResets(values, size);
        int present = 0;
        for (int i = 0; i < steps; i++) {
            int last = to[i] - 1;
            if (last <= from[i]) {
                into[i] = RangeFunction.ABSENT;
                continue;
            }
            double first = values[from[i]];
            double change = values[last] - first;
            if (resets) {
                change = withResets(values, from[i], last, change);
            }
            into[i] = stretched(i, first, change);
            present++;
        }
        return present;
    }

    /// As [#fill], of a folded histogram: `counts` has its samples, in each all buckets, and `into`
    /// the steps, in each all buckets. Answers how many steps are present.
    public int fill(long[] counts, int buckets, int size, double[] into) {
        int[] lastReset = counter ? lastResets(counts, buckets, size) : NO_RESETS;
        int present = 0;
        for (int i = 0, at = 0; i < steps; i++, at += buckets) {
            int first = from[i];
            int last = to[i] - 1;
            if (last <= first) {
                Arrays.fill(into, at, at + buckets, RangeFunction.ABSENT);
                continue;
            }
            present++;
            int start = first * buckets;
            int end = last * buckets;
            boolean isReset = lastReset.length > 0 && lastReset[last] > first;
            if (isReset || !counter) {
                for (int bucket = 0; bucket < buckets; bucket++) {
                    double change = counts[end + bucket] - counts[start + bucket];
                    if (isReset) {
                        change = withResets(counts, start + bucket, end + bucket, buckets, change);
                    }
                    into[at + bucket] = stretched(i, counts[start + bucket], change);
                }
                continue;
            }
            stretch(i, counts, start, end, buckets, into, at);
        }
        return present;
    }

    /// Of counters that rise or stay.
    private void stretch(
            int step, long[] counts, int start, int end, int buckets, double[] into, int at) {
        double between = sampled[step];
        double left = toStart[step];
        double by = factor[step];
        for (int bucket = 0; bucket < buckets; bucket++) {
            long first = counts[start + bucket];
            long change = counts[end + bucket] - first;
            into[at + bucket] = change * by;
            if (between * first < left * change) {
                into[at + bucket] = stretched(step, first, change);
            }
        }
    }

    private double stretched(int step, double first, double change) {
        boolean reachesZero =
                counter
                        && change > 0
                        && first >= 0
                        && sampled[step] * first < toStart[step] * change;
        return reachesZero
                ? change * factor(sampled[step], sampled[step] * (first / change), toEnd[step])
                : change * factor[step];
    }

    /// For each sample the last one up to it at which some bucket has fallen; nothing where none
    /// has.
    private static int[] lastResets(long[] counts, int buckets, int size) {
        long falls = 0; // negative where a difference is
        for (int i = buckets; i < size * buckets; i++) {
            falls |= counts[i] - counts[i - buckets];
        }
        if (falls >= 0) {
            return NO_RESETS;
        }
        var last = new int[size];
        for (int i = 1; i < size; i++) {
            long fallsHere = 0;
            for (int at = i * buckets; at < (i + 1) * buckets; at++) {
                fallsHere |= counts[at] - counts[at - buckets];
            }
            last[i] = fallsHere < 0 ? i : last[i - 1];
        }
        return last;
    }

    private static double withResets(
            long[] counts, int first, int last, int stride, double change) {
        double result = change;
        for (int i = first + stride; i <= last; i += stride) {
            if (counts[i] < counts[i - stride]) {
                result += counts[i - stride];
            }
        }
        return result;
    }

    private static boolean hasResets(double[] values, int size) {
        for (int i = 1; i < size; i++) {
            if (values[i] < values[i - 1]) {
                return true;
            }
        }
        return false;
    }

    private static double withResets(double[] values, int first, int last, double change) {
        double result = change;
        for (int i = first + 1; i <= last; i++) {
            if (values[i] < values[i - 1]) {
                result += values[i - 1];
            }
        }
        return result;
    }
}
