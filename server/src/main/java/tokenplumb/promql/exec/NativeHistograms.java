package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.func.GoNumber;
import tokenplumb.promql.func.Histograms;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.promql.func.Remarks;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Functions over native histograms, where they may stand beside the buckets of classic ones.
final class NativeHistograms {
    /// Columns of native histograms, and those that may be classic buckets.
    record Parted(List<Column> natives, Gathered buckets) {}

    private final Run run;

    NativeHistograms(Run run) {
        this.run = run;
    }

    /// Tells native histograms from classic buckets; where both are of the same name and labels at
    /// the same step, neither counts.
    Parted part(Gathered gathered, Expr argument) {
        if (gathered.columns().stream().noneMatch(Column::hasHistograms)) {
            return new Parted(List.of(), gathered);
        }
        var columns = new ArrayList<>(gathered.columns());
        var split = new Collected(run.budget);
        gathered.folded().forEach(folded -> folded.split(split));
        columns.addAll(split.columns());
        var natives = new HashMap<Labels, Column>();
        var buckets = new ArrayList<Column>();
        for (var column : columns) {
            if (column.hasHistograms()) {
                natives.put(column.labels, column);
            }
            if (Column.hasAny(column.values)) {
                buckets.add(column);
            }
        }
        var clashes = clashes(natives, buckets, argument);
        if (clashes.isEmpty()) {
            return new Parted(natives(columns), gathered(buckets));
        }
        var leftNatives = new ArrayList<Column>();
        for (var column : natives(columns)) {
            var clash = clashes.get(column.labels);
            if (clash == null) {
                leftNatives.add(column);
            } else {
                column.only(clash, false).ifPresent(leftNatives::add);
            }
        }
        var leftBuckets = new ArrayList<Column>();
        for (var column : buckets) {
            var clash = clashes.get(ClassicHistograms.family(column.labels));
            if (clash == null || !ClassicHistograms.isBucket(column.labels)) {
                leftBuckets.add(column);
            } else {
                column.only(clash, false).ifPresent(leftBuckets::add);
            }
        }
        return new Parted(leftNatives, gathered(leftBuckets));
    }

    private Gathered gathered(List<Column> buckets) {
        var gathered = new Gathered(run.budget);
        for (var column : buckets) {
            gathered.take(column.labels, column.values, column.nameless);
        }
        return gathered;
    }

    private static List<Column> natives(List<Column> columns) {
        return columns.stream().filter(Column::hasHistograms).toList();
    }

    /// The steps at which a native histogram and buckets with its labels are both there.
    private Map<Labels, boolean[]> clashes(
            Map<Labels, Column> natives, List<Column> buckets, Expr argument) {
        var clashes = new HashMap<Labels, boolean[]>();
        for (var bucket : buckets) {
            if (!ClassicHistograms.isBucket(bucket.labels)) {
                continue;
            }
            var family = ClassicHistograms.family(bucket.labels);
            var partner = natives.get(family);
            if (partner == null) {
                continue;
            }
            for (int i = 0; i < bucket.values.length; i++) {
                if (partner.hasHistogram(i) && !Column.isAbsent(bucket.values[i])) {
                    clashes.computeIfAbsent(family, key -> new boolean[bucket.values.length])[i] =
                            true;
                }
            }
        }
        for (var family : clashes.keySet()) {
            run.annotations.mixedHistograms(metric(family), argument.span());
        }
        return clashes;
    }

    /// As messages name it: without delayed name removal, the name is gone already.
    private String metric(Labels labels) {
        return run.question.delayedNames() ? labels.metricName() : "";
    }

    /// What is asked of a histogram at one step.
    @FunctionalInterface
    private interface Question {
        double of(Histogram histogram, int step, Remarks remarks);
    }

    /// `histogram_quantile`.
    void quantile(double[] q, List<Column> natives, Expr argument, Sink sink) {
        for (var column : natives) {
            give(
                    column,
                    column.labels,
                    argument,
                    sink,
                    (h, i, r) -> Histograms.quantile(q[i], h, r));
        }
    }

    /// `histogram_fraction`.
    void fraction(double[] lower, double[] upper, List<Column> natives, Expr argument, Sink sink) {
        for (var column : natives) {
            give(
                    column,
                    column.labels,
                    argument,
                    sink,
                    (h, i, r) -> Histograms.fraction(lower[i], upper[i], h, r));
        }
    }

    /// `histogram_quantiles`: as [ClassicHistograms#quantiles] does.
    void quantiles(
            String label,
            List<double[]> quantiles,
            List<Column> natives,
            Expr argument,
            Sink sink) {
        for (var q : quantiles) {
            for (var column : natives) {
                for (int from = 0; from < q.length; from = ClassicHistograms.nextOther(q, from)) {
                    double current = q[from];
                    give(
                            column,
                            column.labels.with(label, GoNumber.openMetrics(current)),
                            argument,
                            sink,
                            (h, i, r) ->
                                    Double.compare(q[i], current) == 0
                                            ? Histograms.quantile(current, h, r)
                                            : RangeFunction.ABSENT);
                }
            }
        }
    }

    private void give(Column column, Labels labels, Expr argument, Sink sink, Question question) {
        run.check();
        var values = Column.absent(column.values.length);
        var remarks = new Remarks();
        for (int i = 0; i < values.length; i++) {
            if (column.hasHistogram(i)) {
                values[i] = question.of(column.histograms[i], i, remarks);
            }
        }
        run.annotations.remark(remarks, metric(column.labels), "aggregation", argument.span());
        if (Column.hasAny(values)) {
            sink.take(run.question.delayedNames() ? labels : Names.drop(labels), values, true);
        }
    }
}
