package tokenplumb.promql.exec;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.Supplier;

/// The groups of a `sum` that keeps `le` apart, into which whole histograms go: the group of a
/// histogram is found once for all of its buckets, and these are added in one go. Not thread-safe.
final class FoldedGroups {
    private static final String LE = "le";

    /// The histograms of one group that have one layout.
    private static final class Part {
        private final BucketLayout layout;
        private final Accumulator.Sum sum;
        private boolean nameless;

        Part(BucketLayout layout, Accumulator.Sum sum) {
            this.layout = layout;
            this.sum = sum;
        }
    }

    private final Budget budget;
    private final Supplier<Grouping> groupings;
    private final Grouping grouping; // of histograms, by labels that are not le
    private final List<List<Part>> groups = new ArrayList<>();

    FoldedGroups(Budget budget, Supplier<Grouping> groupings) {
        this.budget = budget;
        this.groupings = groupings;
        this.grouping = groupings.get();
    }

    /// Into the same groups by another thread.
    FoldedGroups fork() {
        return new FoldedGroups(budget, groupings);
    }

    boolean isEmpty() {
        return groups.isEmpty();
    }

    void add(FoldedColumn column) {
        var part = part(grouping.of(column.labels), column.layout, column.values.length);
        part.sum.add(column.values);
        part.nameless |= column.nameless;
    }

    private Part part(int group, BucketLayout layout, int values) {
        if (group == groups.size()) {
            groups.add(new ArrayList<>(1));
        }
        var parts = groups.get(group);
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).layout.equals(layout)) {
                return parts.get(i);
            }
        }
        var made = new Part(layout, new Accumulator.Sum(values));
        budget.hold(made.sum.weight());
        parts.add(made);
        return made;
    }

    void join(FoldedGroups forked) {
        for (int i = 0; i < forked.groups.size(); i++) {
            int group = grouping.of(forked.grouping.labels(i));
            if (group == groups.size()) {
                groups.add(forked.groups.get(i));
                continue;
            }
            for (var theirs : forked.groups.get(i)) {
                join(group, theirs);
            }
        }
    }

    private void join(int group, Part theirs) {
        for (var ours : groups.get(group)) {
            if (ours.layout.equals(theirs.layout)) {
                ours.sum.merge(theirs.sum);
                ours.nameless |= theirs.nameless;
                budget.release(theirs.sum.weight());
                return;
            }
        }
        groups.get(group).add(theirs);
    }

    /// Takes in the sum of one bucket.
    interface Buckets {
        void take(Labels labels, Accumulator.Sum sum, boolean nameless);
    }

    /// Gives up, bucket by bucket, the groups that cannot stay together: those with several
    /// layouts, and those of which single buckets are in groups of their own, whose labels these
    /// are.
    void takeApart(Iterable<Labels> single, Buckets into) {
        var shared = new HashSet<Labels>();
        single.forEach(labels -> shared.add(labels.without(LE)));
        for (int group = 0; group < groups.size(); group++) {
            var parts = groups.get(group);
            var labels = grouping.labels(group);
            if (parts.size() <= 1 && !shared.contains(labels)) {
                continue;
            }
            for (var part : parts) {
                int buckets = part.layout.size();
                for (int bucket = 0; bucket < buckets; bucket++) {
                    into.take(
                            labels.with(LE, part.layout.le(bucket)),
                            part.sum.strided(bucket, buckets),
                            part.nameless);
                }
            }
            budget.release(parts.stream().mapToLong(part -> part.sum.weight()).sum());
            parts.clear();
        }
    }

    /// Hands on what is left and ends this aggregation.
    void finish(Sink next) {
        for (int group = 0; group < groups.size(); group++) {
            for (var part : groups.get(group)) {
                next.takeFolded(
                        new FoldedColumn(
                                grouping.labels(group),
                                part.layout,
                                part.sum.result(),
                                part.nameless));
                budget.release(part.sum.weight());
            }
        }
    }
}
