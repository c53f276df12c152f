package tokenplumb.tsdb;

import tokenplumb.disk.Disk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Changes;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SeriesExemplars;
import tokenplumb.storage.Storage;
import tokenplumb.tsdb.compact.BlockFormat;
import tokenplumb.tsdb.compact.Blocks;
import tokenplumb.tsdb.compact.HeadDeletions;
import tokenplumb.tsdb.dense.DenseFormat;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.tiers.Tiers;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

    private static final long MOST_PENDING_BYTES = 64 << 20;
    private static final long UPKEEP_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long COMPACTION_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int POOLED = 8;

    /// How the store behaves. `retention` of zero keeps for ever, `retentionBytes` of zero does not
    /// bound the size. `walSync` is how long an acknowledged commit may wait to be safe from a
    /// power failure (it is safe from the death of this process at once); zero waits within the
    /// commit. `outOfOrderWindow` is how much older than the newest sample of all a sample may be
    /// that is older than others of its series; zero takes none. `tiers` is how long downsampled
    /// tiers are kept. `denseFromLevel`: blocks that were compacted so often are written in the
    /// dense format, which Prometheus cannot read; 1 is all of them, 0 none.
    public record Options(
            Duration retention,
            long retentionBytes,
            Duration walSync,
            GuardRails rails,
            Duration outOfOrderWindow,
            TierRetention tiers,
            int denseFromLevel) {
        /// All blocks in Prometheus' format.
        public Options(
                Duration retention,
                long retentionBytes,
                Duration walSync,
                GuardRails rails,
                Duration outOfOrderWindow,
                TierRetention tiers) {
            this(retention, retentionBytes, walSync, rails, outOfOrderWindow, tiers, 0);
        }

        /// Without tiers.
        public Options(
                Duration retention,
                long retentionBytes,
                Duration walSync,
                GuardRails rails,
                Duration outOfOrderWindow) {
            this(retention, retentionBytes, walSync, rails, outOfOrderWindow, TierRetention.NONE);
        }

        /// Without a window for late samples.
        public Options(
                Duration retention, long retentionBytes, Duration walSync, GuardRails rails) {
            this(retention, retentionBytes, walSync, rails, Duration.ZERO);
        }

        /// With a limit of series in all (0: none).
        public Options(Duration retention, long retentionBytes, Duration walSync, long maxSeries) {
            this(retention, retentionBytes, walSync, GuardRails.inAll(maxSeries));
        }

        public Options {
            if (walSync.isNegative() || walSync.compareTo(Duration.ofSeconds(1)) > 0) {
                throw new IllegalArgumentException(
                        "walSync is %s; it must lie between 0 and 1 s".formatted(walSync));
            }
            if (outOfOrderWindow.isNegative()) {
                throw new IllegalArgumentException(
                        "outOfOrderWindow is %s; it must not be negative"
                                .formatted(outOfOrderWindow));
            }
            if (retention.isNegative() || retentionBytes < 0) {
                throw new IllegalArgumentException(
                        "retention %s, %d bytes: neither may be negative"
                                .formatted(retention, retentionBytes));
            }
        }

        /// Samples before this are beyond the retention.
        long oldest(long nowMillis) {
            return retention.isZero() ? Long.MIN_VALUE + 1 : nowMillis - retention.toMillis();
        }

        Blocks.Options blocks() {
            return new Blocks.Options(
                    retention,
                    retentionBytes,
                    denseFromLevel > 0
                            ? List.of(new DenseFormat(denseFromLevel), BlockFormat.PROMETHEUS)
                            : List.of(BlockFormat.PROMETHEUS, new DenseFormat(Integer.MAX_VALUE)));
        }

        public static Options defaults() {
            return new Options(Duration.ofDays(15), 0, Duration.ofMillis(500), 0);
        }
    }

    private final Disk disk;
    private final Options options;
    private final InstantSource clock;
    private final Measures measures;
    private final Changes changes = new Changes();
    private final Head head;
    private final Wal wal;
    private final List<TsdbStatus.Repair> repairs;
    private final AtomicInteger stamps = new AtomicInteger();
    private final ConcurrentLinkedQueue<Columns> pool = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pooled = new AtomicInteger();
    private final Set<Integer> openBatches = ConcurrentHashMap.newKeySet(); // their stamps
    private final List<Thread> threads = new ArrayList<>();
    private final Queried queried;
    private final Upkeep upkeep;
    private final Blocks blocks;
    private final HeadDeletions deletions;
    private final Compacting compacting;
    private final Exemplars exemplars;
    private final Downsampling downsampling;
    private final Refused refused;
    private final boolean syncsInCommit;
    private volatile boolean closing;

    /// Opens what is on the disk: replays the log, repairs what is damaged.
    public Tsdb(Disk disk, Options options, InstantSource clock, Meters meters) throws IOException {
        this(disk, options, clock, meters, true);
    }

    /// Without threads of its own; a test calls [#sync] and [#upkeep] instead.
    Tsdb(Disk disk, Options options, InstantSource clock, Meters meters, boolean withThreads)
            throws IOException {
        this.disk = disk;
        this.options = options;
        this.clock = clock;
        this.measures = new Measures(meters);
        this.head = new Head(measures, options.rails(), options.outOfOrderWindow(), clock);
        this.refused = new Refused(disk.toString(), clock, LOG);
        this.syncsInCommit = options.walSync().isZero();
        long began = System.nanoTime();
        OlderFolders.move(disk);
        this.blocks =
                new Blocks(
                        disk,
                        options.blocks(),
                        clock,
                        new SecureRandom(),
                        meters,
                        measures::unreadable,
                        changes);
        this.deletions = new HeadDeletions(disk, "head/deleted");
        var recovery = new Recovery(disk, head, measures);
        recovery.run();
        this.exemplars = new Exemplars(disk, meters);
        this.repairs = new ArrayList<>(recovery.repairs());
        this.repairs.addAll(exemplars.repairs());
        for (var broken : blocks.broken()) {
            repairs.add(
                    new TsdbStatus.Repair(
                            broken.folder(),
                            0,
                            broken.why(),
                            "what is in the block, until it is restored"));
        }
        this.queried = Queried.load(disk, clock);
        this.wal = new Wal(disk, recovery.nextWal(), recovery.walBytes(), this::wakeSync);
        this.upkeep =
                new Upkeep(
                        disk,
                        head,
                        wal,
                        options,
                        clock,
                        measures,
                        changes,
                        openBatches::contains,
                        recovery);
        this.compacting = new Compacting(head, upkeep, blocks, deletions, clock);
        this.downsampling = new Downsampling(disk, options, clock, meters, changes, this::raw);
        double seconds = (System.nanoTime() - began) / 1e9;
        measures.watch(head, wal, options, seconds);
        if (recovery.replayed() > 0 || !repairs.isEmpty()) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0} series, {1} samples replayed in {2} s, {3} repairs",
                    head.index.size(),
                    recovery.replayed(),
                    "%.2f".formatted(seconds),
                    repairs.size());
        }
        upkeep.checkpointAfterStart(!repairs.isEmpty() || recovery.needsCheckpoint());
        new PrometheusImport(disk, this, blocks, deletions, repairs).run(clock.instant());
        if (withThreads) {
            start("tsdb-sync", this::keepSyncing);
            start("tsdb-upkeep", this::keepUp);
            start("tsdb-compact", this::keepCompacting);
            start("tsdb-tiers", downsampling::run);
        }
    }

    private void start(String name, Runnable work) {
        threads.add(Thread.ofPlatform().daemon().name(name).start(work));
    }

    Upkeep upkeep() {
        return upkeep;
    }

    Compacting compacting() {
        return compacting;
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
        openBatches.add(stamp);
        return new HeadBatch(this, head, measures, stamp, options.oldest(clock.millis()), columns);
    }

    /// Takes back what a batch that was closed no longer needs.
    void closed(int stamp, Columns columns) {
        openBatches.remove(stamp);
        columns.clear();
        if (columns.isWorthKeeping() && pooled.get() < POOLED) {
            pooled.incrementAndGet();
            pool.offer(columns);
        }
    }

    void commit(HeadBatch batch) throws IOException {
        var frame = batch.frame();
        wal.lock.lock();
        try {
            refuseIfClosedOrFull();
            wal.append(frame, syncsInCommit);
            try (var _ = changes.begin(batch.oldest())) {
                head.lock.lock();
                try {
                    batch.apply();
                } finally {
                    head.lock.unlock();
                }
            }
            refused.worked();
        } catch (IOException e) {
            measures.failedWrites.increment();
            if (!closing) {
                refused.failed(e);
            }
            throw e;
        } finally {
            wal.lock.unlock();
        }
        downsampling.wrote(batch);
    }

    void add(List<Exemplars.Found> found) {
        exemplars.add(found);
    }

    /// Keeps this many exemplars from now on; 0: none.
    public void maxExemplars(int most) {
        exemplars.most(most);
    }

    private void refuseIfClosedOrFull() throws IOException {
        if (closing) {
            throw new IOException("the store is closed");
        }
        if (head.segments().taking().pendingBytes() > MOST_PENDING_BYTES) {
            throw new IOException(
                    "%s: full chunks cannot be written out (%s); free space on the disk"
                            .formatted(disk, upkeep.complaint()));
        }
    }

    // --- asking

    @Override
    public Querier querier() {
        return new NotingQuerier(downsampling.querier(), queried);
    }

    @Override
    public Optional<Changes> changes() {
        return Optional.of(changes);
    }

    /// The samples as they were measured, wherever they are kept: what queries see and tiers are
    /// made of.
    Tiers.Raw raw() {
        var kept = deletions.without(head.kept());
        long oldest = head.locked(head::minTime);
        long newest = head.locked(head::maxTime);
        var querier = new StoreQuerier(kept, blocks.use());
        return new Tiers.Raw(
                querier,
                querier.places(),
                Math.min(oldest, querier.blocksFrom()),
                Math.max(newest, querier.blocksTo()));
    }

    Downsampling downsampling() {
        return downsampling;
    }

    Head head() {
        return head;
    }

    /// What the head keeps, folded histograms as such.
    KeptQuerier kept() {
        return head.kept();
    }

    @Override
    public List<SeriesExemplars> exemplars(long from, long to, List<List<Matcher>> selectors) {
        return exemplars.find(from, to, selectors);
    }

    /// With the ten largest of each kind.
    public TsdbStatus status() {
        return status(10);
    }

    /// Where the series come from, with at most so many lines of each kind.
    public CardinalityReport cardinality(int most) {
        var resolutions = new ArrayList<CardinalityReport.OfResolution>();
        resolutions.add(ofSamples());
        for (var held : downsampling.held()) {
            resolutions.add(
                    new CardinalityReport.OfResolution(
                            held.tier().name(),
                            held.bytes(),
                            held.from(),
                            held.to(),
                            held.tier().retention().toMillis()));
        }
        head.index.lock.readLock().lock();
        try {
            return new Cardinality(head.index).report(head.gate(), queried, resolutions, most);
        } finally {
            head.index.lock.readLock().unlock();
        }
    }

    private CardinalityReport.OfResolution ofSamples() {
        long from;
        try (var samples = raw()) {
            from = samples.from();
        }
        long to = head.locked(head::maxTime);
        boolean isEmpty = from > to;
        return new CardinalityReport.OfResolution(
                "samples",
                wal.bytes() + blocks.bytes() + head.locked(() -> head.segments().bytes()),
                isEmpty ? 0 : from,
                isEmpty ? 0 : to,
                options.retention().toMillis());
    }

    /// With the largest of each kind, at most so many.
    public TsdbStatus status(int most) {
        Cardinality top;
        int series;
        long pairs;
        List<List<TsdbStatus.Count>> lists;
        List<TsdbStatus.Refusal> refusals;
        List<String> warnings;
        head.index.lock.readLock().lock();
        try {
            top = new Cardinality(head.index);
            series = head.index.size();
            pairs = top.labelPairs();
            lists =
                    List.of(
                            top.seriesCountByMetricName(most),
                            top.labelValueCountByLabelName(most),
                            top.memoryInBytesByLabelName(most),
                            top.seriesCountByLabelValuePair(most));
            refusals = head.gate().refusals();
            warnings = head.gate().warnings();
        } finally {
            head.index.lock.readLock().unlock();
        }
        head.lock.lock();
        try {
            var set = head.segments();
            return new TsdbStatus(
                    series,
                    top.classic(),
                    top.folded(),
                    head.rows.openChunks(),
                    pairs,
                    head.minTime(),
                    head.maxTime(),
                    (long) measures.appended.value(),
                    wal.bytes(),
                    set.bytes(),
                    set.sealed.size() + set.open.size(),
                    repairs,
                    refusals,
                    warnings,
                    lists.get(0),
                    lists.get(1),
                    lists.get(2),
                    lists.get(3));
        } finally {
            head.lock.unlock();
        }
    }

    /// Series of a metric made in the last hour.
    long madeLately(String metric) {
        head.index.lock.readLock().lock();
        try {
            return head.gate().lately(metric);
        } finally {
            head.index.lock.readLock().unlock();
        }
    }

    // --- deleting and copying

    /// Deletes samples from `from` to `to` (milliseconds, both included) of the series that pass
    /// all matchers of any of the selectors, members of folded histograms among them. Durable when
    /// it returns; waits for a compaction that is under way.
    public void delete(long from, long to, List<List<Matcher>> selectors) throws IOException {
        try (var _ = changes.begin(from)) {
            compacting.delete(from, to, selectors);
        }
        downsampling.changed(from, to);
    }

    /// Writes blocks anew without what was deleted from them, so that it is gone from the disk.
    public void cleanTombstones() throws IOException {
        compacting.clean();
    }

    /// Copies everything, the head as a block (unless told not to), to a folder below `snapshots/`
    /// that can be opened as a store of its own; its name.
    public String snapshot(boolean withHead) throws IOException {
        return compacting.snapshot(withHead);
    }

    // --- syncing

    private void wakeSync() {
        if (!threads.isEmpty()) {
            LockSupport.unpark(threads.getFirst());
        }
    }

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
            LOG.log(
                    System.Logger.Level.ERROR,
                    "cannot sync the log, commits are refused until it is written anew: {0}",
                    e.getMessage());
        }
        exemplars.sync();
        measures.syncSeconds.observe((System.nanoTime() - began) / 1e9);
    }

    private void keepUp() {
        long lastSweep = System.nanoTime();
        while (!closing) {
            LockSupport.parkNanos(this, UPKEEP_NANOS);
            boolean sweeps = System.nanoTime() - lastSweep > SWEEP_NANOS;
            if (sweeps) {
                lastSweep = System.nanoTime();
            }
            try {
                synchronized (upkeep) { // compaction truncates
                    upkeep.round(sweeps);
                }
                if (sweeps) {
                    upkeep.tryTo("note what is queried", () -> queried.save(disk));
                }
            } catch (RuntimeException bug) { // the next round may still do its work
                LOG.log(System.Logger.Level.ERROR, "bug: upkeep of the store failed", bug);
            }
        }
    }

    private void keepCompacting() {
        while (!closing) {
            LockSupport.parkNanos(this, COMPACTION_NANOS);
            if (closing) {
                return;
            }
            try {
                compacting.round(headBytes());
            } catch (RuntimeException bug) { // the next round may still do its work
                LOG.log(System.Logger.Level.ERROR, "bug: compaction failed", bug);
            }
        }
    }

    private long headBytes() {
        return wal.bytes() + head.locked(() -> head.segments().bytes());
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
        downsampling.stop();
        blocks.stop();
        threads.forEach(LockSupport::unpark);
        for (var thread : threads) {
            join(thread);
        }
        exemplars.close();
        downsampling.close();
        upkeep.close();
        blocks.close();
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
