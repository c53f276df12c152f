package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.Aggregator;
import tokenplumb.promql.func.GoNumber;
import tokenplumb.promql.func.Histograms;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// `sum by (…)` and its kin.
final class Aggregations {
    private static final String LE = "le";

    private final Run run;
    private final Evaluator evaluator;

    Aggregations(Run run, Evaluator evaluator) {
        this.run = run;
        this.evaluator = evaluator;
    }

    void stream(Expr.Aggregation a, Steps steps, Sink sink) {
        int n = steps.count();
        var context = new HistogramTotals.Context(run, a.expr().span());
        switch (a.op()) {
            case SUM -> fold(a, steps, sink, () -> new Accumulator.Sum(n, context));
            case AVG -> fold(a, steps, sink, () -> new Accumulator.Mean(n, context));
            case COUNT -> fold(a, steps, sink, () -> new Accumulator.Count(n, false));
            case GROUP -> fold(a, steps, sink, () -> new Accumulator.Count(n, true));
            case MIN -> fold(a, steps, sink, () -> new Accumulator.Extreme(n, false));
            case MAX -> fold(a, steps, sink, () -> new Accumulator.Extreme(n, true));
            case STDDEV -> fold(a, steps, sink, () -> new Accumulator.Deviation(n, true));
            case STDVAR -> fold(a, steps, sink, () -> new Accumulator.Deviation(n, false));
            case QUANTILE -> {
                var quantiles = evaluator.scalar(a.parameter().orElseThrow(), steps);
                warnOfQuantiles(a, quantiles);
                fold(a, steps, sink, () -> new Accumulator.Quantile(quantiles));
            }
            case COUNT_VALUES -> countValues(a, steps, sink);
            case TOPK, BOTTOMK, LIMITK -> rank(a, steps, sink);
            case LIMIT_RATIO -> limitRatio(a, steps, sink);
        }
    }

    private static Supplier<Grouping> groupings(Expr.Aggregation a) {
        return () -> a.without() ? Grouping.without(a.labels()) : Grouping.by(a.labels());
    }

    private void fold(
            Expr.Aggregation a, Steps steps, Sink sink, Supplier<Accumulator> accumulators) {
        var grouped =
                new Grouped(
                        run.budget,
                        groupings(a),
                        accumulators,
                        a.op() == Aggregator.QUANTILE,
                        folded(a));
        var before = run.budget.mark();
        evaluator.stream(
                a.expr(), steps, takesHistograms(a.op()) ? grouped : floatsOnly(a, grouped));
        var gathered = new Gathered(run.budget);
        grouped.finish(gathered);
        run.budget.shrink(before, gathered.columns(), gathered.folded());
        gathered.give(sink);
    }

    /// Whole histograms stay together in sums that keep their buckets apart.
    private Optional<FoldedGroups> folded(Expr.Aggregation a) {
        if (a.op() != Aggregator.SUM || a.labels().contains(LE) == a.without()) {
            return Optional.empty();
        }
        var others = new ArrayList<>(a.labels());
        others.removeIf(LE::equals);
        return Optional.of(
                new FoldedGroups(
                        run.budget,
                        () -> a.without() ? Grouping.without(others) : Grouping.by(others)));
    }

    private static boolean takesHistograms(Aggregator op) {
        return switch (op) {
            case SUM, AVG, COUNT, GROUP -> true;
            default -> false;
        };
    }

    private Sink floatsOnly(Expr.Aggregation a, Sink sink) {
        return new FloatsOnly(
                sink, () -> run.annotations.ignoredHistogram(a.op(), a.expr().span()));
    }

    private void warnOfQuantiles(Expr.Aggregation a, double[] quantiles) {
        var where = a.parameter().orElseThrow().span();
        double largest = Double.NEGATIVE_INFINITY;
        double smallest = Double.POSITIVE_INFINITY;
        for (double q : quantiles) {
            if (Double.isNaN(q)) {
                run.annotations.quantile(Double.NaN, where);
            } else {
                largest = Math.max(largest, q);
                smallest = Math.min(smallest, q);
            }
        }
        if (largest > 1) {
            run.annotations.quantile(largest, where);
        }
        if (smallest < 0) {
            run.annotations.quantile(smallest, where);
        }
    }

    private void countValues(Expr.Aggregation a, Steps steps, Sink sink) {
        var label = ((Expr.TextLiteral) a.parameter().orElseThrow()).value();
        if (!LabelFunctions.isName(label)) {
            throw Run.mistake("invalid label name " + Labels.quote(label));
        }
        var before = run.budget.mark();
        var columns = evaluator.columns(a.expr(), steps);
        var counts = new LinkedHashMap<Labels, double[]>();
        for (var column : columns) {
            for (int i = 0; i < steps.count(); i++) {
                if (column.has(i)) {
                    var value =
                            column.hasHistogram(i)
                                    ? Histograms.text(column.histograms[i])
                                    : GoNumber.plain(column.values[i]);
                    var key = countKey(a, column.labels, label, value);
                    var values = counts.get(key);
                    if (values == null) {
                        run.budget.hold(steps.count());
                        run.budget.holdBytes(Budget.GROUP);
                        values = Column.absent(steps.count());
                        counts.put(key, values);
                    }
                    values[i] = Column.isAbsent(values[i]) ? 1 : values[i] + 1;
                }
            }
        }
        run.budget.shrink(before, List.of());
        counts.forEach((labels, values) -> sink.take(labels, values, false));
    }

    private static Labels countKey(Expr.Aggregation a, Labels labels, String label, String value) {
        var withValue = labels.with(label, value);
        if (a.without()) {
            return withValue.withoutAll(a.labels()).without(Labels.NAME);
        }
        var names = new ArrayList<>(a.labels());
        names.add(label);
        return withValue.only(names);
    }

    private void rank(Expr.Aggregation a, Steps steps, Sink sink) {
        var ks = evaluator.scalar(a.parameter().orElseThrow(), steps);
        var before = run.budget.mark();
        var columns = evaluator.columns(a.expr(), steps);
        if (Arrays.stream(ks).noneMatch(k -> k >= 1 || Double.isNaN(k))) {
            run.budget.shrink(before, List.of());
            return;
        }
        for (double k : ks) {
            refuseK(k);
        }
        if (a.op() != Aggregator.LIMITK) {
            tellOfHistograms(a, columns, ks);
        }
        give(new Ranking(a.op(), groupings(a).get(), columns).pick(ks), before, sink);
    }

    private void tellOfHistograms(Expr.Aggregation a, List<Column> columns, double[] ks) {
        for (var column : columns) {
            for (int i = 0; i < column.histograms.length; i++) {
                if (column.hasHistogram(i) && ks[i] >= 1) {
                    run.annotations.ignoredHistogram(a.op(), a.span());
                }
            }
        }
    }

    private static void refuseK(double k) {
        if (Double.isNaN(k)) {
            throw Run.mistake("Parameter value is NaN");
        }
        if (k <= Long.MIN_VALUE) {
            throw Run.mistake("Scalar value " + GoNumber.shortest(k) + " underflows int64");
        }
        if (k >= Long.MAX_VALUE) {
            throw Run.mistake("Scalar value " + GoNumber.shortest(k) + " overflows int64");
        }
    }

    private void give(List<Column> picked, Budget.Mark before, Sink sink) {
        run.budget.shrink(before, picked);
        evaluator.give(picked, sink);
    }

    private void limitRatio(Expr.Aggregation a, Steps steps, Sink sink) {
        var ratios = evaluator.scalar(a.parameter().orElseThrow(), steps);
        double largest = Double.NEGATIVE_INFINITY;
        double smallest = Double.POSITIVE_INFINITY;
        for (double ratio : ratios) {
            if (Double.isNaN(ratio)) {
                throw Run.mistake("Ratio value is NaN");
            }
            largest = Math.max(largest, ratio);
            smallest = Math.min(smallest, ratio);
        }
        var where = a.parameter().orElseThrow().span();
        if (largest > 1) {
            run.annotations.ratio(largest, 1, where);
        }
        if (smallest < -1) {
            run.annotations.ratio(smallest, -1, where);
        }
        var before = run.budget.mark();
        var picked = new ArrayList<Column>();
        for (var column : evaluator.columns(a.expr(), steps)) {
            double offset = LabelHash.ratio(column.labels);
            var taken = new boolean[steps.count()];
            for (int i = 0; i < taken.length; i++) {
                double ratio = Math.max(-1, Math.min(1, ratios[i]));
                taken[i] = ratio >= 0 ? offset < ratio : offset >= 1 + ratio;
            }
            column.only(taken, true).ifPresent(picked::add);
        }
        give(picked, before, sink);
    }
}
