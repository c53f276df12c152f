package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.ValueType;
import tokenplumb.promql.func.Histograms;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Evaluates nodes over [Steps]: vectors as columns into a [Sink], scalars as one array. The nodes
/// that are more than a line or two have a class each.
final class Evaluator {
    private final Run run;
    private final SeriesSource source;
    private final Functions functions;
    private final Aggregations aggregations;
    private final Matches matches;
    private final Repeats repeats;

    /// For the evaluation of `whole`, resolved, or of parts of it.
    Evaluator(Run run, Expr whole) {
        this.run = run;
        this.repeats = new Repeats(run, whole);
        this.source = new SeriesSource(run);
        this.functions = new Functions(run, this, source);
        this.aggregations = new Aggregations(run, this);
        this.matches = new Matches(run);
    }

    SeriesSource source() {
        return source;
    }

    /// All columns of an instant vector.
    List<Column> columns(Expr expr, Steps steps) {
        var collected = new Collected(run.budget);
        stream(expr, steps, collected);
        return collected.columns();
    }

    /// The columns of an instant vector, one by one.
    void stream(Expr expr, Steps steps, Sink sink) {
        run.check();
        if (steps.count() == 0) {
            return;
        }
        if (run.profile.isOpen(expr)) { // a second time, for one step that stands for all
            streamOpen(expr, steps, sink);
            return;
        }
        var counted = run.profile.open(expr, sink);
        try {
            streamOpen(expr, steps, counted);
        } finally {
            run.profile.close(counted);
        }
    }

    private void streamOpen(Expr expr, Steps steps, Sink sink) {
        if (!steps.isOne() && Invariance.holds(expr)) {
            run.profile.way("evaluated once for all steps");
            streamRepeated(expr, steps, sink);
            return;
        }
        repeats.stream(expr, steps, sink, into -> evaluate(expr, steps, into));
    }

    private void evaluate(Expr expr, Steps steps, Sink sink) {
        switch (expr) {
            case Expr.Selector selector -> selector(selector, steps, sink);
            case Expr.Parens parens -> stream(parens.expr(), steps, sink);
            case Expr.Unary unary -> unary(unary, steps, sink);
            case Expr.Call call -> functions.stream(call, steps, sink);
            case Expr.Aggregation aggregation -> aggregations.stream(aggregation, steps, sink);
            case Expr.Binary binary -> binary(binary, steps, sink);
            case Expr.NumberLiteral number -> throw noVector(number);
            case Expr.TextLiteral text -> throw noVector(text);
            case Expr.Range range -> throw noVector(range);
            case Expr.Subquery subquery -> throw noVector(subquery);
        }
    }

    private static IllegalStateException noVector(Expr expr) {
        return new IllegalStateException("bug: not an instant vector: " + expr);
    }

    private void streamRepeated(Expr expr, Steps steps, Sink sink) {
        for (var column : columns(expr, Steps.at(steps.start()))) {
            var values = new double[steps.count()];
            Arrays.fill(values, column.values[0]);
            var histograms = Column.NO_HISTOGRAMS;
            if (column.hasHistogram(0)) {
                histograms = new Histogram[steps.count()];
                Arrays.fill(histograms, column.histograms[0]);
            }
            sink.take(column.labels, values, histograms, column.nameless);
        }
    }

    private void selector(Expr.Selector selector, Steps steps, Sink sink) {
        var looked = SeriesSource.shifted(steps, selector.shift());
        long lookback = run.question.lookback();
        if (selector.smoothing() == Expr.Smoothing.SMOOTHED) {
            var series =
                    source.select(
                            selector.matchers(),
                            looked.start() - lookback + 1,
                            looked.last() + lookback,
                            SeriesSource.hints(looked, 0, "smoothed"));
            source.forEach(series, sink, () -> new Smoothed(run, looked, selector.span()));
            return;
        }
        var hints = SeriesSource.hints(looked, 0, "");
        long from = looked.start() - lookback + 1;
        if (sink.takesFolded()) {
            var selected = source.selectFolded(selector.matchers(), from, looked.last(), hints);
            source.forEach(selected.series(), sink, () -> new Instants(run, looked, false));
            source.forEachFolded(selected.folded(), sink, () -> new FoldedInstants(run, looked));
            return;
        }
        var series = source.select(selector.matchers(), from, looked.last(), hints);
        source.forEach(series, sink, () -> new Instants(run, looked, false));
    }

    private void unary(Expr.Unary unary, Steps steps, Sink sink) {
        if (!unary.negative()) {
            stream(unary.expr(), steps, sink);
            return;
        }
        Mapped.Values floats = Evaluator::negate;
        var values = floats.and(Mapped.Histograms.each((h, i) -> Histograms.multiply(h, -1)));
        map(unary.expr(), steps, sink, values, false);
    }

    private static void negate(double[] from, double[] into) {
        for (int i = 0; i < from.length; i++) {
            into[i] = Column.isAbsent(from[i]) ? from[i] : -from[i];
        }
    }

    /// Streams the argument through a map that ends its being the metric it was.
    void map(Expr argument, Steps steps, Sink sink, Mapped.Values values, boolean mayVanish) {
        if (run.question.delayedNames()) {
            stream(argument, steps, new Mapped(sink, values, Mapped.Name.MARK, mayVanish));
        } else if (Names.areOne(argument)) {
            stream(argument, steps, new Mapped(sink, values, Mapped.Name.DROP, mayVanish));
        } else {
            var merged = new Merged(run.budget, false);
            stream(argument, steps, new Mapped(merged, values, Mapped.Name.DROP, mayVanish));
            give(merged.columns(), sink);
        }
    }

    void give(List<Column> columns, Sink sink) {
        for (var column : columns) {
            sink.take(column);
            run.budget.release(column);
        }
    }

    private void binary(Expr.Binary binary, Steps steps, Sink sink) {
        boolean leftScalar = binary.left().type() == ValueType.SCALAR;
        boolean rightScalar = binary.right().type() == ValueType.SCALAR;
        if (leftScalar || rightScalar) {
            withScalar(binary, leftScalar, steps, sink);
            return;
        }
        var before = run.budget.mark();
        var left = columns(binary.left(), steps);
        var right = columns(binary.right(), steps);
        var result = matches.of(binary, left, right, steps);
        run.budget.shrink(before, result);
        give(result, sink);
    }

    private void withScalar(Expr.Binary binary, boolean scalarLeft, Steps steps, Sink sink) {
        var scalar = scalar(scalarLeft ? binary.left() : binary.right(), steps);
        var vector = scalarLeft ? binary.right() : binary.left();
        var op = binary.op();
        boolean bool = binary.returnBool();
        var operation = new HistogramOperation(run, binary);
        if (Operation.trims(op)) {
            var trimmed = trimmed(operation).and(withScalar(operation, scalar, scalarLeft));
            stream(vector, steps, new Mapped(sink, trimmed, Mapped.Name.KEEP, true));
            return;
        }
        Mapped.Values floats =
                (from, into) -> {
                    for (int i = 0; i < from.length; i++) {
                        double v = from[i];
                        into[i] =
                                Column.isAbsent(v)
                                        ? v
                                        : scalarLeft
                                                ? Operation.ofElements(op, scalar[i], v, bool, v)
                                                : Operation.ofElements(op, v, scalar[i], bool, v);
                    }
                };
        var values = floats.and(withScalar(operation, scalar, scalarLeft));
        boolean mayVanish = op.isComparison() && !bool;
        if (Operation.changesMeaning(op) || bool) {
            map(vector, steps, sink, values, mayVanish);
        } else {
            stream(vector, steps, new Mapped(sink, values, Mapped.Name.KEEP, mayVanish));
        }
    }

    /// Floats cannot be trimmed.
    private static Mapped.Values trimmed(HistogramOperation operation) {
        return (from, into) -> {
            if (Column.hasAny(from)) {
                operation.ofFloats().tell();
            }
            Arrays.fill(into, RangeFunction.ABSENT);
        };
    }

    private static Mapped.Histograms withScalar(
            HistogramOperation operation, double[] scalar, boolean scalarLeft) {
        return Mapped.Histograms.each((histogram, i) -> {
            var outcome =
                    scalarLeft
                            ? operation.of(scalar[i], histogram)
                            : operation.of(histogram, scalar[i]);
            outcome.tell();
            return outcome.histogram().orElse(null);
        });
    }

    /// The value of a scalar at every step.
    double[] scalar(Expr expr, Steps steps) {
        run.check();
        return switch (expr) {
            case Expr.NumberLiteral number -> {
                var values = new double[steps.count()];
                Arrays.fill(values, number.value());
                yield values;
            }
            case Expr.Parens parens -> scalar(parens.expr(), steps);
            case Expr.Unary unary -> {
                var values = scalar(unary.expr(), steps);
                if (unary.negative()) {
                    negate(values, values);
                }
                yield values;
            }
            case Expr.Binary binary -> {
                var left = scalar(binary.left(), steps);
                var right = scalar(binary.right(), steps);
                for (int i = 0; i < left.length; i++) {
                    left[i] = Operation.ofScalars(binary.op(), left[i], right[i]);
                }
                yield left;
            }
            case Expr.Call call -> functions.scalar(call, steps);
            case Expr.Selector selector -> throw noScalar(selector);
            case Expr.TextLiteral text -> throw noScalar(text);
            case Expr.Range range -> throw noScalar(range);
            case Expr.Subquery subquery -> throw noScalar(subquery);
            case Expr.Aggregation aggregation -> throw noScalar(aggregation);
        };
    }

    private static IllegalStateException noScalar(Expr expr) {
        return new IllegalStateException("bug: not a scalar: " + expr);
    }

    /// A subquery's own steps: multiples of its step within its range before each of `steps`.
    Steps inner(Expr.Subquery subquery, Steps steps) {
        long step = subquery.step().millis();
        if (step == 0) {
            step = run.question.defaultStep();
        }
        var ends = SeriesSource.shifted(steps, subquery.shift());
        long after = ends.start() - subquery.range().millis();
        long start = step * (after / step);
        if (start <= after) {
            start += step;
        }
        return run.steps(start, ends.last(), step);
    }

    /// Columns of a subquery's inside, at [#inner] steps.
    List<Column> innerColumns(Expr.Subquery subquery, Steps inner) {
        if (subquery.expr().type() == ValueType.SCALAR) {
            run.budget.hold(inner.count());
            return new ArrayList<>(
                    List.of(new Column(Labels.EMPTY, scalar(subquery.expr(), inner), false)));
        }
        return columns(subquery.expr(), inner);
    }
}
