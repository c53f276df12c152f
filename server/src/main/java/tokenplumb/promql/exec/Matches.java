package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.Cardinality;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Operators between two vectors: finds out once which columns belong together, then works along
/// them.
///
/// Prometheus decides step by step, so what is wrong at one step may be fine at another: two
/// columns of the "one" side with equal matching labels are a mistake only where both have a value
/// and the other side has any. The same is decided here, only later and per pair of columns.
final class Matches {
    private final Run run;

    Matches(Run run) {
        this.run = run;
    }

    List<Column> of(Expr.Binary binary, List<Column> left, List<Column> right, Steps steps) {
        run.check();
        return switch (binary.op()) {
            case AND -> masked(left, right, signatures(binary), true, steps);
            case UNLESS -> masked(left, right, signatures(binary), false, steps);
            case OR -> either(left, right, signatures(binary), steps);
            default -> new Pairing(binary, left, right, steps).result();
        };
    }

    private static Grouping signatures(Expr.Binary binary) {
        var matching = binary.matching();
        return matching.on() ? Grouping.by(matching.labels()) : Grouping.without(matching.labels());
    }

    /// Where a column with the same signature is present, by signature; null where there is none.
    private static List<boolean[]> presence(
            List<Column> columns, Grouping signatures, Steps steps) {
        var presence = new ArrayList<boolean[]>();
        for (var column : columns) {
            int signature = signatures.of(column.labels);
            if (signature == presence.size()) {
                presence.add(new boolean[steps.count()]);
            }
            var present = presence.get(signature);
            for (int i = 0; i < present.length; i++) {
                present[i] |= column.has(i);
            }
        }
        return presence;
    }

    /// The columns where a partner is present (`and`) or is not (`unless`).
    private static List<Column> masked(
            List<Column> columns,
            List<Column> partners,
            Grouping signatures,
            boolean wanted,
            Steps steps) {
        var presence = presence(partners, signatures, steps);
        int known = signatures.size();
        var result = new ArrayList<Column>();
        for (var column : columns) {
            int signature = signatures.of(column.labels);
            if (signature >= known) {
                if (!wanted) {
                    result.add(column);
                }
                continue;
            }
            column.only(presence.get(signature), wanted).ifPresent(result::add);
        }
        return result;
    }

    private List<Column> either(
            List<Column> left, List<Column> right, Grouping signatures, Steps steps) {
        var merged = new Merged(run.budget, false);
        for (var column : left) {
            merged.take(column);
        }
        for (var column : masked(right, left, signatures, false, steps)) {
            merged.take(column);
        }
        return merged.columns();
    }

    /// Arithmetic and comparisons between one-to-one, many-to-one or one-to-many partners.
    private final class Pairing {
        private static final class Pair {
            final Column many;
            final Column one;
            final int signature;
            private final BitSet failed =
                    new BitSet(0); // steps at which they did not match after all

            Pair(Column many, Column one, int signature) {
                this.many = many;
                this.one = one;
                this.signature = signature;
            }

            boolean hasHistograms() {
                return many.hasHistograms() || one.hasHistograms();
            }

            boolean matched(int step) {
                return many.has(step) && one.has(step) && !failed.get(step);
            }
        }

        /// One result series, and the pairs it has come from.
        private static final class Out {
            final double[] values;
            Histogram[] histograms = Column.NO_HISTOGRAMS;
            final List<Pair> pairs = new ArrayList<>(1);

            Out(double[] values) {
                this.values = values;
            }

            boolean has(int step) {
                return !Column.isAbsent(values[step])
                        || histograms.length > 0 && histograms[step] != null;
            }

            void put(int step, Histogram histogram) {
                if (histograms.length == 0) {
                    histograms = new Histogram[values.length];
                }
                histograms[step] = histogram;
            }
        }

        private final Expr.Binary binary;
        private final Expr.Matching matching;
        private final Steps steps;
        private final boolean oneToOne;
        private final boolean swapped;
        private final List<Column> many;
        private final List<Column> one;
        private final Grouping signatures;
        private final int[] manySignature;
        private final int[] oneSignature;
        private final List<List<Column>> manyOf = new ArrayList<>();
        private final List<List<Column>> oneOf = new ArrayList<>();
        private final Map<Labels, Out> outs = new LinkedHashMap<>();
        private final Map<Integer, boolean[]> taken = new LinkedHashMap<>();
        private final HistogramOperation operation;
        private Runnable[] told = {}; // by step: of several things only the last is said

        Pairing(Expr.Binary binary, List<Column> left, List<Column> right, Steps steps) {
            this.binary = binary;
            this.matching = binary.matching();
            this.steps = steps;
            this.operation = new HistogramOperation(run, binary);
            this.oneToOne = matching.cardinality() == Cardinality.ONE_TO_ONE;
            this.swapped = matching.cardinality() == Cardinality.ONE_TO_MANY;
            this.many = swapped ? right : left;
            this.one = swapped ? left : right;
            this.signatures = signatures(binary);
            this.manySignature = sort(many, manyOf);
            this.oneSignature = sort(one, oneOf);
        }

        private int[] sort(List<Column> columns, List<List<Column>> bySignature) {
            var result = new int[columns.size()];
            for (int i = 0; i < result.length; i++) {
                result[i] = signatures.of(columns.get(i).labels);
                while (bySignature.size() <= result[i]) {
                    bySignature.add(new ArrayList<>(1));
                }
                bySignature.get(result[i]).add(columns.get(i));
            }
            return result;
        }

        private static List<Column> at(List<List<Column>> lists, int signature) {
            return signature < lists.size() ? lists.get(signature) : Collections.emptyList();
        }

        List<Column> result() {
            refuseManyToMany();
            for (int i = 0; i < many.size(); i++) {
                run.check();
                int signature = manySignature[i];
                var partners = at(oneOf, signature);
                for (var partner : partners) {
                    pair(many.get(i), partner, signature);
                }
                if (matching.fillRight().isPresent()) {
                    var filled = filled(partners, many.get(i), matching.fillRight().get());
                    pair(many.get(i), filled, signature);
                }
            }
            if (matching.fillLeft().isPresent()) {
                for (int i = 0; i < one.size(); i++) {
                    var partners = at(manyOf, oneSignature[i]);
                    var filled = filled(partners, one.get(i), matching.fillLeft().get());
                    pair(filled, one.get(i), oneSignature[i]);
                }
            }
            for (var each : told) {
                if (each != null) {
                    each.run();
                }
            }
            var result = new ArrayList<Column>();
            outs.forEach((labels, out) -> {
                if (Column.hasAny(out.values, out.histograms)) {
                    result.add(new Column(labels, out.values, out.histograms, binary.returnBool()));
                }
            });
            return result;
        }

        /// A partner with the fill value wherever `column` has none of its own.
        private Column filled(List<Column> partners, Column column, double fill) {
            var values = Column.absent(steps.count());
            for (int i = 0; i < values.length; i++) {
                if (column.has(i)) {
                    values[i] = fill;
                }
            }
            for (var partner : partners) {
                for (int i = 0; i < values.length; i++) {
                    if (partner.has(i)) {
                        values[i] = RangeFunction.ABSENT;
                    }
                }
            }
            return new Column(matchedLabels(column.labels), values, false);
        }

        private Labels matchedLabels(Labels labels) {
            return matching.on()
                    ? labels.only(matching.labels())
                    : labels.withoutAll(matching.labels()).without(Labels.NAME);
        }

        private void pair(Column manySide, Column oneSide, int signature) {
            var pair = new Pair(manySide, oneSide, signature);
            var labels = resultLabels(manySide.labels, oneSide.labels);
            var known = outs.get(labels);
            var out = known == null ? new Out(Column.absent(steps.count())) : known;
            boolean any =
                    pair.hasHistograms() || Operation.trims(binary.op())
                            ? fillMixed(pair, out)
                            : fillFloats(pair, out);
            if (!any) {
                return;
            }
            if (known == null) {
                run.budget.hold(steps.count());
                outs.put(labels, out);
            }
            out.pairs.add(pair);
        }

        /// Answers whether the two match at any step.
        private boolean fillFloats(Pair pair, Out out) {
            var left = swapped ? pair.one.values : pair.many.values;
            var right = swapped ? pair.many.values : pair.one.values;
            boolean any = false;
            for (int i = 0; i < left.length; i++) {
                if (Column.isAbsent(left[i]) || Column.isAbsent(right[i])) {
                    continue;
                }
                any = true;
                refuseSecondMatch(pair, out, i);
                put(out, i, value(left[i], right[i]));
            }
            return any;
        }

        private double value(double left, double right) {
            return Operation.ofElements(binary.op(), left, right, binary.returnBool(), left);
        }

        private static void put(Out out, int step, double value) {
            if (Column.isAbsent(value)) {
                return;
            }
            if (out.has(step)) {
                throw Run.duplicate();
            }
            out.values[step] = value;
        }

        private boolean fillMixed(Pair pair, Out out) {
            var left = swapped ? pair.one : pair.many;
            var right = swapped ? pair.many : pair.one;
            boolean any = false;
            for (int i = 0; i < steps.count(); i++) {
                if (!pair.matched(i)) {
                    continue;
                }
                any = true;
                if (!left.hasHistogram(i)
                        && !right.hasHistogram(i)
                        && !Operation.trims(binary.op())) {
                    refuseSecondMatch(pair, out, i);
                    put(out, i, value(left.values[i], right.values[i]));
                    continue;
                }
                var outcome = outcome(left, right, i);
                tell(outcome, i);
                if (outcome.failed()) {
                    pair.failed.set(i);
                    continue;
                }
                refuseSecondMatch(pair, out, i);
                put(out, i, outcome);
            }
            return any;
        }

        private HistogramOperation.Outcome outcome(Column left, Column right, int step) {
            if (!left.hasHistogram(step)) {
                return right.hasHistogram(step)
                        ? operation.of(left.values[step], right.histograms[step])
                        : operation.ofFloats();
            }
            return right.hasHistogram(step)
                    ? operation.of(left.histograms[step], right.histograms[step])
                    : operation.of(left.histograms[step], right.values[step]);
        }

        private void tell(HistogramOperation.Outcome outcome, int step) {
            if (outcome.told().isEmpty()) {
                return;
            }
            if (told.length == 0) {
                told = new Runnable[steps.count()];
            }
            told[step] = outcome.told().get();
        }

        private void put(Out out, int step, HistogramOperation.Outcome outcome) {
            if (outcome.histogram().isPresent()) {
                if (out.has(step)) {
                    throw Run.duplicate();
                }
                run.budget.hold(Column.weight(outcome.histogram().get()));
                out.put(step, outcome.histogram().get());
            } else if (binary.returnBool()) {
                put(out, step, outcome.value());
            }
        }

        private void refuseSecondMatch(Pair pair, Out out, int step) {
            if (oneToOne) {
                if (at(manyOf, pair.signature).size() < 2) {
                    return;
                }
                var steps =
                        taken.computeIfAbsent(
                                pair.signature, key -> new boolean[this.steps.count()]);
                if (steps[step]) {
                    throw Run.mistake(
                            "multiple matches for labels: many-to-one matching must be explicit"
                                    + " (group_left/group_right)");
                }
                steps[step] = true;
                return;
            }
            for (var other : out.pairs) {
                if (other.signature == pair.signature && other.matched(step)) {
                    throw Run.mistake(
                            "multiple matches for labels: grouping labels must ensure unique"
                                    + " matches");
                }
            }
        }

        private Labels resultLabels(Labels manySide, Labels oneSide) {
            boolean drops =
                    Operation.changesMeaning(binary.op())
                            || binary.returnBool() && !run.question.delayedNames();
            var labels = drops ? Names.drop(manySide) : manySide;
            if (oneToOne) {
                labels =
                        matching.on()
                                ? labels.only(matching.labels())
                                : labels.withoutAll(matching.labels());
            }
            if (matching.include().isEmpty()) {
                return labels;
            }
            var builder = labels.toBuilder();
            for (var name : matching.include()) {
                builder.set(name, oneSide.get(name));
            }
            return builder.build();
        }

        private void refuseManyToMany() {
            int earliest = Integer.MAX_VALUE;
            boolean[] anyMany = null;
            for (var partners : oneOf) {
                if (partners.size() < 2) {
                    continue;
                }
                if (anyMany == null) {
                    anyMany = anyOf(many);
                }
                earliest = Math.min(earliest, firstClash(partners, anyMany));
            }
            if (earliest < steps.count()) {
                throw clash(earliest);
            }
        }

        private boolean[] anyOf(List<Column> columns) {
            var any = new boolean[steps.count()];
            for (var column : columns) {
                for (int i = 0; i < any.length; i++) {
                    any[i] |= column.has(i);
                }
            }
            return any;
        }

        private int firstClash(List<Column> partners, boolean[] anyMany) {
            boolean fills = matching.fillLeft().isPresent() || matching.fillRight().isPresent();
            for (int i = 0; i < steps.count(); i++) {
                int present = 0;
                for (var partner : partners) {
                    present += partner.has(i) ? 1 : 0;
                }
                if (present > 1 && (anyMany[i] || fills)) {
                    return i;
                }
            }
            return Integer.MAX_VALUE;
        }

        private RuntimeException clash(int step) {
            var seen = new LinkedHashMap<Integer, Column>();
            for (int i = 0; i < one.size(); i++) {
                var column = one.get(i);
                var before = column.has(step) ? seen.put(oneSignature[i], column) : null;
                if (before != null) {
                    var a = shown(column.labels);
                    var b = shown(before.labels);
                    return Run.mistake(
                            ("found duplicate series for the match group %s on the %s hand-side of"
                                 + " the operation: [%s, %s];many-to-many matching not allowed:"
                                 + " matching labels must be unique on one side")
                                    .formatted(
                                            shown(matchedLabels(column.labels)),
                                            swapped ? "left" : "right",
                                            a.compareTo(b) < 0 ? a : b,
                                            a.compareTo(b) < 0 ? b : a));
                }
            }
            throw new IllegalStateException("bug: a clash at step " + step + " that is none");
        }

        /// As Go's `labels.Labels.String`: the name as a label among the others.
        private static String shown(Labels labels) {
            var pairs = new ArrayList<String>();
            for (int i = 0; i < labels.size(); i++) {
                pairs.add(labels.name(i) + "=" + Labels.quote(labels.value(i)));
            }
            return "{" + String.join(", ", pairs) + "}";
        }
    }
}
