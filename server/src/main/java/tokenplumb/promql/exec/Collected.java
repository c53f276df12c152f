package tokenplumb.promql.exec;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.List;

/// Keeps every column.
final class Collected implements Sink {
    private final Budget budget;
    private final List<Column> columns = new ArrayList<>();

    Collected(Budget budget) {
        this.budget = budget;
    }

    @Override
    public boolean take(Labels labels, double[] values, Histogram[] histograms, boolean nameless) {
        budget.hold(labels, values, histograms);
        columns.add(new Column(labels, values, histograms, nameless));
        return true;
    }

    @Override
    public Sink fork() {
        return new Collected(budget);
    }

    @Override
    public void join(Sink forked) {
        columns.addAll(((Collected) forked).columns);
    }

    List<Column> columns() {
        return columns;
    }
}
