package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.func.HistogramSum;
import tokenplumb.promql.func.RangeFunction;
import tokenplumb.promql.func.Remark;
import tokenplumb.promql.func.Remarks;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.function.IntPredicate;
import java.util.function.Supplier;

/// The native histograms of one group of `sum` or `avg`, step by step, beside its floats. Where
/// there are both, the group has no value.
final class HistogramTotals {
    /// Where an aggregation tells what it has noticed, and what it may hold.
    record Context(Run run, Expr.Span where) {}

    private static final byte PRESENT = 1;
    private static final byte BROKEN = 2; // by histograms that cannot be added
    private static final byte MIXED = 4; // told even when broken

    private final Context context;
    private final Supplier<HistogramSum> empty;
    private final HistogramSum[] sums;
    private final byte[] states;
    private final Remarks remarks = new Remarks();
    private long weight;

    HistogramTotals(Context context, int steps, Supplier<HistogramSum> empty) {
        this.context = context;
        this.empty = empty;
        this.sums = new HistogramSum[steps];
        this.states = new byte[steps];
    }

    /// `present` says where the group has had floats so far: there a histogram only spoils them.
    void add(Histogram[] histograms, IntPredicate present, Labels labels) {
        for (int i = 0; i < histograms.length; i++) {
            if (histograms[i] == null) {
                continue;
            }
            states[i] |= PRESENT;
            boolean besideFloats = present.test(i);
            if ((states[i] & BROKEN) == 0 && (sums[i] != null || !besideFloats)) {
                add(i, histograms[i], besideFloats);
            }
        }
        context.run.annotations.remark(remarks, labels.metricName(), "aggregation", context.where);
        remarks.clear();
    }

    private void add(int i, Histogram histogram, boolean besideFloats) {
        if (sums[i] == null) {
            sums[i] = empty.get();
        }
        long before = sums[i].weight();
        var own = new Remarks();
        sums[i].add(histogram, own);
        own.all().forEach(remarks::note);
        if (own.has(Remark.MIXED_SCHEMAS)) {
            breakAt(i, besideFloats);
        }
        grow(sums[i].weight() - before);
    }

    private void breakAt(int i, boolean besideFloats) {
        states[i] |= BROKEN;
        if (besideFloats) {
            states[i] |= MIXED;
        }
    }

    private void grow(long numbers) {
        weight += numbers;
        context.run.budget.hold(numbers);
    }

    void merge(HistogramTotals other) {
        for (int i = 0; i < sums.length; i++) {
            states[i] |= other.states[i];
            if (other.sums[i] == null || (states[i] & BROKEN) != 0) {
                continue;
            }
            if (sums[i] == null) {
                sums[i] = other.sums[i];
                grow(sums[i].weight());
                continue;
            }
            long before = sums[i].weight();
            var own = new Remarks();
            sums[i].merge(other.sums[i], own);
            if (own.has(Remark.MIXED_SCHEMAS)) {
                breakAt(i, false);
            }
            context.run.annotations.remark(own, "", "aggregation", context.where);
            grow(sums[i].weight() - before);
        }
    }

    /// Makes absent in `floats` what is spoilt, and answers what is there of histograms.
    Histogram[] result(double[] floats) {
        var result = new Histogram[sums.length];
        for (int i = 0; i < result.length; i++) {
            if ((states[i] & PRESENT) == 0) {
                continue;
            }
            boolean broken = (states[i] & BROKEN) != 0;
            boolean mixed = !Column.isAbsent(floats[i]);
            floats[i] = RangeFunction.ABSENT;
            if (broken ? (states[i] & MIXED) != 0 : mixed) {
                context.run.annotations.mixedTypesAggregated(context.where);
            }
            if (!broken && !mixed) {
                result[i] = sums[i].result(remarks).orElse(null);
            }
        }
        context.run.annotations.remark(remarks, "", "aggregation", context.where);
        return result;
    }

    long weight() {
        return weight;
    }
}
