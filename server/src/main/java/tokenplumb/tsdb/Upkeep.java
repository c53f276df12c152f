package tokenplumb.tsdb;

import org.roaringbitmap.RoaringBitmap;

import tokenplumb.disk.Disk;
import tokenplumb.storage.Changes;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;

/// What must be done to a store now and then: full chunks written out, segments sealed, the log cut
/// short by a checkpoint, what is expired deleted, series without samples removed.
///
/// Used by one thread at a time. What fails is tried again in the next round and does no harm
/// meanwhile: nothing is given up before its successor is safe on disk.
final class Upkeep {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private static final long CHECKPOINT_BYTES = 8 << 20;
    private static final long CLOSING_CHECKPOINT_BYTES = 1 << 20;
    private static final long SEGMENT_BYTES = 256 << 20;
    private static final long SEGMENT_MILLIS = 2 * 3600_000L;
    private static final long WRITE_OUT_BYTES = 256 << 10;
    private static final long IDLE_MILLIS = 3600_000L;
    private static final int ROWS_AT_ONCE = 1024;

    private final Disk disk;
    private final Head head;
    private final Wal wal;
    private final Tsdb.Options options;
    private final InstantSource clock;
    private final Measures measures;
    private final Changes changes;
    private final IntPredicate isOpenBatch; // by the batch's stamp
    private long nextSegment;
    private long checkpointAfter = CHECKPOINT_BYTES;
    private long walBytesThen; // at the last checkpoint
    private long lastCheckpoint; // its number, -1 when there is none
    private Moved moved;
    private boolean isMovedSaved = true;
    private RoaringBitmap emptyRows = new RoaringBitmap();
    private volatile String complaint = "";

    Upkeep(
            Disk disk,
            Head head,
            Wal wal,
            Tsdb.Options options,
            InstantSource clock,
            Measures measures,
            Changes changes,
            IntPredicate isOpenBatch,
            Recovery recovery) {
        this.disk = disk;
        this.head = head;
        this.wal = wal;
        this.options = options;
        this.clock = clock;
        this.measures = measures;
        this.changes = changes;
        this.isOpenBatch = isOpenBatch;
        this.nextSegment = recovery.nextSegment();
        this.lastCheckpoint = recovery.checkpointAt();
        this.walBytesThen = recovery.spareWalBytes();
        this.moved = recovery.moved();
    }

    /// One round; `sweeps`: with the rarer things too.
    void round(boolean sweeps) {
        complaint = "";
        tryTo("write chunks out", () -> writeOut(WRITE_OUT_BYTES));
        if (sweeps) {
            if (complaint.isEmpty()) {
                flushIdle();
            }
            tryTo("delete expired segments", this::retain); // on a full disk too: it makes room
            removeEmptySeries();
            head.gate().forgetOld();
            head.gate().warn();
        }
        if (isFull()) {
            tryTo("seal a segment", this::seal);
        }
        if (wal.isUnsafe() || wal.bytes() - walBytesThen > checkpointAfter) {
            tryTo("write a checkpoint", this::checkpoint);
        }
    }

    /// What went wrong in the last round, `""` when nothing did.
    String complaint() {
        return complaint;
    }

    /// Something that the disk may refuse.
    interface Work {
        void run() throws IOException;
    }

    void tryTo(String what, Work work) {
        try {
            work.run();
        } catch (IOException e) {
            var now = "cannot %s: %s".formatted(what, e.getMessage());
            if (!now.equals(complaint)) {
                LOG.log(System.Logger.Level.ERROR, "{0}; tried again in a moment", now);
            }
            complaint = now;
        }
    }

    /// Writes out what waits in memory, of segments where it is at least this much.
    void writeOut(long atLeast) throws IOException {
        for (var segment : head.openSegments()) {
            if (head.locked(segment::pendingBytes) >= atLeast) {
                head.writeOut(segment);
            }
        }
    }

    private boolean isFull() {
        head.lock.lock();
        try {
            var set = head.segments();
            var taking = set.taking();
            return set.open.size() > 1
                    || taking.bytes() >= SEGMENT_BYTES
                    || taking.span() >= SEGMENT_MILLIS;
        } finally {
            head.lock.unlock();
        }
    }

    /// Lets a new segment take the chunks, and seals the one before.
    void seal() throws IOException {
        head.lock.lock();
        try {
            var set = head.segments();
            if (set.open.size() == 1) {
                if (set.taking().chunks() == 0) {
                    return;
                }
                var taking = new OpenSegment(disk, nextSegment++);
                head.segments(new SegmentSet(set.sealed, List.of(set.taking(), taking))).release();
            }
        } finally {
            head.lock.unlock();
        }
        var full = head.openSegments().getFirst();
        head.writeOut(full);
        full.closeFile();
        var sealed = sealFile(full.number());
        head.lock.lock();
        try {
            var set = head.segments();
            var all = new ArrayList<>(set.sealed);
            all.add(sealed);
            head.segments(new SegmentSet(all, List.of(set.taking()))).release();
            sealed.close(); // the set uses it now
            full.close();
        } finally {
            head.lock.unlock();
        }
        checkpoint(); // a start then need not look into it
    }

    private SealedSegment sealFile(long number) throws IOException {
        var name = SegmentFile.name(number);
        try (var mapping = disk.map(name)) {
            var contents =
                    SealedSegment.scan(
                            mapping.bytes(),
                            mapping.bytes().byteSize(),
                            (reference, min, max) -> {},
                            (offset, length, tail, what) ->
                                    measures.unreadable(name, offset, what));
            try (var file = disk.append(name)) {
                if (file.size() > contents.end) {
                    file.truncate(contents.end); // what an earlier life left torn
                }
                SealedSegment.seal(file, contents, head::labels);
            }
        }
        return SealedSegment.open(number, disk.map(name));
    }

    /// Writes series and open chunks down and drops the log before.
    void checkpoint() throws IOException {
        measures.checkpoints.increment();
        try {
            saveMoved();
            var failure = wal.failure();
            long walSegment = wal.roll();
            long firstSegment = head.locked(() -> head.segments().open.getFirst().number());
            long size = Checkpoint.write(disk, head, walSegment, firstSegment, this::syncSegments);
            if (Objects.equals(wal.failure(), failure)) {
                wal.isSafeAgain(); // everything acknowledged is on disk now
            }
            // the checkpoint before and the log since stay, in case this one cannot be read
            if (walSegment > lastCheckpoint) {
                wal.dropBefore(lastCheckpoint);
                Checkpoint.dropBefore(disk, lastCheckpoint);
                lastCheckpoint = walSegment;
            }
            walBytesThen = wal.bytes();
            checkpointAfter = Math.max(CHECKPOINT_BYTES, size);
        } catch (IOException e) {
            measures.failedCheckpoints.increment();
            throw e;
        }
    }

    private void saveMoved() throws IOException {
        if (!isMovedSaved) {
            moved.write(disk);
            isMovedSaved = true;
        }
    }

    private void syncSegments() throws IOException {
        for (var segment : sealedSegments()) {
            segment.sync(disk); // what an earlier life, or a seal that failed, left without
        }
        for (var segment : head.openSegments()) {
            head.writeOut(segment);
            segment.sync();
        }
    }

    private List<SealedSegment> sealedSegments() {
        head.lock.lock();
        try {
            return head.segments().sealed;
        } finally {
            head.lock.unlock();
        }
    }

    /// The head as it was when nothing more was let in before a time, other than late samples. The
    /// log before `walSegment` holds what `seen` sees and nothing younger, the log from there on
    /// nothing that it sees.
    record Frozen(HeadKept seen, long walSegment) implements AutoCloseable {
        @Override
        public void close() {
            seen.close();
        }
    }

    /// Shuts the head before a time; what stands there can be put into blocks, and then forgotten
    /// by [#truncate].
    Frozen freeze(long before) {
        wal.lock.lock();
        try {
            return new Frozen(head.freeze(before), wal.roll());
        } finally {
            wal.lock.unlock();
        }
    }

    /// Gives up what was frozen of the head before a time, because it is in blocks now: segments,
    /// late samples, the log, and with the next sweep the series that have nothing younger.
    void truncate(long before, Frozen frozen) throws IOException {
        List<SealedSegment> gone;
        try (var _ =
                changes.begin(Long.MIN_VALUE)) { // the same samples, in another order of series
            gone = head.truncate(before, frozen.seen);
        }
        for (var segment : gone) {
            disk.delete(segment.name());
        }
        moved = new Moved(Math.max(before, moved.before()), frozen.walSegment);
        isMovedSaved = false;
        saveMoved();
        removeEmptySeries();
        checkpoint();
    }

    /// A checkpoint after a start that mended something, so that it is mended once. The log that
    /// was replayed waits for the next round, so that the start is quick.
    void checkpointAfterStart(boolean hasMended) {
        if (hasMended) {
            tryTo("write a checkpoint", this::checkpoint);
        }
    }

    /// Leaves everything on disk, so that the next start is quick.
    void close() {
        if (wal.bytes() - walBytesThen > CLOSING_CHECKPOINT_BYTES) {
            tryTo("write a checkpoint", this::checkpoint);
        }
        tryTo("sync the log", wal::close);
        tryTo("write chunks out", () -> writeOut(0));
        head.lock.lock();
        try {
            for (var segment : head.segments().open) {
                tryTo("close " + segment.name(), segment::close);
            }
            head.segments().release();
        } finally {
            head.lock.unlock();
        }
    }

    /// Moves open chunks that nothing has been appended to for long out of memory.
    private void flushIdle() {
        long before = clock.millis() - IDLE_MILLIS;
        int end = (int) head.locked(head.rows::size);
        for (int from = 0; from < end; from += ROWS_AT_ONCE) {
            head.lock.lock();
            try {
                for (int row = from; row < Math.min(end, from + ROWS_AT_ONCE); row++) {
                    if (head.rows.generation(row) != 0
                            && head.rows.count(row) > 0
                            && head.rows.time(row) < before) {
                        head.flush(row);
                    }
                }
            } finally {
                head.lock.unlock();
            }
        }
    }

    /// Deletes segments that are too old, or the oldest while there are too many bytes.
    private void retain() throws IOException {
        var gone = new ArrayList<SealedSegment>();
        head.lock.lock();
        try {
            var set = head.segments();
            long bytes = set.bytes() + wal.bytes();
            long oldest = options.oldest(clock.millis());
            var kept = new ArrayList<SealedSegment>();
            for (var segment : set.sealed) {
                boolean tooOld = segment.maxTime() < oldest;
                boolean tooMuch = options.retentionBytes() > 0 && bytes > options.retentionBytes();
                if (!tooOld && !tooMuch) {
                    kept.add(segment);
                    continue;
                }
                (tooOld ? measures.timeRetentions : measures.sizeRetentions).increment();
                bytes -= segment.bytes();
                gone.add(segment);
            }
            if (gone.isEmpty()) {
                return;
            }
            try (var _ = changes.begin(Long.MIN_VALUE)) {
                head.segments(new SegmentSet(kept, set.open)).release();
            }
        } finally {
            head.lock.unlock();
        }
        for (var segment : gone) {
            disk.delete(segment.name());
        }
    }

    /// Removes series of which no sample is left, and those that got none since the last sweep; but
    /// none that a batch still open has a sample for.
    private void removeEmptySeries() {
        var gone = new RoaringBitmap();
        var empty = new RoaringBitmap();
        head.lock.lock();
        try {
            long inSegments = head.segments().minTime();
            long minValid = head.minValid();
            boolean isTruncated = head.isTruncated();
            long earliest = inSegments;
            var rows = head.rows;
            for (int row = 0; row < rows.size(); row++) {
                if (rows.generation(row) == 0) {
                    continue;
                }
                if (rows.isLate(row)) {
                    continue;
                }
                boolean isInBlocks = isTruncated && rows.time(row) < minValid;
                if ((isInBlocks || rows.count(row) == 0)
                        && isOpenBatch.test((int) (rows.stamp(row) >>> 32))) {
                    continue;
                }
                if (isInBlocks && rows.time(row) != Rows.NEVER) {
                    gone.add(row);
                } else if (rows.time(row) == Rows.NEVER) {
                    (emptyRows.contains(row) ? gone : empty).add(row);
                } else if (rows.count(row) > 0) {
                    earliest = Math.min(earliest, rows.start(row));
                } else if (rows.time(row) < inSegments) {
                    gone.add(row);
                }
            }
            head.minTime(Math.max(earliest, Math.min(minValid, head.maxTime())));
        } finally {
            head.lock.unlock();
        }
        emptyRows = empty;
        head.remove(gone, true);
    }
}
