package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.Smoothing;
import tokenplumb.promql.Expr.ValueType;
import tokenplumb.promql.func.Calendar;
import tokenplumb.promql.func.ExtendedWindow;
import tokenplumb.promql.func.Histograms;
import tokenplumb.promql.func.MathFunction;
import tokenplumb.promql.func.NaturalOrder;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/// Calls of functions: evaluates their arguments and applies what `promql.func` has under their
/// name.
final class Functions {
    private final Run run;
    private final Evaluator evaluator;
    private final SeriesSource source;
    private final ClassicHistograms histograms;
    private final NativeHistograms natives;
    private final LabelFunctions labelFunctions;
    private final InfoFunction info;

    Functions(Run run, Evaluator evaluator, SeriesSource source) {
        this.run = run;
        this.evaluator = evaluator;
        this.source = source;
        this.histograms = new ClassicHistograms(run);
        this.natives = new NativeHistograms(run);
        this.labelFunctions = new LabelFunctions(run, evaluator);
        this.info = new InfoFunction(run, evaluator, source);
    }

    double[] scalar(Expr.Call call, Steps steps) {
        var values = new double[steps.count()];
        switch (call.function().name()) {
            case "pi" -> Arrays.fill(values, Math.PI);
            case "time" -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = steps.time(i) / 1000.0;
                }
            }
            case "scalar" -> {
                Arrays.fill(values, RangeFunction.ABSENT);
                for (var column : evaluator.columns(call.arguments().getFirst(), steps)) {
                    for (int i = 0; i < values.length; i++) {
                        if (!Column.isAbsent(column.values[i])) {
                            values[i] = Column.isAbsent(values[i]) ? column.values[i] : Double.NaN;
                        }
                    }
                }
                for (int i = 0; i < values.length; i++) {
                    if (Column.isAbsent(values[i])) {
                        values[i] = Double.NaN;
                    }
                }
            }
            case "max_of", "min_of" -> {
                boolean larger = call.function().name().equals("max_of");
                var a = evaluator.scalar(call.arguments().get(0), steps);
                var b = evaluator.scalar(call.arguments().get(1), steps);
                for (int i = 0; i < values.length; i++) {
                    values[i] =
                            larger
                                    ? MathFunction.larger(a[i], b[i])
                                    : MathFunction.smaller(a[i], b[i]);
                }
            }
            default -> throw new IllegalStateException("bug: no scalar function: " + call);
        }
        return values;
    }

    void stream(Expr.Call call, Steps steps, Sink sink) {
        var name = call.function().name();
        var arguments = call.arguments();
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).type() == ValueType.RANGE_VECTOR) {
                overRange(call, i, steps, sink);
                return;
            }
        }
        var math = MathFunction.named(name);
        if (math.isPresent()) {
            var f = math.get();
            each(call, steps, sink, false, (value, step) -> f.apply(value));
            return;
        }
        var calendar = Calendar.named(name);
        if (calendar.isPresent()) {
            date(call, calendar.get(), steps, sink);
            return;
        }
        switch (name) {
            case "clamp", "clamp_min", "clamp_max" -> clamp(call, steps, sink);
            case "round" -> round(call, steps, sink);
            case "timestamp" -> timestamp(call, steps, sink);
            case "vector" ->
                    sink.take(Labels.EMPTY, evaluator.scalar(arguments.getFirst(), steps), false);
            case "absent" -> absent(call, steps, sink);
            case "sort", "sort_desc", "sort_by_label", "sort_by_label_desc" ->
                    sort(call, steps, sink);
            case "label_replace" -> labelFunctions.replace(call, steps, sink);
            case "label_join" -> labelFunctions.join(call, steps, sink);
            case "info" -> info.stream(call, steps, sink);
            case "histogram_quantile" -> histogram(call, steps, sink, 1);
            case "histogram_fraction" -> histogram(call, steps, sink, 2);
            case "histogram_quantiles" -> histogram(call, steps, sink, 0);
            case "histogram_count" -> ofHistograms(call, steps, sink, Histogram::count);
            case "histogram_sum" -> ofHistograms(call, steps, sink, Histogram::sum);
            case "histogram_avg" -> ofHistograms(call, steps, sink, Histograms::average);
            case "histogram_stdvar" -> ofHistograms(call, steps, sink, Histograms::variance);
            case "histogram_stddev" ->
                    ofHistograms(call, steps, sink, h -> Math.sqrt(Histograms.variance(h)));
            // Of start timestamps only; our samples do not have any yet.
            case "start_timestamp" -> evaluator.columns(arguments.getFirst(), steps);
            default -> throw new IllegalStateException("bug: no such function: " + name);
        }
    }

    @FunctionalInterface
    private interface StepFunction {
        double apply(double value, int step);
    }

    /// Applies to each value of the first argument, whose name is dropped.
    private void each(
            Expr.Call call, Steps steps, Sink sink, boolean mayVanish, StepFunction function) {
        evaluator.map(call.arguments().getFirst(), steps, sink, floats(function), mayVanish);
    }

    private static Mapped.Values floats(StepFunction function) {
        return (from, into) -> {
            for (int i = 0; i < from.length; i++) {
                into[i] = Column.isAbsent(from[i]) ? from[i] : function.apply(from[i], i);
            }
        };
    }

    /// Applies to each native histogram; floats go away.
    private void ofHistograms(
            Expr.Call call, Steps steps, Sink sink, ToDoubleFunction<Histogram> function) {
        Mapped.Values none = (from, into) -> Arrays.fill(into, RangeFunction.ABSENT);
        evaluator.map(
                call.arguments().getFirst(),
                steps,
                sink,
                none.and(Mapped.Histograms.toValues((h, i) -> function.applyAsDouble(h))),
                true);
    }

    private void clamp(Expr.Call call, Steps steps, Sink sink) {
        var arguments = call.arguments();
        var first = evaluator.scalar(arguments.get(1), steps);
        switch (call.function().name()) {
            case "clamp_min" ->
                    each(call, steps, sink, false, (v, i) -> MathFunction.larger(first[i], v));
            case "clamp_max" ->
                    each(call, steps, sink, false, (v, i) -> MathFunction.smaller(first[i], v));
            default -> {
                var last = evaluator.scalar(arguments.get(2), steps);
                each(
                        call,
                        steps,
                        sink,
                        true,
                        (v, i) ->
                                last[i] < first[i]
                                        ? RangeFunction.ABSENT
                                        : MathFunction.larger(
                                                first[i], MathFunction.smaller(last[i], v)));
            }
        }
    }

    private void round(Expr.Call call, Steps steps, Sink sink) {
        if (call.arguments().size() < 2) {
            each(call, steps, sink, false, (v, i) -> Math.floor(v + 0.5));
            return;
        }
        var nearest = evaluator.scalar(call.arguments().get(1), steps);
        each(
                call,
                steps,
                sink,
                false,
                (v, i) -> {
                    double inverse = 1.0 / nearest[i];
                    return Math.floor(v * inverse + 0.5) / inverse;
                });
    }

    private void date(Expr.Call call, Calendar calendar, Steps steps, Sink sink) {
        if (!call.arguments().isEmpty()) {
            each(call, steps, sink, false, (v, i) -> calendar.of(v));
            return;
        }
        var values = new double[steps.count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = calendar.of(steps.time(i) / 1000.0);
        }
        sink.take(Labels.EMPTY, values, false);
    }

    private void timestamp(Expr.Call call, Steps steps, Sink sink) {
        if (!(call.arguments().getFirst() instanceof Expr.Selector selector)) {
            evaluator.map(
                    call.arguments().getFirst(),
                    steps,
                    sink,
                    floats((v, i) -> steps.time(i) / 1000.0)
                            .and(Mapped.Histograms.toValues((h, i) -> steps.time(i) / 1000.0)),
                    false);
            return;
        }
        var looked = SeriesSource.shifted(steps, selector.shift());
        var series =
                source.select(
                        selector.matchers(),
                        looked.start() - run.question.lookback() + 1,
                        looked.last(),
                        SeriesSource.hints(looked, 0, "timestamp"));
        boolean delayed = run.question.delayedNames();
        var merged = new Merged(run.budget, false);
        var named =
                new Mapped(
                        merged,
                        (from, into) -> System.arraycopy(from, 0, into, 0, from.length),
                        delayed ? Mapped.Name.MARK : Mapped.Name.DROP,
                        false);
        source.forEach(series, named, () -> new Instants(run, looked, true));
        evaluator.give(merged.columns(), sink);
    }

    private void absent(Expr.Call call, Steps steps, Sink sink) {
        var argument = call.arguments().getFirst();
        var present = new boolean[steps.count()];
        for (var column : evaluator.columns(argument, steps)) {
            for (int i = 0; i < present.length; i++) {
                present[i] |= column.has(i);
            }
        }
        giveAbsent(argument, present, sink);
    }

    private static void giveAbsent(Expr argument, boolean[] present, Sink sink) {
        var values = Column.absent(present.length);
        boolean any = false;
        for (int i = 0; i < present.length; i++) {
            if (!present[i]) {
                values[i] = 1;
                any = true;
            }
        }
        if (any) {
            sink.take(labelsOfAbsent(argument), values, false);
        }
    }

    /// What the missing series would be called, as far as its selector says.
    private static Labels labelsOfAbsent(Expr expr) {
        List<Matcher> matchers =
                switch (expr) {
                    case Expr.Selector selector -> selector.matchers();
                    case Expr.Range range -> range.selector().matchers();
                    default -> List.of();
                };
        var labels = Labels.builder();
        var named = new HashSet<String>();
        for (var matcher : matchers) {
            if (matcher.name().equals(Labels.NAME)) {
                continue;
            }
            if (matcher.type() == Matcher.Type.EQUAL && named.add(matcher.name())) {
                labels.set(matcher.name(), matcher.value());
            } else {
                labels.remove(matcher.name());
            }
        }
        return labels.build();
    }

    private void sort(Expr.Call call, Steps steps, Sink sink) {
        if (!steps.isOne()) {
            run.annotations.warn(
                    "sort is ineffective for range queries since results are always ordered by"
                            + " labels",
                    call.span());
            if (call.function().name().startsWith("sort_by_label")) {
                evaluator.stream(call.arguments().getFirst(), steps, sink);
            } else {
                evaluator.stream(call.arguments().getFirst(), steps, floatsOnly(sink));
            }
            return;
        }
        var columns = evaluator.columns(call.arguments().getFirst(), steps);
        if (!call.function().name().startsWith("sort_by_label")) {
            columns.removeIf(Column::hasHistograms);
        }
        columns.sort(order(call));
        evaluator.give(columns, sink);
    }

    private static Sink floatsOnly(Sink sink) {
        return new FloatsOnly(sink, () -> {});
    }

    private static Comparator<Column> order(Expr.Call call) {
        boolean descending = call.function().name().endsWith("_desc");
        if (call.function().name().startsWith("sort_by_label")) {
            Comparator<Column> order =
                    (a, b) -> {
                        for (int i = 1; i < call.arguments().size(); i++) {
                            var label = ((Expr.TextLiteral) call.arguments().get(i)).value();
                            int byLabel =
                                    NaturalOrder.compare(a.labels.get(label), b.labels.get(label));
                            if (byLabel != 0) {
                                return byLabel;
                            }
                        }
                        return a.labels.compareTo(b.labels);
                    };
            return descending ? order.reversed() : order;
        }
        return (a, b) -> {
            double x = a.values[0];
            double y = b.values[0];
            if (Double.isNaN(x) || Double.isNaN(y)) {
                return Boolean.compare(Double.isNaN(x), Double.isNaN(y));
            }
            int byValue = x < y ? -1 : x > y ? 1 : 0;
            return descending ? -byValue : byValue;
        };
    }

    /// `vectorArgument` is where the buckets are; the arguments before it are scalars.
    private void histogram(Expr.Call call, Steps steps, Sink sink, int vectorArgument) {
        var arguments = call.arguments();
        var vector = arguments.get(vectorArgument);
        var before = run.budget.mark();
        var columns = new Gathered(run.budget);
        evaluator.stream(vector, steps, columns);
        var merged = new Merged(run.budget, false);
        var parted = natives.part(columns, vector);
        switch (vectorArgument) {
            case 1 -> {
                var q = evaluator.scalar(arguments.getFirst(), steps);
                natives.quantile(q, parted.natives(), vector, merged);
                histograms.quantile(
                        q, arguments.getFirst(), parted.buckets(), vector, steps, merged);
            }
            case 2 -> {
                var lower = evaluator.scalar(arguments.get(0), steps);
                var upper = evaluator.scalar(arguments.get(1), steps);
                natives.fraction(lower, upper, parted.natives(), vector, merged);
                histograms.fraction(lower, upper, parted.buckets(), vector, steps, merged);
            }
            default -> {
                var label = ((Expr.TextLiteral) arguments.get(1)).value();
                var quantiles = arguments.subList(2, arguments.size());
                var values = quantiles.stream().map(q -> evaluator.scalar(q, steps)).toList();
                natives.quantiles(label, values, parted.natives(), vector, merged);
                histograms.quantiles(
                        label, values, quantiles, parted.buckets(), vector, steps, merged);
            }
        }
        run.budget.shrink(before, merged.columns());
        evaluator.give(merged.columns(), sink);
    }

    private void overRange(Expr.Call call, int position, Steps steps, Sink sink) {
        var name = call.function().name();
        var argument = call.arguments().get(position);
        if (name.equals("absent_over_time")) {
            var present = new boolean[steps.count()];
            var seen = new Present(present);
            overRange(call, position, RangeFunction.named(name).orElseThrow(), steps, seen);
            giveAbsent(argument, present, sink);
            return;
        }
        var smoothing =
                argument instanceof Expr.Range range
                        ? range.selector().smoothing()
                        : Smoothing.NONE;
        overRange(call, position, function(name, smoothing), steps, sink);
    }

    private static RangeFunction function(String name, Smoothing smoothing) {
        var function =
                switch (smoothing) {
                    case NONE -> RangeFunction.named(name);
                    case ANCHORED -> ExtendedWindow.anchored(name);
                    case SMOOTHED -> ExtendedWindow.smoothed(name);
                };
        return function.orElseThrow(() ->
                smoothing == Smoothing.NONE
                        ? new IllegalStateException("bug: no range function: " + name)
                        : Run.mistake(
                                "%s modifier can only be used with: %s - not with %s"
                                        .formatted(
                                                smoothing == Smoothing.ANCHORED
                                                        ? "anchored"
                                                        : "smoothed",
                                                smoothing == Smoothing.ANCHORED
                                                        ? "changes, delta, increase, rate,"
                                                                + " resets"
                                                        : "delta, increase, rate",
                                                name)));
    }

    /// Notes where anything is present, and keeps nothing.
    private record Present(boolean[] present) implements Sink {
        @Override
        public boolean take(
                Labels labels, double[] values, Histogram[] histograms, boolean nameless) {
            synchronized (present) {
                for (int i = 0; i < values.length; i++) {
                    present[i] |= !Column.isAbsent(values[i]);
                }
                for (int i = 0; i < histograms.length; i++) {
                    present[i] |= histograms[i] != null;
                }
            }
            return false;
        }

        @Override
        public Sink fork() {
            return this;
        }

        @Override
        public void join(Sink forked) {}
    }

    private void overRange(
            Expr.Call call, int position, RangeFunction function, Steps steps, Sink sink) {
        var name = call.function().name();
        var argument = call.arguments().get(position);
        var parameters = new ArrayList<double[]>();
        for (int i = 0; i < call.arguments().size(); i++) {
            if (i != position) {
                parameters.add(evaluator.scalar(call.arguments().get(i), steps));
            }
        }
        var where = call.arguments().getFirst().span();
        boolean keepsName = name.equals("last_over_time") || name.equals("first_over_time");
        boolean mustMerge = !keepsName && !run.question.delayedNames() && !Names.areOne(argument);
        var merged = new Merged(run.budget, true);
        var target = mustMerge ? merged : sink;
        var seen = new boolean[steps.count()];
        var parameterArray = parameters.toArray(double[][]::new);
        Consumer<Labels> observer =
                name.equals("rate") || name.equals("increase")
                        ? new CounterNames(argument)
                        : labels -> {};
        switch (argument) {
            case Expr.Range range -> {
                var shift = range.selector().shift();
                var ends = SeriesSource.shifted(steps, shift);
                var smoothing = range.selector().smoothing();
                long lookback = run.question.lookback();
                long before = smoothing == Smoothing.NONE ? 0 : lookback;
                long after = smoothing == Smoothing.SMOOTHED ? lookback : 0;
                var application =
                        new Windows.Application(
                                name,
                                checked(name, function),
                                steps,
                                ends,
                                range.range().millis(),
                                before,
                                after,
                                parameterArray,
                                seen,
                                !keepsName,
                                run.question.delayedNames(),
                                observer,
                                smoothing,
                                where);
                overRange(range.selector(), application, target);
            }
            case Expr.Subquery subquery -> {
                var application =
                        new Windows.Application(
                                name,
                                checked(name, function),
                                steps,
                                SeriesSource.shifted(steps, subquery.shift()),
                                subquery.range().millis(),
                                0,
                                0,
                                parameterArray,
                                seen,
                                !keepsName,
                                run.question.delayedNames(),
                                observer,
                                Smoothing.NONE,
                                where);
                overSubquery(subquery, application, steps, target);
            }
            default -> throw new IllegalStateException("bug: no range vector: " + argument);
        }
        warnOfParameters(call, parameterArray, seen);
        if (mustMerge) {
            evaluator.give(merged.columns(), sink);
        }
    }

    private void overRange(Expr.Selector selector, Windows.Application a, Sink sink) {
        long from = a.ends().start() - a.range() - a.before() + 1;
        long to = a.ends().last() + a.after();
        boolean isSmoothed = selector.smoothing() != Smoothing.NONE;
        var hints = SeriesSource.hints(a.ends(), a.range(), isSmoothed ? "smoothed" : a.name());
        if (sink.takesFolded() && !isSmoothed && FoldedWindows.canRead(a)) {
            var selected = source.selectFolded(selector.matchers(), from, to, hints);
            source.forEach(selected.series(), sink, () -> new Windows(run, a));
            source.forEachFolded(selected.folded(), sink, () -> new FoldedWindows(run, a));
            return;
        }
        var series = source.select(selector.matchers(), from, to, hints);
        source.forEach(series, sink, () -> new Windows(run, a));
    }

    private void overSubquery(
            Expr.Subquery subquery, Windows.Application application, Steps steps, Sink sink) {
        var inner = evaluator.inner(subquery, steps);
        var columns = evaluator.innerColumns(subquery, inner);
        var windows = new Windows(run, application);
        var samples = new Samples();
        for (var column : columns) {
            run.check();
            samples.clear();
            for (int i = 0; i < inner.count(); i++) {
                column.addTo(samples, i, inner.time(i));
            }
            windows.slide(column.labels, samples, column.nameless, sink);
        }
        run.budget.release(columns);
    }

    /// The function, with its parameters checked as it is applied.
    private static RangeFunction checked(String name, RangeFunction function) {
        if (!name.equals("double_exponential_smoothing")) {
            return function;
        }
        return w -> {
            if (!(w.first > 0 && w.first < 1)) {
                throw Run.mistake(
                        "invalid smoothing factor. Expected: 0 < sf < 1, got: %f"
                                .formatted(w.first));
            }
            if (!(w.second > 0 && w.second < 1)) {
                throw Run.mistake(
                        "invalid trend factor. Expected: 0 < tf < 1, got: %f".formatted(w.second));
            }
            return function.at(w);
        };
    }

    private void warnOfParameters(Expr.Call call, double[][] parameters, boolean[] seen) {
        if (!call.function().name().equals("quantile_over_time")) {
            return;
        }
        double last = 0.5;
        for (int i = 0; i < seen.length; i++) {
            double q = parameters[0][i];
            if (seen[i] && !(q >= 0 && q <= 1) && Double.compare(q, last) != 0) {
                run.annotations.quantile(q, call.arguments().getFirst().span());
                last = q;
            }
        }
    }

    /// Tells of names that do not look like a counter's.
    private final class CounterNames implements Consumer<Labels> {
        private final Expr argument;
        private volatile String known = "";

        CounterNames(Expr argument) {
            this.argument = argument;
        }

        @Override
        public void accept(Labels labels) {
            var name = labels.metricName();
            if (name.isEmpty() || name.equals(known)) {
                return;
            }
            if (!name.endsWith("_total")
                    && !name.endsWith("_sum")
                    && !name.endsWith("_count")
                    && !name.endsWith("_bucket")) {
                run.annotations.notACounter(name, argument.span());
            }
            known = name;
        }
    }
}
