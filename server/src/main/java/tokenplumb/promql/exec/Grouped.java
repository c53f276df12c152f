package tokenplumb.promql.exec;

import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Aggregates each column into its group and keeps none.
final class Grouped implements Sink {
    private final Budget budget;
    private final Supplier<Grouping> groupings;
    private final Supplier<Accumulator> accumulators;
    private final boolean keepsColumns;
    private final Grouping grouping;
    private final List<Accumulator> groups = new ArrayList<>();
    private final List<Boolean> nameless = new ArrayList<>();
    private final Optional<FoldedGroups> folded; // of whole histograms

    Grouped(
            Budget budget,
            Supplier<Grouping> groupings,
            Supplier<Accumulator> accumulators,
            boolean keepsColumns) {
        this(budget, groupings, accumulators, keepsColumns, Optional.empty());
    }

    /// `folded`: where whole histograms go; without, they are taken apart.
    Grouped(
            Budget budget,
            Supplier<Grouping> groupings,
            Supplier<Accumulator> accumulators,
            boolean keepsColumns,
            Optional<FoldedGroups> folded) {
        this.folded = folded;
        this.budget = budget;
        this.groupings = groupings;
        this.accumulators = accumulators;
        this.keepsColumns = keepsColumns;
        this.grouping = groupings.get();
    }

    @Override
    public boolean take(
            Labels labels, double[] values, Histogram[] histograms, boolean withoutName) {
        int group = grouping.of(labels);
        if (group == groups.size()) {
            var made = accumulators.get();
            budget.hold(made.weight());
            budget.holdBytes(Budget.GROUP);
            groups.add(made);
            nameless.add(false);
        }
        if (keepsColumns) {
            budget.hold(values.length);
        }
        if (histograms.length > 0) {
            groups.get(group).add(values, histograms, labels);
        } else {
            groups.get(group).add(values);
        }
        if (withoutName) {
            nameless.set(group, true);
        }
        return false;
    }

    @Override
    public boolean takesFolded() {
        return folded.isPresent();
    }

    @Override
    public boolean takeFolded(FoldedColumn column) {
        if (folded.isEmpty()) {
            column.split(this);
        } else {
            folded.get().add(column);
        }
        return false;
    }

    @Override
    public Sink fork() {
        return new Grouped(
                budget, groupings, accumulators, keepsColumns, folded.map(FoldedGroups::fork));
    }

    @Override
    public void join(Sink forked) {
        var that = (Grouped) forked;
        folded.ifPresent(groups -> groups.join(that.folded.orElseThrow()));
        for (int i = 0; i < that.groups.size(); i++) {
            int group = grouping.of(that.grouping.labels(i));
            if (group == groups.size()) {
                groups.add(that.groups.get(i));
                nameless.add(that.nameless.get(i));
                continue;
            }
            groups.get(group).merge(that.groups.get(i));
            if (!keepsColumns) { // else they live on in the group
                budget.release(that.groups.get(i).weight());
            }
            if (that.nameless.get(i)) {
                nameless.set(group, true);
            }
        }
    }

    private void add(Labels labels, Accumulator other, boolean withoutName) {
        int group = grouping.of(labels);
        if (group == groups.size()) {
            budget.hold(other.weight());
            groups.add(other);
            nameless.add(withoutName);
        } else {
            groups.get(group).merge(other);
            nameless.set(group, nameless.get(group) || withoutName);
        }
    }

    private List<Labels> groupLabels() {
        var all = new ArrayList<Labels>(groups.size());
        for (int i = 0; i < groups.size(); i++) {
            all.add(grouping.labels(i));
        }
        return all;
    }

    /// Hands on one column for each group and ends this aggregation.
    void finish(Sink next) {
        folded.ifPresent(histograms -> histograms.takeApart(groupLabels(), this::add));
        for (int i = 0; i < groups.size(); i++) {
            var values = groups.get(i).result();
            var histograms = groups.get(i).histograms(values);
            if (Column.hasAny(values, histograms)) {
                next.take(grouping.labels(i), values, histograms, nameless.get(i));
            }
            budget.release(groups.get(i).weight());
        }
        folded.ifPresent(histograms -> histograms.finish(next));
    }
}
