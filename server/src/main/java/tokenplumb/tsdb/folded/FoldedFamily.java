package tokenplumb.tsdb.folded;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.storage.FoldedSeries;
import tokenplumb.storage.Series;

import java.util.List;
import java.util.function.Supplier;

/// The buckets of a folded histogram, read together: out of one place, or out of several, all of
/// which have the same layout. Of two samples at the same time the real one wins over a stale
/// marker, else the one from the earlier source: as [Merged] has it for a single bucket, for all
/// buckets of a sample are stale or none. Thread-safe.
final class FoldedFamily implements FoldedSeries {
    private final Labels family;
    private final Labels labels; // of the buckets, without le
    private final List<Row> rows; // by source
    private final Decoded pool;
    private final Supplier<List<Series>> takeApart;
    private List<Series> apart = List.of(); // empty until asked for; guarded by this

    /// `takeApart` gives the buckets as series, in the layout's order.
    FoldedFamily(
            Labels family,
            Labels labels,
            List<Row> rows,
            Decoded pool,
            Supplier<List<Series>> takeApart) {
        this.family = family;
        this.labels = labels;
        this.rows = rows;
        this.pool = pool;
        this.takeApart = takeApart;
    }

    /// As it is kept, under the family's own name.
    Labels family() {
        return family;
    }

    @Override
    public Labels labels() {
        return labels;
    }

    @Override
    public BucketLayout layout() {
        return rows.getFirst().layout();
    }

    @Override
    public synchronized Series bucket(int bucket) {
        if (apart.isEmpty()) {
            apart = takeApart.get();
        }
        return apart.get(bucket);
    }

    @Override
    public void read(long from, long to, FoldedSamples into) {
        if (rows.size() == 1) {
            rows.getFirst().readWhole(from, to, into);
        } else if (!readInTurn(from, to, into)) {
            into.reset(layout().size());
            merge(from, to, into);
        }
    }

    /// The usual case: the first place, which is the head, has the latest samples, and the others
    /// are in the order of time. Answers whether it was so.
    private boolean readInTurn(long from, long to, FoldedSamples into) {
        for (int i = 1; i <= rows.size(); i++) {
            int before = into.size();
            rows.get(i % rows.size()).readWhole(from, to, into);
            if (before > 0 && into.size() > before && into.time(before - 1) >= into.time(before)) {
                return false;
            }
        }
        return true;
    }

    private void merge(long from, long to, FoldedSamples into) {
        var merged = pool.take();
        merged.reset(layout().size());
        for (int i = 0; i < rows.size() - 1; i++) {
            var next = pool.take();
            var both = pool.take();
            next.reset(layout().size());
            both.reset(layout().size());
            rows.get(i).readWhole(from, to, next);
            merge(merged, next, both);
            pool.give(next);
            pool.give(merged);
            merged = both;
        }
        var last = pool.take();
        last.reset(layout().size());
        rows.getLast().readWhole(from, to, last);
        merge(merged, last, into);
        pool.give(last);
        pool.give(merged);
    }

    private static void merge(FoldedSamples first, FoldedSamples second, FoldedSamples into) {
        int i = 0;
        int j = 0;
        while (i < first.size() && j < second.size()) {
            if (first.time(i) < second.time(j)) {
                into.add(first, i++);
            } else if (first.time(i) > second.time(j)) {
                into.add(second, j++);
            } else {
                boolean isSecond = first.isStale(i) && !second.isStale(j);
                into.add(isSecond ? second : first, isSecond ? j : i);
                i++;
                j++;
            }
        }
        while (i < first.size()) {
            into.add(first, i++);
        }
        while (j < second.size()) {
            into.add(second, j++);
        }
    }

    @Override
    public String toString() {
        return labels.toString();
    }
}
