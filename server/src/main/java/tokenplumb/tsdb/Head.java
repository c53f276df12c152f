package tokenplumb.tsdb;

import org.roaringbitmap.RoaringBitmap;

import tokenplumb.bytes.Buffer;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.StaleMarker;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// The series, their open chunks and the segments their full chunks go to.
///
/// A series reference is `generation << 32 | row`. Rows are used again after a series is gone, but
/// then under a later generation, and a generation is never used again, not after a crash either:
/// so a reference names one series for ever, and data whose series was lost can never be taken for
/// another's.
///
/// Locks, in the order in which they are taken: the index's, the log's, [#lock]. The last one is
/// held for moments only and never while a file is written or synced.
final class Head {
    /// A full chunk. The first of a series is cut earlier, each series at another length, so that a
    /// fleet that starts at once does not fill all its chunks at once for ever after.
    private static final int FULL = 120;

    private static final int SHORTEST_FIRST = 30;

    /// No chunk spans more, so that segments are bounded in time.
    static final long LONGEST_MILLIS = 2 * 3600_000L;

    final Index index = new Index();

    /// Guards everything below.
    final ReentrantLock lock = new ReentrantLock();

    final Rows rows = new Rows();
    private final Measures measures;
    private final SeriesGate gate;
    private SegmentSet segments;
    private final Buffer chunk = new Buffer(2048);
    private int generation = 1; // of series created from now on; written under the index's lock too
    private int commit; // number of the last one
    private long minTime = Long.MAX_VALUE;
    private long maxTime = Long.MIN_VALUE;
    private Snapshot snapshot; // the newest; null when no querier is open
    private int openQueriers;
    final Late late = new Late();
    private final long lateWindow; // in milliseconds; 0: late samples are refused
    private volatile long minAppend = Long.MIN_VALUE; // earlier samples are late ones
    private long minValid = Long.MIN_VALUE; // what is before, but for late samples, is in blocks
    private int truncations;
    private final Map<Integer, Integer> open = new HashMap<>(); // queriers, by truncations before
    private final List<Written> written = new ArrayList<>(); // to be forgotten

    /// What blocks hold of late samples: those before a time that came up to a commit.
    private record Written(int truncation, long before, int commit) {}

    Head(Measures measures, GuardRails rails, Duration lateWindow, InstantSource clock) {
        this.lateWindow = lateWindow.toMillis();
        this.measures = measures;
        this.gate = new SeriesGate(rails, index, clock, measures.meters());
    }

    SeriesGate gate() {
        return gate;
    }

    // --- series

    /// The reference of a plain series, made if need be; 0 when there may be no more.
    long series(Labels labels) {
        if (labels.isEmpty()) {
            throw new IllegalArgumentException(
                    "a series needs at least one label, such as its name");
        }
        if (FoldedLabels.isFolded(labels)) {
            return 0; // a label name nobody spells by accident
        }
        return reference(labels, labels);
    }

    /// The reference of a folded histogram, made if need be; 0 when there may be no more.
    long folded(Labels family, BucketLayout layout) {
        if (family.metricName().isEmpty()
                || layout.isNone()
                || FoldedLabels.isHidden(family.name(0))) {
            return 0;
        }
        return reference(FoldedLabels.hide(family, layout), family);
    }

    /// `shown` is what its user calls the series, where the index has other labels.
    private long reference(Labels labels, Labels shown) {
        index.lock.readLock().lock();
        try {
            int row = index.find(labels);
            if (row != Index.ABSENT) {
                return rows.reference(row);
            }
        } finally {
            index.lock.readLock().unlock();
        }
        index.lock.writeLock().lock();
        try {
            int row = index.find(labels);
            if (row != Index.ABSENT) {
                return rows.reference(row);
            }
            if (!gate.admits(shown)) {
                return 0;
            }
            gate.created(shown.metricName());
            return create(index.intern(labels));
        } finally {
            index.lock.writeLock().unlock();
        }
    }

    private long create(int[] ids) {
        int row = index.add(ids);
        lock.lock();
        try {
            createRow(row, generation);
            segments.open.forEach(segment -> segment.forget(row));
            return rows.reference(row);
        } finally {
            lock.unlock();
        }
    }

    private void createRow(int row, int ofGeneration) {
        rows.create(row, ofGeneration, index.layout(row).size());
        measures.seriesCreated.increment();
    }

    /// Puts a series back under the reference it had before a restart. Start-up only.
    void restore(long reference, int[] ids) {
        int row = (int) reference;
        index.add(ids, row);
        createRow(row, (int) (reference >>> 32));
        rows.setLogged(row);
    }

    /// Generations up to this one have been used. Start-up only.
    void usedGeneration(int used) {
        generation = Math.max(generation, used + 1);
    }

    /// The generation of series created from now on.
    int generation() {
        index.lock.readLock().lock();
        try {
            return generation;
        } finally {
            index.lock.readLock().unlock();
        }
    }

    /// The labels of a series, empty ones when it is not there (any more).
    Labels labels(long reference) {
        int row = (int) reference;
        index.lock.readLock().lock();
        try {
            return index.has(row) && rows.reference(row) == reference
                    ? index.labels(row)
                    : Labels.EMPTY;
        } finally {
            index.lock.readLock().unlock();
        }
    }

    /// Removes series, and (`dropPairs`) the label pairs that none carries any more; the generation
    /// after them is a new one.
    void remove(RoaringBitmap gone, boolean dropPairs) {
        if (gone.isEmpty()) {
            return;
        }
        index.lock.writeLock().lock();
        try {
            index.remove(gone, dropPairs);
            lock.lock();
            try {
                for (var each = gone.getIntIterator(); each.hasNext(); ) {
                    int row = each.next();
                    rows.remove(row);
                    late.forget(row);
                }
                generation++;
            } finally {
                lock.unlock();
            }
        } finally {
            index.lock.writeLock().unlock();
        }
        measures.seriesRemoved.add(gone.getCardinality());
    }

    // --- samples; under the lock

    int nextCommit() {
        return ++commit;
    }

    int commitNumber() {
        return commit;
    }

    void commitNumber(int number) {
        commit = number;
    }

    /// Appends one sample of the current commit, or drops it as [tokenplumb.storage.Batch.Outcome]
    /// says. Whether it was kept (again, if it was there already).
    boolean append(long reference, long time, long value) {
        int row = (int) reference;
        if (!isKnown(reference) || isClosed(time)) {
            return false;
        }
        if (time <= rows.time(row)) {
            return isThere(row, time, value == rows.value(row));
        }
        note(row);
        appendLater(row, time, value);
        return true;
    }

    /// As above, of a folded histogram.
    boolean append(long reference, long time, long sum, long[] counts, int at, int buckets) {
        int row = (int) reference;
        if (!isKnown(reference) || isClosed(time)) {
            return false;
        }
        if (time <= rows.time(row)) {
            return isThere(row, time, isSame(row, sum, counts, at, buckets));
        }
        note(row);
        appendLater(row, time, sum, counts, at);
        return true;
    }

    /// As above, a native histogram.
    boolean append(long reference, long time, Histogram histogram) {
        int row = (int) reference;
        if (!isKnown(reference) || isClosed(time)) {
            return false;
        }
        if (time <= rows.time(row)) {
            return isThere(row, time, HistogramBytes.fingerprint(histogram) == rows.value(row));
        }
        note(row);
        appendLater(row, time, histogram);
        return true;
    }

    private boolean isKnown(long reference) {
        if (rows.generation((int) reference) != (int) (reference >>> 32)) {
            measures.unknown.increment();
            return false;
        }
        return true;
    }

    /// Whether the head has been frozen beyond a time since it was judged.
    private boolean isClosed(long time) {
        if (time >= minAppend) {
            return false;
        }
        measures.tooOld.increment();
        return true;
    }

    private boolean isThere(int row, long time, boolean isSame) {
        if (time < rows.time(row)) {
            measures.outOfOrder.increment();
            return false;
        }
        if (!isSame) {
            measures.duplicates.increment();
        }
        return isSame;
    }

    /// Whether the newest sample of a folded histogram is this one. Without the lock too.
    boolean isSame(int row, long sum, long[] counts, int at, int buckets) {
        return sum == rows.value(row)
                && (buckets == 0
                        || Arrays.equals(rows.counts(row), 0, buckets, counts, at, at + buckets));
    }

    /// Keeps for open queriers what they see of a row.
    private void note(int row) {
        if (snapshot != null && rows.commit(row) - snapshot.commit <= 0) {
            snapshot.note(row, rows.time(row));
        }
        rows.commit(row, commit);
    }

    /// Appends a sample that is later than the newest.
    void appendLater(int row, long time, long value) {
        if (rows.isNative(row)) {
            if (StaleMarker.is(Double.longBitsToDouble(value))) {
                appendLater(row, time, Histogram.STALE); // as Prometheus
                return;
            }
            flush(row);
        }
        int count = makeRoom(row, time);
        rows.append(row, time, value);
        flushFull(row, count + 1);
        sawTimes(time, time);
    }

    /// As above, of a folded histogram.
    void appendLater(int row, long time, long sum, long[] counts, int at) {
        int count = makeRoom(row, time);
        rows.append(row, time, sum, counts, at);
        flushFull(row, count + 1);
        sawTimes(time, time);
    }

    /// As above, a native histogram.
    void appendLater(int row, long time, Histogram histogram) {
        if (rows.count(row) > 0 && !rows.isNative(row)) {
            flush(row);
        }
        int count = makeRoom(row, time);
        if (rows.append(row, time, histogram) > NativeChunk.MOST_BYTES) {
            flush(row);
        } else {
            flushFull(row, count + 1);
        }
        sawTimes(time, time);
    }

    /// Ends the open chunk if it would become too long; how many samples it holds.
    private int makeRoom(int row, long time) {
        int count = rows.count(row);
        if (count > 0 && time - rows.start(row) >= LONGEST_MILLIS) {
            flush(row);
            count = 0;
        }
        if (count == 0) {
            measures.chunksCreated.increment();
            if (rows.firstTime(row) == Long.MAX_VALUE) {
                rows.firstTime(row, time);
            }
        }
        return count;
    }

    private void flushFull(int row, int count) {
        if (count >= SHORTEST_FIRST && count >= limit(row)) {
            flush(row);
        }
    }

    private int limit(int row) {
        if (rows.start(row) != rows.firstTime(row)) {
            return FULL;
        }
        return SHORTEST_FIRST + (row * 0x9e3779b9 >>> 8) % (FULL - SHORTEST_FIRST + 1);
    }

    /// Moves the open chunk of a row, which holds samples, to the open segment.
    void flush(int row) {
        chunk.reset();
        rows.writeChunk(row, chunk);
        int encoding = rows.encoding(row);
        segments.taking()
                .add(rows.reference(row), rows.start(row), rows.time(row), encoding, chunk);
        rows.clearChunk(row);
        measures.chunksRemoved.increment();
    }

    // --- late samples

    /// Samples before this, whatever their series, come late. Without the lock too.
    long minAppend() {
        return minAppend;
    }

    boolean takesLate() {
        return lateWindow > 0;
    }

    /// Late samples before this are too late. Without the lock too.
    long latest() {
        long newest = maxTime;
        if (lateWindow == 0) {
            return Long.MAX_VALUE;
        }
        return newest == Long.MIN_VALUE ? newest : newest - lateWindow;
    }

    /// What would become of a late sample. Takes the lock.
    Late.Added askLate(long reference, long time, long value, long[] counts, int at, int buckets) {
        lock.lock();
        try {
            return late.ask(reference, time, value, counts, at, buckets);
        } finally {
            lock.unlock();
        }
    }

    /// Adds a late sample of the current commit, of a folded histogram when it has buckets or its
    /// row is one's. Whether it was kept (again, if it was there already). Under the lock.
    boolean appendLate(long reference, long time, long value, long[] counts, int at, int buckets) {
        return isKnown(reference) && restoreLate(reference, time, value, counts, at, buckets);
    }

    /// As above, of a series that is there.
    boolean restoreLate(long reference, long time, long value, long[] counts, int at, int buckets) {
        long[] newest = rows.counts((int) reference);
        int width = newest == null ? 0 : newest.length;
        return isKept(late.add(reference, time, value, counts, at, width, commit), reference, time);
    }

    /// As [#appendLate], a native histogram.
    boolean appendLate(long reference, long time, Histogram histogram) {
        return isKnown(reference) && restoreLate(reference, time, histogram);
    }

    boolean restoreLate(long reference, long time, Histogram histogram) {
        return isKept(late.add(reference, time, histogram, commit), reference, time);
    }

    private boolean isKept(Late.Added added, long reference, long time) {
        return switch (added) {
            case OTHER -> {
                measures.duplicates.increment();
                yield false;
            }
            case FULL -> {
                measures.outOfOrder.increment();
                yield false;
            }
            case SAME -> true;
            case ADDED -> {
                rows.setLogged((int) reference);
                rows.setLate((int) reference, true);
                sawTimes(time, time);
                yield true;
            }
        };
    }

    // --- what goes to blocks

    /// Everything before is in blocks, but for late samples that came since. Under the lock.
    long minValid() {
        return minValid;
    }

    /// As [#minValid], when a start has found it. Start-up only.
    void restoreMinValid(long time) {
        minValid = Math.max(minValid, time);
        minAppend = minValid;
    }

    /// Lets nothing more into the head before a time, other than late samples, and answers what it
    /// holds now; for [Upkeep#freeze].
    HeadKept freeze(long before) {
        lock.lock();
        try {
            minAppend = Math.max(minAppend, before);
        } finally {
            lock.unlock();
        }
        return kept();
    }

    /// Only the late samples before [#minValid], for which there may be blocks already. When they
    /// are in blocks, `truncate(minValid, thisQuerier)` forgets them.
    HeadKept late() {
        return new HeadKept(this, measures::unreadable, true);
    }

    /// Gives up what is before `before`, and what late samples `seen` saw there: it is in blocks
    /// now. Queriers opened before go on seeing it. Answers the segments that nobody needs any
    /// more, for their files to be deleted.
    List<SealedSegment> truncate(long before, HeadKept seen) {
        lock.lock();
        try {
            minValid = Math.max(minValid, before);
            minAppend = Math.max(minAppend, before);
            minTime = Math.max(minTime, Math.min(minValid, maxTime));
            truncations++;
            written.add(new Written(truncations, before, seen.commit()));
            var gone = new ArrayList<SealedSegment>();
            var kept = new ArrayList<SealedSegment>();
            for (var segment : segments.sealed) {
                (segment.maxTime() < minValid ? gone : kept).add(segment);
            }
            if (!gone.isEmpty()) {
                segments(new SegmentSet(kept, segments.open)).release();
            }
            forgetWritten();
            return gone;
        } finally {
            lock.unlock();
        }
    }

    /// Forgets late samples that blocks hold, as soon as no querier from before needs them.
    private void forgetWritten() {
        int oldest = truncations;
        for (int epoch : open.keySet()) {
            oldest = Math.min(oldest, epoch);
        }
        while (!written.isEmpty() && written.getFirst().truncation <= oldest) {
            var done = written.removeFirst();
            late.drop(done.before, done.commit, row -> rows.setLate(row, false));
        }
    }

    /// Whether a late sample is in blocks as of that many truncations, and not yet forgotten only
    /// for older queriers.
    boolean isWritten(long time, int commitOfIt, int epoch) {
        for (var each : written) {
            if (each.truncation <= epoch && time < each.before && commitOfIt - each.commit <= 0) {
                return true;
            }
        }
        return false;
    }

    /// Whether no querier is open that may need what is before [#minValid]. Under the lock.
    boolean isTruncated() {
        return written.isEmpty();
    }

    long minTime() {
        return minTime;
    }

    long maxTime() {
        return maxTime;
    }

    void sawTimes(long min, long max) {
        if (min < minTime) {
            minTime = min;
        }
        if (max > maxTime) {
            maxTime = max;
        }
    }

    /// After data was deleted: the earliest time there still is.
    void minTime(long earliest) {
        minTime = earliest;
    }

    /// Asks something under the lock.
    long locked(LongSupplier question) {
        lock.lock();
        try {
            return question.getAsLong();
        } finally {
            lock.unlock();
        }
    }

    // --- queriers

    /// A consistent look at the head.
    HeadKept kept() {
        return new HeadKept(this, measures::unreadable, false);
    }

    /// What a new querier sees; under the lock.
    Snapshot openSnapshot() {
        if (snapshot == null || snapshot.commit != commit) {
            var fresh = new Snapshot(commit);
            if (snapshot != null) {
                snapshot.next = fresh;
            }
            snapshot = fresh;
        }
        openQueriers++;
        open.merge(truncations, 1, Integer::sum);
        return snapshot;
    }

    /// How often the head has been truncated; under the lock.
    int truncations() {
        return truncations;
    }

    /// `epoch`: the [#truncations] when it was opened.
    void closeSnapshot(int epoch) {
        lock.lock();
        try {
            open.computeIfPresent(epoch, (same, queriers) -> queriers == 1 ? null : queriers - 1);
            forgetWritten();
            if (--openQueriers == 0) {
                snapshot = null;
            }
        } finally {
            lock.unlock();
        }
    }

    // --- segments; under the lock

    SegmentSet segments() {
        return segments;
    }

    /// Swaps the set; the caller lets go of the old one, which is returned.
    SegmentSet segments(SegmentSet set) {
        var old = segments;
        segments = set;
        return old;
    }

    /// Writes what waits of an open segment to its file; by one thread at a time.
    void writeOut(OpenSegment segment) throws IOException {
        while (true) {
            lock.lock();
            try {
                if (!segment.beginWrite()) {
                    return;
                }
            } finally {
                lock.unlock();
            }
            segment.write();
            lock.lock();
            try {
                segment.endWrite();
            } finally {
                lock.unlock();
            }
        }
    }

    /// The open segments of now, oldest first.
    List<OpenSegment> openSegments() {
        lock.lock();
        try {
            return new ArrayList<>(segments.open);
        } finally {
            lock.unlock();
        }
    }
}
