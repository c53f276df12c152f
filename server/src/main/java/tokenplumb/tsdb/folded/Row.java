package tokenplumb.tsdb.folded;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.concurrent.locks.ReentrantLock;

/// One folded histogram out of which members are read: decoded once for all of them, and let go of
/// when all of them have been read. Where only the sum and the count are asked for, these two are
/// remembered beyond that ([Narrow]): who asks for the one will ask for the other. Thread-safe.
final class Row {
    /// The part of [#read] that is the sum; others are buckets.
    static final int SUM = -1;

    final int source; // its place among the sources
    private final KeptSeries kept;
    private final Decoded pool;
    private int members; // that may be read; set before any is
    private boolean isNarrow = true; // none of them is a bucket but +Inf; likewise

    final ReentrantLock lock = new ReentrantLock(); // guards the rest
    private FoldedSamples samples; // null when not decoded
    private long from;
    private long to;
    private int unread; // members that have not been read since it was decoded

    Row(int source, KeptSeries kept, Decoded pool) {
        this.source = source;
        this.kept = kept;
        this.pool = pool;
    }

    BucketLayout layout() {
        return kept.layout();
    }

    /// Appends the samples with all their buckets; what members have decoded is not touched.
    void readWhole(long wantedFrom, long wantedTo, FoldedSamples into) {
        kept.read(wantedFrom, wantedTo, into);
    }

    /// One more member that may be read. Before any is.
    Row withMember(int part) {
        members++;
        isNarrow &= part == SUM || part == layout().size() - 1;
        return this;
    }

    /// Appends a member's samples.
    void read(int part, long wantedFrom, long wantedTo, Samples into) {
        lock.lock();
        try {
            if (isNarrow) {
                copy(narrow(wantedFrom, wantedTo), part == SUM ? SUM : 0, into);
                return;
            }
            if (samples == null || from != wantedFrom || to != wantedTo) {
                decode(wantedFrom, wantedTo);
            }
            copy(samples, part, into);
            if (--unread <= 0) {
                letGo();
            }
        } finally {
            lock.unlock();
        }
    }

    private static void copy(FoldedSamples samples, int part, Samples into) {
        if (part == SUM) {
            samples.copySum(into);
        } else {
            samples.copyBucket(part, into);
        }
    }

    /// The sums, and the counts as the only bucket.
    private FoldedSamples narrow(long wantedFrom, long wantedTo) {
        var key = new Narrow.Key(source, kept.labels(), layout(), wantedFrom, wantedTo);
        return pool.narrow()
                .of(
                        key,
                        () -> {
                            var wide = pool.take();
                            wide.reset(layout().size());
                            kept.read(wantedFrom, wantedTo, wide);
                            var narrow = Narrow.of(wide);
                            pool.give(wide);
                            return narrow;
                        });
    }

    private void decode(long wantedFrom, long wantedTo) {
        letGo();
        var fresh = pool.take();
        fresh.reset(layout().size());
        kept.read(wantedFrom, wantedTo, fresh);
        samples = fresh;
        from = wantedFrom;
        to = wantedTo;
        unread = members;
        pool.hold(this, bytes());
    }

    private long bytes() {
        return (long) samples.size() * (samples.buckets() + 2) * Long.BYTES;
    }

    /// Forgets what is decoded; under the lock.
    void letGo() {
        if (samples != null) {
            pool.release(this, bytes(), samples);
            samples = null;
        }
    }
}
