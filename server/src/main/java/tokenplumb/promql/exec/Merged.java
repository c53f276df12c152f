package tokenplumb.promql.exec;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Keeps every column, and makes one of those with equal labels, provided they never have a value
/// at the same step; otherwise the query is wrong.
final class Merged implements Sink {
    private final Budget budget;
    private final boolean strict;
    private final Map<Labels, Column> columns = new LinkedHashMap<>();

    /// `strict` refuses equal labels even without a common step.
    Merged(Budget budget, boolean strict) {
        this.budget = budget;
        this.strict = strict;
    }

    @Override
    public boolean take(Labels labels, double[] values, Histogram[] histograms, boolean nameless) {
        var before = columns.get(labels);
        if (before == null) {
            budget.hold(labels, values, histograms);
            columns.put(labels, new Column(labels, values, histograms, nameless));
            return true;
        }
        if (strict) {
            throw Run.duplicate();
        }
        columns.put(labels, joined(before, new Column(labels, values, histograms, nameless)));
        return false;
    }

    private static Column joined(Column a, Column b) {
        var values = a.values.clone();
        for (int i = 0; i < values.length; i++) {
            if (!b.has(i)) {
                continue;
            }
            if (a.has(i)) {
                throw Run.duplicate();
            }
            values[i] = b.values[i];
        }
        return new Column(a.labels, values, Column.joined(a.histograms, b.histograms), a.nameless);
    }

    @Override
    public Sink fork() {
        return new Collected(budget);
    }

    @Override
    public void join(Sink forked) {
        for (var column : ((Collected) forked).columns()) {
            if (!take(column)) {
                budget.release(column);
            }
        }
    }

    List<Column> columns() {
        return new ArrayList<>(columns.values());
    }

    static List<Column> of(List<Column> columns, Budget budget) {
        var merged = new Merged(budget, false);
        for (var column : columns) {
            merged.take(column);
        }
        return merged.columns();
    }
}
