package tokenplumb.promql.exec;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.List;

/// Keeps every column, and folded ones as they are.
final class Gathered implements Sink {
    private final Budget budget;
    private final List<Column> columns = new ArrayList<>();
    private final List<FoldedColumn> folded = new ArrayList<>();

    Gathered(Budget budget) {
        this.budget = budget;
    }

    @Override
    public boolean take(Labels labels, double[] values, Histogram[] histograms, boolean nameless) {
        budget.hold(labels, values, histograms);
        columns.add(new Column(labels, values, histograms, nameless));
        return true;
    }

    @Override
    public boolean takesFolded() {
        return true;
    }

    @Override
    public boolean takeFolded(FoldedColumn column) {
        budget.hold(column);
        folded.add(column);
        return true;
    }

    @Override
    public Sink fork() {
        return new Gathered(budget);
    }

    @Override
    public void join(Sink forked) {
        var that = (Gathered) forked;
        columns.addAll(that.columns);
        folded.addAll(that.folded);
    }

    List<Column> columns() {
        return columns;
    }

    List<FoldedColumn> folded() {
        return folded;
    }

    /// Hands everything on, which is not held any more.
    void give(Sink sink) {
        for (var column : columns) {
            sink.take(column);
            budget.release(column);
        }
        for (var column : folded) {
            sink.takeFolded(column);
            budget.release(column);
        }
    }
}
