package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.func.Buckets;
import tokenplumb.promql.func.GoNumber;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Functions over classic histograms: puts the `le` columns of a histogram together once, in the
/// order of their bounds, and then goes along the steps.
final class ClassicHistograms {
    private static final String LE = "le";

    /// One histogram; `labels` are those of its buckets without `le`.
    private sealed interface Histogram {
        Labels labels();

        int size();

        /// Puts in what is there at a step.
        void fill(Buckets into, int step);
    }

    private record Bucket(double bound, double[] counts) {}

    private record Apart(Labels labels, List<Bucket> buckets) implements Histogram {
        @Override
        public int size() {
            return buckets.size();
        }

        @Override
        public void fill(Buckets into, int step) {
            for (var bucket : buckets) {
                if (!Column.isAbsent(bucket.counts[step])) {
                    into.add(bucket.bound, bucket.counts[step]);
                }
            }
        }
    }

    private record Folded(Labels labels, double[] bounds, double[] counts) implements Histogram {
        @Override
        public int size() {
            return bounds.length;
        }

        @Override
        public void fill(Buckets into, int step) {
            int at = step * bounds.length;
            if (!Column.isAbsent(counts[at])) {
                into.set(bounds, counts, at);
            }
        }

        Apart apart() {
            var buckets = new ArrayList<Bucket>(bounds.length);
            for (int bucket = 0; bucket < bounds.length; bucket++) {
                var values = new double[counts.length / bounds.length];
                for (int i = 0, at = bucket; i < values.length; i++, at += bounds.length) {
                    values[i] = counts[at];
                }
                buckets.add(new Bucket(bounds[bucket], values));
            }
            return new Apart(labels, buckets);
        }
    }

    /// What is asked of a histogram at one step.
    @FunctionalInterface
    private interface Answer {
        double at(Buckets buckets, int step);
    }

    private final Run run;

    ClassicHistograms(Run run) {
        this.run = run;
    }

    /// Whether these may be the labels of a bucket.
    static boolean isBucket(Labels labels) {
        var le = labels.get(LE);
        return !Double.isNaN(GoNumber.parse(le)) || le.equalsIgnoreCase("nan");
    }

    /// The labels of the histogram that a bucket is of.
    static Labels family(Labels bucket) {
        return bucket.without(LE);
    }

    /// Puts buckets to the histograms they are of.
    private final class Sorting {
        private final Expr argument;
        private final Grouping grouping = Grouping.all(List.of(LE));
        private final List<Histogram> histograms = new ArrayList<>(); // by group
        private final Map<String, Double> bounds = new HashMap<>(); // few, and in each again
        private final Map<BucketLayout, double[]> layouts = new HashMap<>(); // likewise

        Sorting(Expr argument) {
            this.argument = argument;
        }

        void add(Labels labels, double[] values) {
            var le = labels.get(LE);
            double bound = bound(le);
            if (Double.isNaN(bound) && !le.equalsIgnoreCase("nan")) {
                var metric = run.question.delayedNames() ? labels.metricName() : "";
                run.annotations.badBucket(le, metric, argument.span());
                return;
            }
            apart(grouping.of(labels)).buckets.add(new Bucket(bound, values));
        }

        private double bound(String le) {
            return bounds.computeIfAbsent(le, GoNumber::parse);
        }

        void add(FoldedColumn column) {
            var ascending = layouts.computeIfAbsent(column.layout, this::ascending);
            int group = ascending.length == 0 ? -1 : grouping.of(column.labels);
            if (group == histograms.size()) {
                histograms.add(new Folded(grouping.labels(group), ascending, column.values));
                return;
            }
            for (int bucket = 0; bucket < column.buckets(); bucket++) {
                var values = new double[column.steps()];
                column.copy(bucket, values);
                add(column.labels(bucket), values);
            }
        }

        /// The bounds as PromQL reads them; none where it cannot, or not in this order.
        private double[] ascending(BucketLayout layout) {
            var all = new double[layout.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = bound(layout.le(i));
                if (Double.isNaN(all[i]) || i > 0 && all[i] <= all[i - 1]) {
                    return new double[0];
                }
            }
            return all;
        }

        private Apart apart(int group) {
            if (group == histograms.size()) {
                var made = new Apart(grouping.labels(group), new ArrayList<>());
                histograms.add(made);
                return made;
            }
            return switch (histograms.get(group)) {
                case Apart apart -> apart;
                case Folded folded -> {
                    var made = folded.apart();
                    histograms.set(group, made);
                    yield made;
                }
            };
        }
    }

    private List<Histogram> histograms(Gathered columns, Expr argument) {
        var sorting = new Sorting(argument);
        for (var column : columns.columns()) {
            sorting.add(column.labels, column.values);
        }
        for (var column : columns.folded()) {
            sorting.add(column);
        }
        for (var histogram : sorting.histograms) {
            if (histogram instanceof Apart apart) {
                apart.buckets.sort(Comparator.comparingDouble(Bucket::bound));
            }
        }
        return sorting.histograms;
    }

    /// `histogram_quantile`.
    void quantile(
            double[] q,
            Expr quantileArgument,
            Gathered columns,
            Expr argument,
            Steps steps,
            Sink sink) {
        warnOfQuantiles(q, quantileArgument);
        for (var histogram : histograms(columns, argument)) {
            run.check();
            give(
                    histogram,
                    histogram.labels(),
                    steps,
                    (buckets, step) -> quantile(histogram, buckets, q[step], step, steps, argument),
                    sink);
        }
    }

    private double quantile(
            Histogram histogram, Buckets buckets, double q, int step, Steps steps, Expr argument) {
        double value = buckets.quantile(q);
        if (buckets.forced) {
            run.annotations.forcedMonotonic(
                    run.question.delayedNames() ? histogram.labels().metricName() : "",
                    argument.span(),
                    steps.time(step),
                    buckets.lowestForced,
                    buckets.highestForced,
                    buckets.largestDrop);
        }
        return value;
    }

    private void warnOfQuantiles(double[] q, Expr argument) {
        double last = 0.5;
        for (double each : q) {
            if (Double.compare(each, last) != 0 && !(each >= 0 && each <= 1)) {
                run.annotations.quantile(each, argument.span());
            }
            last = each;
        }
    }

    /// `histogram_quantiles`: one series for each quantile, which a label names.
    void quantiles(
            String label,
            List<double[]> quantiles,
            List<Expr> quantileArguments,
            Gathered columns,
            Expr argument,
            Steps steps,
            Sink sink) {
        for (int i = 0; i < quantiles.size(); i++) {
            warnOfQuantiles(quantiles.get(i), quantileArguments.get(i));
        }
        var histograms = histograms(columns, argument);
        for (var q : quantiles) {
            for (var histogram : histograms) {
                run.check();
                giveByQuantile(label, q, histogram, argument, steps, sink);
            }
        }
    }

    /// The quantile is a scalar, which may change from step to step, and its label with it.
    private void giveByQuantile(
            String label, double[] q, Histogram histogram, Expr argument, Steps steps, Sink sink) {
        int from = 0;
        while (from < q.length) {
            double current = q[from];
            var labels = histogram.labels().with(label, GoNumber.openMetrics(current));
            give(
                    histogram,
                    labels,
                    steps,
                    (buckets, step) ->
                            Double.compare(q[step], current) == 0
                                    ? quantile(histogram, buckets, current, step, steps, argument)
                                    : RangeFunction.ABSENT,
                    sink);
            from = nextOther(q, from);
        }
    }

    /// Index of the next quantile that has not occurred before `from` or at it.
    static int nextOther(double[] q, int from) {
        for (int i = from + 1; i < q.length; i++) {
            boolean seen = false;
            for (int j = 0; j < i && !seen; j++) {
                seen = Double.compare(q[j], q[i]) == 0;
            }
            if (!seen) {
                return i;
            }
        }
        return q.length;
    }

    /// `histogram_fraction`.
    void fraction(
            double[] lower,
            double[] upper,
            Gathered columns,
            Expr argument,
            Steps steps,
            Sink sink) {
        for (var histogram : histograms(columns, argument)) {
            run.check();
            give(
                    histogram,
                    histogram.labels(),
                    steps,
                    (buckets, step) -> buckets.fraction(lower[step], upper[step]),
                    sink);
        }
    }

    private void give(Histogram histogram, Labels labels, Steps steps, Answer answer, Sink sink) {
        var values = new double[steps.count()];
        var buckets = new Buckets(histogram.size());
        boolean any = false;
        for (int i = 0; i < values.length; i++) {
            buckets.clear();
            histogram.fill(buckets, i);
            values[i] = buckets.isEmpty() ? RangeFunction.ABSENT : answer.at(buckets, i);
            any |= !Column.isAbsent(values[i]);
        }
        if (any) {
            sink.take(run.question.delayedNames() ? labels : Names.drop(labels), values, true);
        }
    }
}
