package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.func.Buckets;
import tokenplumb.promql.func.GoNumber;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;

/// Functions over classic histograms: puts the `le` columns of a histogram together once, in the
/// order of their bounds, and then goes along the steps.
final class ClassicHistograms {
    private static final String LE = "le";

    private record Bucket(double bound, double[] counts) {}

    /// One histogram; `labels` are those of its buckets without `le`.
    private record Histogram(Labels labels, List<Bucket> buckets) {}

    /// What is asked of a histogram at one step.
    @FunctionalInterface
    private interface Answer {
        double at(Buckets buckets, int step);
    }

    private final Run run;

    ClassicHistograms(Run run) {
        this.run = run;
    }

    private List<Histogram> histograms(List<Column> columns, Expr argument) {
        var grouping = Grouping.all(List.of(LE));
        var bounds = new HashMap<String, Double>(); // few, and in every histogram again
        var histograms = new ArrayList<Histogram>();
        for (var column : columns) {
            var le = column.labels.get(LE);
            double bound = bounds.computeIfAbsent(le, GoNumber::parse);
            if (Double.isNaN(bound) && !le.equalsIgnoreCase("nan")) {
                var metric = run.question.delayedNames() ? column.labels.metricName() : "";
                run.annotations.badBucket(le, metric, argument.span());
                continue;
            }
            int group = grouping.of(column.labels);
            if (group == histograms.size()) {
                histograms.add(new Histogram(grouping.labels(group), new ArrayList<>()));
            }
            histograms.get(group).buckets.add(new Bucket(bound, column.values));
        }
        histograms.forEach(h -> h.buckets.sort(Comparator.comparingDouble(Bucket::bound)));
        return histograms;
    }

    /// `histogram_quantile`.
    void quantile(
            double[] q,
            Expr quantileArgument,
            List<Column> columns,
            Expr argument,
            Steps steps,
            Sink sink) {
        warnOfQuantiles(q, quantileArgument);
        for (var histogram : histograms(columns, argument)) {
            run.check();
            give(
                    histogram,
                    histogram.labels,
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
                    run.question.delayedNames() ? histogram.labels.metricName() : "",
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
            List<Column> columns,
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
            var labels = histogram.labels.with(label, GoNumber.openMetrics(current));
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
    private static int nextOther(double[] q, int from) {
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
            List<Column> columns,
            Expr argument,
            Steps steps,
            Sink sink) {
        for (var histogram : histograms(columns, argument)) {
            run.check();
            give(
                    histogram,
                    histogram.labels,
                    steps,
                    (buckets, step) -> buckets.fraction(lower[step], upper[step]),
                    sink);
        }
    }

    private void give(Histogram histogram, Labels labels, Steps steps, Answer answer, Sink sink) {
        var values = new double[steps.count()];
        var buckets = new Buckets(histogram.buckets.size());
        boolean any = false;
        for (int i = 0; i < values.length; i++) {
            buckets.clear();
            for (var bucket : histogram.buckets) {
                if (!Column.isAbsent(bucket.counts[i])) {
                    buckets.add(bucket.bound, bucket.counts[i]);
                }
            }
            values[i] = buckets.isEmpty() ? RangeFunction.ABSENT : answer.at(buckets, i);
            any |= !Column.isAbsent(values[i]);
        }
        if (any) {
            sink.take(run.question.delayedNames() ? labels : Names.drop(labels), values, true);
        }
    }
}
