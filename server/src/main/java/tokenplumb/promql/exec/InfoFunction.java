package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// `info`: adds to each series the labels of the info series (`target_info` unless the query says
/// otherwise) with the same `job` and `instance`.
final class InfoFunction {
    private static final List<String> IDENTIFYING = List.of("instance", "job");
    private static final int NONE = -1;

    private final Run run;
    private final Evaluator evaluator;
    private final SeriesSource source;

    InfoFunction(Run run, Evaluator evaluator, SeriesSource source) {
        this.run = run;
        this.evaluator = evaluator;
        this.source = source;
    }

    /// What the second argument asks for: info metrics by name, and which of their labels.
    private record Wanted(List<Matcher> names, Map<String, List<Matcher>> data) {
        boolean takes(String label) {
            return data.isEmpty() || data.containsKey(label);
        }

        boolean acceptsNone() {
            return data.values().stream().flatMap(List::stream).allMatch(Matcher::matchesEmpty);
        }

        static Wanted of(Expr.Call call) {
            var names = new ArrayList<Matcher>();
            var data = new TreeMap<String, List<Matcher>>();
            if (call.arguments().size() > 1) {
                for (var matcher : ((Expr.Selector) call.arguments().get(1)).matchers()) {
                    if (matcher.name().equals(Labels.NAME)) {
                        names.add(matcher);
                    } else {
                        data.computeIfAbsent(matcher.name(), name -> new ArrayList<>())
                                .add(matcher);
                    }
                }
            }
            if (names.isEmpty()) {
                names.add(Matcher.equal(Labels.NAME, "target_info"));
            } else if (names.stream()
                    .noneMatch(m ->
                            m.type() == Matcher.Type.EQUAL || m.type() == Matcher.Type.REGEX)) {
                names.addFirst(Matcher.of(Matcher.Type.REGEX, Labels.NAME, ".+_info"));
            }
            return new Wanted(names, data);
        }
    }

    void stream(Expr.Call call, Steps steps, Sink sink) {
        var wanted = Wanted.of(call);
        var before = run.budget.mark();
        var base = evaluator.columns(call.arguments().getFirst(), steps);
        var ignored = new HashSet<Column>();
        for (var column : base) {
            var name = column.labels.metricName();
            if (wanted.names.stream().allMatch(m -> m.matches(name))) {
                ignored.add(column);
            }
        }
        var infos = infoColumns(call.arguments().getFirst(), base, ignored, wanted, steps);
        var result = new Enriching(base, infos, ignored, wanted, steps).result();
        run.budget.shrink(before, result);
        evaluator.give(result, sink);
    }

    /// The info series of the base series, with the times of their samples as values.
    private List<Column> infoColumns(
            Expr argument, List<Column> base, Set<Column> ignored, Wanted wanted, Steps steps) {
        var matchers = new ArrayList<Matcher>();
        for (var label : IDENTIFYING) {
            var values = new TreeSet<String>();
            for (var column : base) {
                if (!ignored.contains(column) && column.labels.has(label)) {
                    values.add(quoted(column.labels.get(label)));
                }
            }
            if (!values.isEmpty()) {
                matchers.add(Matcher.of(Matcher.Type.REGEX, label, String.join("|", values)));
            }
        }
        if (matchers.isEmpty()) {
            return List.of();
        }
        wanted.data.values().forEach(matchers::addAll);
        matchers.addAll(wanted.names);
        var looked = SeriesSource.shifted(steps, shiftOf(argument));
        var collected = new Collected(run.budget);
        var series =
                source.select(
                        matchers,
                        looked.start() - run.question.lookback() + 1,
                        looked.last(),
                        SeriesSource.hints(looked, 0, ""));
        source.forEach(series, collected, () -> new Instants(run, looked, true));
        return collected.columns();
    }

    private static String quoted(String literal) {
        var text = new StringBuilder();
        for (int i = 0; i < literal.length(); i++) {
            char c = literal.charAt(i);
            if ("\\.+*?()|[]{}^$".indexOf(c) >= 0) {
                text.append('\\');
            }
            text.append(c);
        }
        return text.toString();
    }

    /// The time shift of the first selector in the expression: info series are looked up where it
    /// looks.
    private static Expr.Shift shiftOf(Expr expr) {
        return firstShift(expr, 0, Optional.empty()).orElse(Expr.Shift.NONE);
    }

    /// `offset` and `at` are what the subqueries around have summed up to.
    private static Optional<Expr.Shift> firstShift(Expr expr, long offset, Optional<Long> at) {
        return switch (expr) {
            case Expr.Selector selector ->
                    Optional.of(
                            selector.shift().at().isPresent()
                                    ? selector.shift()
                                    : new Expr.Shift(
                                            Expr.Duration.of(
                                                    selector.shift().offset().millis() + offset),
                                            at,
                                            Optional.empty()));
            case Expr.Range range -> firstShift(range.selector(), offset, at);
            case Expr.Subquery subquery -> {
                var shift = subquery.shift();
                yield shift.at().isPresent()
                        ? firstShift(subquery.expr(), shift.offset().millis(), shift.at())
                        : firstShift(subquery.expr(), offset + shift.offset().millis(), at);
            }
            case Expr.Call call -> first(call.arguments(), offset, at);
            case Expr.Aggregation a -> firstShift(a.expr(), offset, at);
            case Expr.Binary b -> first(List.of(b.left(), b.right()), offset, at);
            case Expr.Unary unary -> firstShift(unary.expr(), offset, at);
            case Expr.Parens parens -> firstShift(parens.expr(), offset, at);
            case Expr.NumberLiteral number -> Optional.empty();
            case Expr.TextLiteral text -> Optional.empty();
        };
    }

    private static Optional<Expr.Shift> first(List<Expr> exprs, long offset, Optional<Long> at) {
        return exprs.stream()
                .map(e -> firstShift(e, offset, at))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /// A column in the making.
    private static final class Out {
        private final double[] values;
        private Histogram[] histograms = Column.NO_HISTOGRAMS;
        private final boolean nameless;

        Out(int steps, boolean nameless) {
            this.values = Column.absent(steps);
            this.nameless = nameless;
        }

        void put(Column from, int step) {
            if (!Column.isAbsent(values[step])
                    || histograms.length > 0 && histograms[step] != null) {
                throw Run.duplicate();
            }
            values[step] = from.values[step];
            if (from.hasHistogram(step)) {
                if (histograms.length == 0) {
                    histograms = new Histogram[values.length];
                }
                histograms[step] = from.histograms[step];
            }
        }

        Column column(Labels labels) {
            return new Column(labels, values, histograms, nameless);
        }
    }

    /// The join of base and info columns.
    private static final class Enriching {
        private final List<Column> base;
        private final List<Column> infos;
        private final Set<Column> ignored;
        private final Wanted wanted;
        private final Steps steps;
        private final Map<String, Map<Labels, int[]>> newest = new TreeMap<>();
        private final Map<Labels, Out> outs = new LinkedHashMap<>();

        Enriching(
                List<Column> base,
                List<Column> infos,
                Set<Column> ignored,
                Wanted wanted,
                Steps steps) {
            this.base = base;
            this.infos = infos;
            this.ignored = ignored;
            this.wanted = wanted;
            this.steps = steps;
        }

        List<Column> result() {
            for (int i = 0; i < infos.size(); i++) {
                findNewest(i);
            }
            for (var column : base) {
                if (ignored.contains(column)) {
                    for (int step = 0; step < steps.count(); step++) {
                        put(column, column.labels, step);
                    }
                } else {
                    enrich(column);
                }
            }
            var result = new ArrayList<Column>();
            outs.forEach((labels, out) -> result.add(out.column(labels)));
            return result;
        }

        private static Labels identity(Labels labels) {
            return labels.only(IDENTIFYING);
        }

        /// Notes an info column wherever it is the newest of its name and identity.
        private void findNewest(int index) {
            var info = infos.get(index);
            var winners =
                    newest.computeIfAbsent(info.labels.metricName(), n -> new HashMap<>())
                            .computeIfAbsent(identity(info.labels), key -> none());
            for (int step = 0; step < winners.length; step++) {
                if (!info.has(step)) {
                    continue;
                }
                if (winners[step] != NONE) {
                    var other = infos.get(winners[step]);
                    double its = other.values[step];
                    double mine = info.values[step];
                    if (its == mine) {
                        throw Run.mistake(
                                "found duplicate series for info metric: existing %s @ %d, new %s @ %d"
                                        .formatted(
                                                other.labels,
                                                Math.round(its * 1000),
                                                info.labels,
                                                Math.round(mine * 1000)));
                    }
                    if (its > mine) {
                        continue;
                    }
                }
                winners[step] = index;
            }
        }

        private int[] none() {
            var none = new int[steps.count()];
            Arrays.fill(none, NONE);
            return none;
        }

        private void enrich(Column column) {
            var identity = identity(column.labels);
            var winners = new ArrayList<int[]>();
            for (var byIdentity : newest.values()) {
                var found = byIdentity.get(identity);
                if (found != null) {
                    winners.add(found);
                }
            }
            var known = new HashMap<List<Integer>, Optional<Labels>>();
            for (int step = 0; step < steps.count(); step++) {
                if (!column.has(step)) {
                    continue;
                }
                var now = new ArrayList<Integer>();
                for (var each : winners) {
                    if (each[step] != NONE) {
                        now.add(each[step]);
                    }
                }
                var labels = known.computeIfAbsent(now, key -> enriched(column.labels, key));
                if (labels.isPresent()) {
                    put(column, labels.get(), step);
                }
            }
        }

        private Optional<Labels> enriched(Labels labels, List<Integer> winners) {
            if (winners.isEmpty() && !wanted.acceptsNone()) {
                return Optional.empty();
            }
            var added = new HashMap<String, String>();
            for (int winner : winners) {
                var info = infos.get(winner).labels;
                for (int i = 0; i < info.size(); i++) {
                    add(labels, info.name(i), info.value(i), added);
                }
            }
            var builder = labels.toBuilder();
            added.forEach(builder::set);
            return Optional.of(builder.build());
        }

        private void add(Labels labels, String name, String value, Map<String, String> added) {
            if (name.equals(Labels.NAME) || !wanted.takes(name)) {
                return;
            }
            var before = added.get(name);
            if (before != null && !before.equals(value)) {
                throw Run.mistake("conflicting label: " + name);
            }
            if (!labels.has(name)) {
                added.put(name, value);
            }
        }

        private void put(Column column, Labels labels, int step) {
            if (!column.has(step)) {
                return;
            }
            outs.computeIfAbsent(labels, key -> new Out(steps.count(), column.nameless))
                    .put(column, step);
        }
    }
}
