package tokenplumb.tsdb;

import org.roaringbitmap.RoaringBitmap;

import tokenplumb.disk.Disk;
import tokenplumb.sdk.Meters;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// The metric store on one machine's disk.
///
/// A commit is logged ([Wal]), then applied to the open chunks in memory ([Rows]). Full chunks go
/// to segment files ([OpenSegment], [SealedSegment]) and leave the heap. A [Checkpoint] now and
/// then lets the log before it go; [Recovery] brings everything back at the start. Files are drawn
/// in `docs/format/head.md`.
///
/// Two threads of its own: one syncs the log, the other writes out, seals, checkpoints and deletes.
/// They are platform threads because they sit in file calls that would hold on to a carrier.
public final class Tsdb implements Storage, AutoCloseable {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private static final long CHECKPOINT_BYTES = 32 << 20;
    private static final long CLOSING_CHECKPOINT_BYTES = 1 << 20;
    private static final long SEGMENT_BYTES = 256 << 20;
    private static final long SEGMENT_MILLIS = 2 * 3600_000L;
    private static final long WRITE_OUT_BYTES = 256 << 10;
    private static final long MOST_PENDING_BYTES = 64 << 20;
    private static final long IDLE_MILLIS = 3600_000L;
    private static final long UPKEEP_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int POOLED = 8;

    /// How the store behaves. `retention` of zero keeps for ever, `retentionBytes` of zero does not
    /// bound the size, `maxSeries` of zero does not bound the series. `walSync` is how long an
    /// acknowledged commit may wait to be safe from a power failure (it is safe from the death of
    /// this process at once); zero waits within the commit.
    public record Options(
            Duration retention, long retentionBytes, Duration walSync, long maxSeries) {
        public Options {
            if (walSync.isNegative() || walSync.compareTo(Duration.ofSeconds(1)) > 0) {
                throw new IllegalArgumentException(
                        "walSync is %s; it must lie between 0 and 1 s".formatted(walSync));
            }
            if (retention.isNegative() || retentionBytes < 0 || maxSeries < 0) {
                throw new IllegalArgumentException(
                        "retention %s, %d bytes, %d series: none may be negative"
                                .formatted(retention, retentionBytes, maxSeries));
            }
        }

        public static Options defaults() {
            return new Options(Duration.ofDays(15), 0, Duration.ofMillis(500), 0);
        }
    }

    private final Disk disk;
    private final Options options;
    private final InstantSource clock;
    private final Measures measures;
    private final Head head;
    private final Wal wal;
    private final List<TsdbStatus.Repair> repairs;
    private final AtomicInteger stamps = new AtomicInteger();
    private final ConcurrentLinkedQueue<Columns> pool = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pooled = new AtomicInteger();
    private final List<Thread> threads = new ArrayList<>();
    private final boolean syncsInCommit;
    private volatile boolean closing;

    /// Why commits are refused: what was acknowledged may not be on disk. Null when all is well.
    private volatile IOException unsynced;

    // Of the upkeep thread.
    private long nextSegment;
    private long checkpointAfter = CHECKPOINT_BYTES;
    private long checkpointedTo; // wal bytes then
    private RoaringBitmap emptyRows = new RoaringBitmap();
    private long lastSweep;
    private String lastComplaint = "";

    /// Opens what is on the disk: replays the log, repairs what is damaged.
    public Tsdb(Disk disk, Options options, InstantSource clock, Meters meters) throws IOException {
        this(disk, options, clock, meters, true);
    }

    /// Without threads of its own, a test calls [#sync] and [#upkeep] instead.
    Tsdb(Disk disk, Options options, InstantSource clock, Meters meters, boolean withThreads)
            throws IOException {
        this.disk = disk;
        this.options = options;
        this.clock = clock;
        this.measures = new Measures(meters);
        this.head = new Head(measures, options.maxSeries());
        this.syncsInCommit = options.walSync().isZero();
        long began = System.nanoTime();
        var recovery = new Recovery(disk, head, measures);
        recovery.run();
        this.repairs = recovery.repairs();
        this.nextSegment = recovery.nextSegment();
        this.wal = new Wal(disk, recovery.nextWal(), recovery.walBytes());
        double seconds = (System.nanoTime() - began) / 1e9;
        register(meters, seconds);
        if (recovery.replayed() > 0 || !repairs.isEmpty()) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0} series, {1} samples replayed in {2} s, {3} repairs",
                    head.index.size(),
                    recovery.replayed(),
                    "%.2f".formatted(seconds),
                    repairs.size());
        }
        if (!repairs.isEmpty() || recovery.walBytes() > CHECKPOINT_BYTES) {
            tryTo("write a checkpoint", this::checkpoint); // mended once, not at every start
        }
        lastSweep = System.nanoTime();
        if (withThreads) {
            start("tsdb-sync", this::keepSyncing);
            start("tsdb-upkeep", this::keepUp);
        }
    }

    private void start(String name, Runnable work) {
        threads.add(Thread.ofPlatform().daemon().name(name).start(work));
    }

    Measures measures() {
        return measures;
    }

    // --- writing

    @Override
    public Batch batch() {
        var columns = pool.poll();
        if (columns == null) {
            columns = new Columns();
        } else {
            pooled.decrementAndGet();
        }
        int stamp = stamps.incrementAndGet();
        if (stamp == 0) {
            stamp = stamps.incrementAndGet(); // 0 is what a row begins with
        }
        return new HeadBatch(this, head, measures, stamp, oldest(), columns);
    }

    /// Samples before this are beyond the retention.
    private long oldest() {
        return options.retention().isZero()
                ? Long.MIN_VALUE + 1
                : clock.millis() - options.retention().toMillis();
    }

    void reuse(Columns columns) {
        columns.size = 0;
        if (columns.isWorthKeeping() && pooled.get() < POOLED) {
            pooled.incrementAndGet();
            pool.offer(columns);
        }
    }

    void commit(HeadBatch batch) throws IOException {
        var frame = batch.frame();
        boolean wasDirty;
        wal.lock.lock();
        try {
            refuseIfUnsafe();
            wasDirty = wal.isDirty();
            wal.append(frame, syncsInCommit);
            head.lock.lock();
            try {
                batch.apply();
            } finally {
                head.lock.unlock();
            }
        } catch (IOException e) {
            measures.failedWrites.increment();
            throw e;
        } finally {
            wal.lock.unlock();
        }
        if (!wasDirty && !syncsInCommit && !threads.isEmpty()) {
            LockSupport.unpark(threads.getFirst());
        }
    }

    private void refuseIfUnsafe() throws IOException {
        if (closing) {
            throw new IOException("the store is closed");
        }
        var why = unsynced;
        if (why != null) {
            throw new IOException(
                    "%s: nothing is accepted until the disk takes it again (%s)"
                            .formatted(disk, why.getMessage()),
                    why);
        }
        if (head.segments().taking().pendingBytes() > MOST_PENDING_BYTES) {
            throw new IOException(
                    "%s: full chunks cannot be written out (%s); free space on the disk"
                            .formatted(disk, lastComplaint));
        }
    }

    // --- asking

    @Override
    public Querier querier() {
        return new HeadQuerier(head, this::unreadable);
    }

    private void unreadable(String file, long offset, String what) {
        if (measures.unreadableChunks.value() < 10) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} at byte {1}: {2}; the chunk is left out of answers",
                    file,
                    Long.toString(offset),
                    what);
        }
        measures.unreadableChunks.increment();
    }

    public TsdbStatus status() {
        Cardinality top;
        int series;
        int pairs;
        head.index.lock.readLock().lock();
        try {
            top = new Cardinality(head.index);
            series = head.index.size();
            pairs = head.index.pairCount();
        } finally {
            head.index.lock.readLock().unlock();
        }
        head.lock.lock();
        try {
            var set = head.segments();
            return new TsdbStatus(
                    series,
                    head.rows.openChunks(),
                    pairs,
                    head.minTime(),
                    head.maxTime(),
                    (long) measures.appended.value(),
                    wal.bytes(),
                    segmentBytes(set),
                    set.sealed.size() + set.open.size(),
                    repairs,
                    top.seriesCountByMetricName(),
                    top.labelValueCountByLabelName(),
                    top.memoryInBytesByLabelName(),
                    top.seriesCountByLabelValuePair());
        } finally {
            head.lock.unlock();
        }
    }

    private static long segmentBytes(SegmentSet set) {
        long bytes = 0;
        for (var segment : set.sealed) {
            bytes += segment.bytes();
        }
        for (var segment : set.open) {
            bytes += segment.bytes();
        }
        return bytes;
    }

    private long lockedLong(java.util.function.LongSupplier value) {
        head.lock.lock();
        try {
            return value.getAsLong();
        } finally {
            head.lock.unlock();
        }
    }

    private void register(Meters meters, double replaySeconds) {
        meters.gauge(
                "prometheus_tsdb_head_series",
                "Total number of series in the head.",
                () -> head.index.size());
        meters.gauge(
                "prometheus_tsdb_head_chunks",
                "Total number of open chunks in the head.",
                () -> lockedLong(head.rows::openChunks));
        meters.gauge(
                "prometheus_tsdb_head_min_time",
                "Minimum time of the store, in milliseconds.",
                () -> lockedLong(head::minTime));
        meters.gauge(
                "prometheus_tsdb_head_max_time",
                "Maximum time of the store, in milliseconds.",
                () -> lockedLong(head::maxTime));
        meters.gauge(
                "prometheus_tsdb_lowest_timestamp",
                "Lowest time stored, in milliseconds.",
                () -> lockedLong(head::minTime));
        meters.gauge(
                "prometheus_tsdb_wal_storage_size_bytes", "Size of the log.", () -> wal.bytes());
        meters.gauge(
                "prometheus_tsdb_storage_blocks_bytes",
                "Size of all chunk segments.",
                () -> lockedLong(() -> segmentBytes(head.segments())));
        meters.gauge(
                "prometheus_tsdb_blocks_loaded",
                "Number of chunk segments.",
                () -> lockedLong(() -> head.segments().sealed.size()));
        meters.gauge(
                "prometheus_tsdb_retention_limit_bytes",
                "Bytes the store may take, 0 when it is not bounded.",
                () -> options.retentionBytes());
        meters.gauge(
                "prometheus_tsdb_retention_limit_seconds",
                "Seconds the store keeps samples, 0 when for ever.",
                () -> options.retention().toSeconds());
        meters.gauge(
                "prometheus_tsdb_data_replay_duration_seconds",
                "Time taken to replay the log at the start.",
                () -> replaySeconds);
    }

    // --- syncing

    private void keepSyncing() {
        long wait = Math.max(1, options.walSync().toNanos() / 2);
        while (!closing) {
            if (!wal.isDirty()) {
                LockSupport.park(this);
                continue;
            }
            LockSupport.parkNanos(this, wait);
            sync();
        }
    }

    /// Makes what is logged safe from a power failure.
    void sync() {
        long began = System.nanoTime();
        try {
            wal.sync();
        } catch (IOException e) {
            measures.failedSyncs.increment();
            unsynced = e;
            LOG.log(
                    System.Logger.Level.ERROR,
                    "cannot sync the log, commits are refused until it is written anew: {0}",
                    e.getMessage());
        }
        measures.syncSeconds.observe((System.nanoTime() - began) / 1e9);
    }

    // --- upkeep

    private interface Work {
        void run() throws IOException;
    }

    private void keepUp() {
        while (!closing) {
            LockSupport.parkNanos(this, UPKEEP_NANOS);
            boolean sweeps = System.nanoTime() - lastSweep > SWEEP_NANOS;
            if (sweeps) {
                lastSweep = System.nanoTime();
            }
            upkeep(sweeps);
        }
    }

    /// One round of what must be done now and then; `sweeps`: the rarer things too.
    void upkeep(boolean sweeps) {
        tryTo("write chunks out", () -> writeOut(WRITE_OUT_BYTES));
        if (sweeps && lastComplaint.isEmpty()) {
            flushIdle();
            tryTo("delete expired segments", this::retain);
            removeEmptySeries();
        }
        if (isFull()) {
            tryTo("seal a segment", this::seal);
        }
        if (unsynced != null || wal.bytes() - checkpointedTo > checkpointAfter) {
            tryTo("write a checkpoint", this::checkpoint);
        }
    }

    private void tryTo(String what, Work work) {
        try {
            work.run();
            lastComplaint = "";
        } catch (IOException e) {
            var complaint = "cannot %s: %s".formatted(what, e.getMessage());
            if (!complaint.equals(lastComplaint)) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "{0}; it is tried again every second",
                        complaint);
            }
            lastComplaint = complaint;
        }
    }

    private void writeOut(long atLeast) throws IOException {
        for (var segment : head.openSegments()) {
            if (lockedLong(segment::pendingBytes) >= atLeast) {
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
                                    unreadable(name, offset, length + " bytes damaged"));
            try (var file = disk.append(name)) {
                SealedSegment.seal(file, contents, head::labels);
            }
        }
        return SealedSegment.open(number, disk.map(name));
    }

    /// Writes series and open chunks down and drops the log before.
    void checkpoint() throws IOException {
        measures.checkpoints.increment();
        try {
            long walSegment;
            long firstSegment;
            var failure = unsynced;
            wal.lock.lock();
            try {
                walSegment = wal.roll();
            } finally {
                wal.lock.unlock();
            }
            firstSegment = lockedLong(() -> head.segments().open.getFirst().number());
            long size =
                    Checkpoint.write(
                            disk,
                            head,
                            walSegment,
                            firstSegment,
                            () -> {
                                for (var segment : head.openSegments()) {
                                    head.writeOut(segment);
                                    segment.sync();
                                }
                            });
            if (Objects.equals(unsynced, failure)) {
                unsynced = null; // everything acknowledged is on disk now
            }
            wal.dropBefore(walSegment);
            Checkpoint.dropBefore(disk, walSegment);
            checkpointedTo = wal.bytes();
            checkpointAfter = Math.max(CHECKPOINT_BYTES, size * 2);
        } catch (IOException e) {
            measures.failedCheckpoints.increment();
            throw e;
        }
    }

    /// Moves open chunks that nothing has been appended to for long out of memory.
    private void flushIdle() {
        long before = clock.millis() - IDLE_MILLIS;
        int end = (int) lockedLong(head.rows::size);
        for (int from = 0; from < end; from += 1024) {
            head.lock.lock();
            try {
                for (int row = from; row < Math.min(end, from + 1024); row++) {
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
            long bytes = segmentBytes(set) + wal.bytes();
            var kept = new ArrayList<SealedSegment>();
            for (var segment : set.sealed) {
                boolean tooOld = segment.maxTime() < oldest();
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
            head.segments(new SegmentSet(kept, set.open)).release();
        } finally {
            head.lock.unlock();
        }
        for (var segment : gone) {
            disk.delete(segment.name());
        }
    }

    /// Removes series of which no sample is left, and those that never got one.
    private void removeEmptySeries() {
        var gone = new RoaringBitmap();
        var empty = new RoaringBitmap();
        head.lock.lock();
        try {
            long earliest = earliestInSegments();
            long first = earliest;
            var rows = head.rows;
            for (int row = 0; row < rows.size(); row++) {
                if (rows.generation(row) == 0) {
                    continue;
                }
                if (rows.time(row) == Rows.NEVER) {
                    (emptyRows.contains(row) ? gone : empty).add(row);
                } else if (rows.count(row) > 0) {
                    first = Math.min(first, rows.start(row));
                } else if (rows.time(row) < earliest) {
                    gone.add(row);
                }
            }
            head.minTime(first);
        } finally {
            head.lock.unlock();
        }
        emptyRows = empty;
        head.remove(gone, true);
    }

    private long earliestInSegments() {
        long earliest = Long.MAX_VALUE;
        for (var segment : head.segments().sealed) {
            earliest = Math.min(earliest, segment.minTime());
        }
        for (var segment : head.segments().open) {
            earliest = Math.min(earliest, segment.minTime());
        }
        return earliest;
    }

    /// Syncs everything and shuts the files; the disk stays open. Batches and queriers that are
    /// still open must not be used any more.
    @Override
    public void close() {
        if (closing) {
            return;
        }
        wal.lock.lock(); // a commit is before the close, or refused
        try {
            closing = true;
        } finally {
            wal.lock.unlock();
        }
        threads.forEach(LockSupport::unpark);
        for (var thread : threads) {
            join(thread);
        }
        if (wal.bytes() - checkpointedTo > CLOSING_CHECKPOINT_BYTES) {
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

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
