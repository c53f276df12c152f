package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.Cardinality;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
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
            var values = column.values.clone();
            var present = presence.get(signature);
            for (int i = 0; i < values.length; i++) {
                if (present[i] != wanted) {
                    values[i] = RangeFunction.ABSENT;
                }
            }
            if (Column.hasAny(values)) {
                result.add(new Column(column.labels, values, column.nameless));
            }
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
        private record Pair(double[] many, double[] one, int signature) {
            boolean matched(int step) {
                return !Column.isAbsent(many[step]) && !Column.isAbsent(one[step]);
            }
        }

        /// One result series, and the pairs it has come from.
        private record Out(double[] values, List<Pair> pairs) {}

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
        private boolean trimmed;

        Pairing(Expr.Binary binary, List<Column> left, List<Column> right, Steps steps) {
            this.binary = binary;
            this.matching = binary.matching();
            this.steps = steps;
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
            if (trimmed) {
                run.annotations.incompatible(binary.op(), binary.span());
            }
            var result = new ArrayList<Column>();
            outs.forEach((labels, out) -> {
                if (Column.hasAny(out.values)) {
                    result.add(new Column(labels, out.values, binary.returnBool()));
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
            var pair = new Pair(manySide.values, oneSide.values, signature);
            var labels = resultLabels(manySide.labels, oneSide.labels);
            var out = outs.get(labels);
            boolean first = out == null;
            var values = first ? Column.absent(steps.count()) : out.values;
            boolean any = false;
            for (int i = 0; i < values.length; i++) {
                if (!pair.matched(i)) {
                    continue;
                }
                any = true;
                refuseSecondMatch(pair, out, i);
                double value = value(pair, i);
                if (Column.isAbsent(value)) {
                    continue;
                }
                if (!Column.isAbsent(values[i])) {
                    throw Run.duplicate();
                }
                values[i] = value;
            }
            if (!any) {
                return;
            }
            if (first) {
                run.budget.hold(values.length);
                out = new Out(values, new ArrayList<>(1));
                outs.put(labels, out);
            }
            out.pairs.add(pair);
        }

        private double value(Pair pair, int step) {
            if (Operation.trims(binary.op())) {
                trimmed = true;
                return RangeFunction.ABSENT;
            }
            double left = swapped ? pair.one[step] : pair.many[step];
            double right = swapped ? pair.many[step] : pair.one[step];
            return Operation.ofElements(binary.op(), left, right, binary.returnBool(), left);
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
            if (out == null) {
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
