package tokenplumb.promql.exec;

import tokenplumb.promql.func.HistogramSum;
import tokenplumb.promql.func.Quantiles;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.promql.func.RunningMean;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What an aggregation knows of one group at every step; takes one column after the other.
sealed interface Accumulator {
    void add(double[] column);

    /// The same, of a column with native histograms.
    default void add(double[] column, Histogram[] histograms, Labels labels) {
        add(column);
    }

    /// Takes over what another thread has gathered of the same group.
    void merge(Accumulator other);

    /// Absent where no column had a value. Called once, at the end; may give away internal arrays.
    double[] result();

    /// The histograms that belong to [#result], which is made absent where they spoil it. Called
    /// once, after it.
    default Histogram[] histograms(double[] result) {
        return Column.NO_HISTOGRAMS;
    }

    /// How many samples' worth of memory it takes.
    long weight();

    /// The compensated sum.
    final class Sum implements Accumulator {
        private final double[] sums;
        private final double[] lost;
        private boolean dense; // every step has a sum
        private final Optional<HistogramTotals.Context> context; // where histograms may come
        private HistogramTotals histograms; // null until there is one

        /// Of floats only.
        Sum(int steps) {
            this(steps, Optional.empty());
        }

        Sum(int steps, HistogramTotals.Context context) {
            this(steps, Optional.of(context));
        }

        private Sum(int steps, Optional<HistogramTotals.Context> context) {
            sums = Column.absent(steps);
            lost = new double[steps];
            this.context = context;
        }

        @Override
        public void add(double[] column, Histogram[] added, Labels labels) {
            totals().add(added, i -> !Column.isAbsent(sums[i]), labels);
            add(column);
        }

        private HistogramTotals totals() {
            if (histograms == null) {
                histograms =
                        new HistogramTotals(
                                context.orElseThrow(), sums.length, HistogramSum::ofSum);
            }
            return histograms;
        }

        @Override
        public Histogram[] histograms(double[] result) {
            return histograms == null ? Column.NO_HISTOGRAMS : histograms.result(result);
        }

        /// Knuth's exact error of a sum: what Neumaier's gives, without its branch, so that the
        /// loop runs on vectors. Infinite sums leave NaN here, which [#result] ignores.
        @Override
        public void add(double[] column) {
            if (!dense || !isDense(column)) {
                addSparse(column);
                return;
            }
            for (int i = 0; i < sums.length; i++) {
                double sum = sums[i];
                double value = column[i];
                double next = sum + value;
                double virtual = next - sum;
                lost[i] += (sum - (next - virtual)) + (value - virtual);
                sums[i] = next;
            }
        }

        private static boolean isDense(double[] column) {
            int absent = 0;
            for (double value : column) {
                absent += Column.isAbsent(value) ? 1 : 0;
            }
            return absent == 0;
        }

        private void addSparse(double[] column) {
            int missing = 0;
            for (int i = 0; i < sums.length; i++) {
                if (!Column.isAbsent(column[i])) {
                    add(i, column[i]);
                }
                missing += Column.isAbsent(sums[i]) ? 1 : 0;
            }
            dense = missing == 0;
        }

        private void add(int i, double value) {
            double sum = sums[i];
            if (Column.isAbsent(sum)) {
                sums[i] = value;
                return;
            }
            double next = sum + value;
            double virtual = next - sum;
            lost[i] += (sum - (next - virtual)) + (value - virtual);
            sums[i] = next;
        }

        @Override
        public void merge(Accumulator other) {
            var that = (Sum) other;
            for (int i = 0; i < sums.length; i++) {
                if (!Column.isAbsent(that.sums[i])) {
                    add(i, that.sums[i]);
                    lost[i] += that.lost[i];
                }
            }
            if (that.histograms != null) {
                totals().merge(that.histograms);
            }
        }

        /// Every `stride`-th step from `first` on.
        Sum strided(int first, int stride) {
            var some = new Sum((sums.length - first + stride - 1) / stride);
            for (int i = 0, at = first; at < sums.length; i++, at += stride) {
                some.sums[i] = sums[at];
                some.lost[i] = lost[at];
            }
            return some;
        }

        @Override
        public double[] result() {
            for (int i = 0; i < sums.length; i++) {
                if (!Column.isAbsent(sums[i]) && !Double.isInfinite(sums[i])) {
                    sums[i] += lost[i];
                }
            }
            return sums;
        }

        @Override
        public long weight() {
            return 2L * sums.length + (histograms == null ? 0 : histograms.weight());
        }
    }

    /// The compensated mean; runs on as a mean where the sum would overflow.
    final class Mean implements Accumulator {
        private final RunningMean[] means;
        private final HistogramTotals.Context context;
        private HistogramTotals histograms; // null until there is one

        Mean(int steps, HistogramTotals.Context context) {
            means = new RunningMean[steps];
            this.context = context;
        }

        @Override
        public void add(double[] column, Histogram[] added, Labels labels) {
            totals().add(added, i -> means[i] != null, labels);
            add(column);
        }

        private HistogramTotals totals() {
            if (histograms == null) {
                histograms = new HistogramTotals(context, means.length, HistogramSum::ofMean);
            }
            return histograms;
        }

        @Override
        public Histogram[] histograms(double[] result) {
            return histograms == null ? Column.NO_HISTOGRAMS : histograms.result(result);
        }

        @Override
        public void add(double[] column) {
            for (int i = 0; i < means.length; i++) {
                if (!Column.isAbsent(column[i])) {
                    if (means[i] == null) {
                        means[i] = new RunningMean();
                    }
                    means[i].add(column[i]);
                }
            }
        }

        @Override
        public void merge(Accumulator other) {
            var that = (Mean) other;
            for (int i = 0; i < means.length; i++) {
                if (means[i] == null) {
                    means[i] = that.means[i];
                } else if (that.means[i] != null) {
                    means[i].merge(that.means[i]);
                }
            }
            if (that.histograms != null) {
                totals().merge(that.histograms);
            }
        }

        @Override
        public double[] result() {
            var result = Column.absent(means.length);
            for (int i = 0; i < means.length; i++) {
                if (means[i] != null) {
                    result[i] = means[i].value();
                }
            }
            return result;
        }

        @Override
        public long weight() {
            return 4L * means.length + (histograms == null ? 0 : histograms.weight());
        }
    }

    /// `count`, and `group`, which is 1 wherever anything is.
    final class Count implements Accumulator {
        private final double[] counts;
        private final boolean onlyWhether;

        Count(int steps, boolean onlyWhether) {
            counts = new double[steps];
            this.onlyWhether = onlyWhether;
        }

        @Override
        public void add(double[] column) {
            for (int i = 0; i < counts.length; i++) {
                if (!Column.isAbsent(column[i])) {
                    counts[i]++;
                }
            }
        }

        @Override
        public void add(double[] column, Histogram[] histograms, Labels labels) {
            add(column);
            for (int i = 0; i < histograms.length; i++) {
                if (histograms[i] != null) {
                    counts[i]++;
                }
            }
        }

        @Override
        public void merge(Accumulator other) {
            var that = (Count) other;
            for (int i = 0; i < counts.length; i++) {
                counts[i] += that.counts[i];
            }
        }

        @Override
        public double[] result() {
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] == 0) {
                    counts[i] = RangeFunction.ABSENT;
                } else if (onlyWhether) {
                    counts[i] = 1;
                }
            }
            return counts;
        }

        @Override
        public long weight() {
            return counts.length;
        }
    }

    /// `min` or `max`; NaN gives way to any number.
    final class Extreme implements Accumulator {
        private final double[] values;
        private final boolean largest;

        Extreme(int steps, boolean largest) {
            values = Column.absent(steps);
            this.largest = largest;
        }

        @Override
        public void add(double[] column) {
            for (int i = 0; i < values.length; i++) {
                double value = column[i];
                if (Column.isAbsent(value)) {
                    continue;
                }
                double best = values[i];
                if (Double.isNaN(best) || (largest ? best < value : best > value)) {
                    values[i] = value;
                }
            }
        }

        @Override
        public void merge(Accumulator other) {
            add(((Extreme) other).values);
        }

        @Override
        public double[] result() {
            return values;
        }

        @Override
        public long weight() {
            return values.length;
        }
    }

    /// Standard deviation or variance, by Welford's method.
    final class Deviation implements Accumulator {
        private final double[] counts;
        private final double[] means;
        private final double[] squares;
        private final boolean root;

        Deviation(int steps, boolean root) {
            counts = new double[steps];
            means = new double[steps];
            squares = new double[steps];
            this.root = root;
        }

        @Override
        public void add(double[] column) {
            for (int i = 0; i < counts.length; i++) {
                double value = column[i];
                if (Column.isAbsent(value)) {
                    continue;
                }
                counts[i]++;
                if (counts[i] == 1) {
                    means[i] = value;
                    squares[i] = Double.isFinite(value) ? 0 : Double.NaN;
                    continue;
                }
                double delta = value - means[i];
                means[i] += delta / counts[i];
                squares[i] += delta * (value - means[i]);
            }
        }

        @Override
        public void merge(Accumulator other) {
            var that = (Deviation) other;
            for (int i = 0; i < counts.length; i++) {
                double count = counts[i] + that.counts[i];
                if (that.counts[i] == 0) {
                    continue;
                }
                double delta = that.means[i] - means[i];
                double share = that.counts[i] / count;
                if (counts[i] == 0) {
                    means[i] = that.means[i];
                    squares[i] = that.squares[i];
                } else {
                    means[i] += delta * share;
                    squares[i] += that.squares[i] + delta * delta * counts[i] * share;
                }
                counts[i] = count;
            }
        }

        @Override
        public double[] result() {
            for (int i = 0; i < counts.length; i++) {
                double variance = squares[i] / counts[i];
                squares[i] =
                        counts[i] == 0
                                ? RangeFunction.ABSENT
                                : root ? Math.sqrt(variance) : variance;
            }
            return squares;
        }

        @Override
        public long weight() {
            return 3L * counts.length;
        }
    }

    /// `quantile`, which has to keep all columns.
    final class Quantile implements Accumulator {
        private final double[] quantiles; // by step
        private final List<double[]> columns = new ArrayList<>();

        Quantile(double[] quantiles) {
            this.quantiles = quantiles;
        }

        @Override
        public void add(double[] column) {
            columns.add(column.clone());
        }

        @Override
        public void merge(Accumulator other) {
            columns.addAll(((Quantile) other).columns);
        }

        @Override
        public double[] result() {
            var result = Column.absent(quantiles.length);
            var values = new double[columns.size()];
            for (int i = 0; i < result.length; i++) {
                int count = 0;
                for (var column : columns) {
                    if (!Column.isAbsent(column[i])) {
                        values[count++] = column[i];
                    }
                }
                if (count > 0) {
                    result[i] = Quantiles.of(quantiles[i], values, count);
                }
            }
            return result;
        }

        @Override
        public long weight() {
            return (long) quantiles.length * columns.size();
        }
    }
}
