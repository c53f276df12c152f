package tokenplumb.tsdb.compact;

import tokenplumb.disk.Disk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Changes;
import tokenplumb.tsdb.block.BlockDamage;
import tokenplumb.tsdb.block.BlockFolders;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.SeriesSink;
import tokenplumb.tsdb.block.Ulid;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/// The blocks of a store, from the first to the last day of each: made, merged, written anew
/// without what was deleted, expired, copied.
///
/// Queries use a [BlockSet], which is swapped at once. A block is on disk as a whole before it is
/// in the set, and out of the set before it goes from the disk; what a crash leaves half-made or
/// half-gone is removed at the next start. Of a merge either the result or all its parents count: a
/// block that names others as parents takes their place.
///
/// Changes are made one at a time, under [#work]; queries never wait for them.
public final class Blocks implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private static final double[] SECONDS = {.1, .5, 1, 5, 10, 30, 60, 120, 300, 600};
    private static final String SNAPSHOTS = "snapshots";
    private static final String UNFINISHED = ".tmp";

    /// `retention` of zero keeps for ever, `retentionBytes` of zero does not bound the size.
    ///
    /// @param formats known ones; a block is written in the first that takes it
    public record Options(Duration retention, long retentionBytes, List<BlockFormat> formats) {
        public Options {
            formats = List.copyOf(formats);
        }
    }

    /// A folder that should be a block and cannot be used.
    public record Broken(String folder, String why) {}

    private final Disk disk;
    private final Options options;
    private final Planner planner;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final BlockDamage damage;
    private final Changes changes;
    private final List<Broken> broken = new ArrayList<>();
    private final Meters.Counter compactions;
    private final Meters.Counter failedCompactions;
    private final Meters.Counter verticalCompactions;
    private final Meters.Counter timeRetentions;
    private final Meters.Counter sizeRetentions;
    private final Meters.Histogram seconds;

    /// Held by whoever makes, deletes or changes blocks; taken before any other lock.
    private final ReentrantLock work = new ReentrantLock();

    private volatile boolean isStopped;
    private BlockSet set; // guarded by this

    /// Opens the blocks that are there and removes what an earlier process left half-made. A block
    /// that cannot be opened is left out and told; its folder stays as it is.
    public Blocks(
            Disk disk,
            Options options,
            InstantSource clock,
            RandomGenerator random,
            Meters meters,
            BlockDamage damage)
            throws IOException {
        this(disk, options, clock, random, meters, damage, new Changes());
    }

    /// As above; `changes` hears when other blocks are in use than before.
    public Blocks(
            Disk disk,
            Options options,
            InstantSource clock,
            RandomGenerator random,
            Meters meters,
            BlockDamage damage,
            Changes changes)
            throws IOException {
        this.changes = changes;
        this.disk = disk;
        this.options = options;
        this.planner = new Planner(options.retention());
        this.clock = clock;
        this.random = random;
        this.damage = damage;
        compactions = meters.counter("prometheus_tsdb_compactions_total", "Blocks written.");
        failedCompactions =
                meters.counter(
                        "prometheus_tsdb_compactions_failed_total",
                        "Blocks that could not be written.");
        verticalCompactions =
                meters.counter(
                        "prometheus_tsdb_vertical_compactions_total",
                        "Merges of blocks that overlap.");
        timeRetentions =
                meters.counter(
                        "prometheus_tsdb_time_retentions_total",
                        "Times data was deleted because it is too old.");
        sizeRetentions =
                meters.counter(
                        "prometheus_tsdb_size_retentions_total",
                        "Times data was deleted because it is too much.");
        seconds =
                meters.histogram(
                        "prometheus_tsdb_compaction_duration_seconds",
                        "How long it took to write a block.",
                        SECONDS);
        this.set = new BlockSet(List.of());
        openAll();
        meters.gauge("prometheus_tsdb_blocks_loaded", "Blocks in use.", () -> size());
        meters.gauge(
                "prometheus_tsdb_storage_blocks_bytes",
                "Bytes that the blocks take on disk.",
                () -> bytes());
    }

    private void openAll() throws IOException {
        var opened = new ArrayList<LiveBlock>();
        for (var format : options.formats()) {
            BlockFolders.sweep(disk, format.parent());
            for (var folder : BlockFolders.list(disk, format.parent())) {
                try {
                    for (var file : disk.list(folder)) {
                        if (file.endsWith(UNFINISHED)) { // a replacement that never was complete
                            disk.delete(file);
                        }
                    }
                    opened.add(LiveBlock.open(format, disk, folder, damage));
                } catch (IOException e) {
                    broken.add(new Broken(folder, e.getMessage()));
                    LOG.log(
                            Level.ERROR,
                            "block {0} cannot be opened and is left out of answers: {1}; restore it"
                                + " from a copy, or move its folder away to have no more of this"
                                + " message",
                            folder,
                            e.getMessage());
                }
            }
        }
        var replaced = new HashSet<String>();
        for (var block : opened) {
            block.meta().parents().forEach(parent -> replaced.add(parent.ulid()));
        }
        for (var block : List.copyOf(opened)) {
            if (replaced.contains(block.meta().ulid())) { // a crash came before it was deleted
                opened.remove(block);
                BlockFolders.delete(disk, block.block().folder());
                block.release();
            }
        }
        for (var folder : disk.folders(SNAPSHOTS)) {
            if (folder.endsWith(UNFINISHED)) {
                disk.deleteFolder(folder);
            }
        }
        swap(opened);
        opened.forEach(LiveBlock::release); // the set uses them now
    }

    /// Blocks that could not be opened at the start.
    public List<Broken> broken() {
        return List.copyOf(broken);
    }

    // --- the set

    /// The blocks of now, to be let go.
    public synchronized BlockSet use() {
        return set.use();
    }

    private synchronized List<LiveBlock> all() {
        return set.blocks;
    }

    /// Returns the set before, already let go by this object.
    private BlockSet swap(Collection<LiveBlock> blocks) {
        var fresh = new BlockSet(blocks);
        BlockSet before;
        try (var _ = changes.begin(Long.MIN_VALUE)) {
            synchronized (this) {
                before = set;
                set = fresh;
            }
        }
        before.release();
        return before;
    }

    private BlockSet replace(Collection<LiveBlock> gone, Collection<LiveBlock> come) {
        var blocks = new ArrayList<>(all());
        blocks.removeAll(gone);
        blocks.addAll(come);
        return swap(blocks);
    }

    public synchronized long bytes() {
        return set.bytes();
    }

    public synchronized int size() {
        return set.size();
    }

    /// What the blocks say of themselves, oldest samples first.
    public List<BlockMeta> metas() {
        return all().stream().map(LiveBlock::meta).toList();
    }

    // --- making

    /// Writes the samples that a querier sees from `from` to `to` (exclusive) into a block, and
    /// takes it into the set. Answers the set of before: whoever used it does not see the block.
    /// Absent when there is nothing in the range.
    public Optional<BlockSet> add(KeptQuerier kept, long from, long to, List<String> hints)
            throws IOException {
        work.lock();
        try {
            var meta = BlockMeta.ofHead(newUlid(), from, to).withHints(hints);
            var places = List.of(SeriesMerge.Place.of(kept, from, to - 1));
            var block = write(places, meta, List.of());
            return block.map(each -> take(each, List.of()));
        } finally {
            work.unlock();
        }
    }

    private BlockSet take(LiveBlock made, List<LiveBlock> instead) {
        var before = replace(instead, List.of(made));
        made.release(); // the set uses it now
        return before;
    }

    private Optional<LiveBlock> write(
            List<SeriesMerge.Place> places, BlockMeta meta, List<LiveBlock> parents)
            throws IOException {
        long began = System.nanoTime();
        var format = format(meta);
        try {
            BlockMeta written;
            try (var sink = format.writer(disk, format.parent(), meta)) {
                if (!merging(places, meta).into(sink)) {
                    return Optional.empty();
                }
                refuseIfDamaged(parents);
                written = sink.finish();
            }
            compactions.increment();
            seconds.observe((System.nanoTime() - began) / 1e9);
            return Optional.of(
                    LiveBlock.open(
                            format,
                            disk,
                            BlockFolders.of(format.parent(), written.ulid()),
                            damage));
        } catch (IOException | RuntimeException e) {
            if (!(e instanceof InterruptedIOException)) {
                failedCompactions.increment();
            }
            throw e;
        }
    }

    private SeriesMerge merging(List<SeriesMerge.Place> places, BlockMeta meta) {
        return new SeriesMerge(places, meta.minTime(), meta.maxTime() - 1, () -> isStopped);
    }

    private static SeriesMerge.Place place(LiveBlock block) {
        return new SeriesMerge.Place(() -> block.block().inOrder(), block.deleted());
    }

    private String newUlid() {
        return Ulid.next(clock.millis(), random);
    }

    private BlockFormat format(BlockMeta meta) {
        return options.formats().stream()
                .filter(each -> each.takes(meta))
                .findFirst()
                .orElse(BlockFormat.PROMETHEUS);
    }

    /// What cannot be read would be lost for good.
    private void refuseIfDamaged(List<LiveBlock> parents) throws IOException {
        for (var parent : parents) {
            if (parent.isDamaged() && !parent.hasFailed()) {
                parent.fail();
                try {
                    parent.meta().withFailed(true).write(disk, parent.block().folder());
                } catch (IOException e) {
                    LOG.log(Level.DEBUG, "the next start will try it again", e);
                }
            }
            if (parent.hasFailed()) {
                throw new IOException(
                        "block %s is damaged and stays as it is; restore it from a copy, or delete its folder to give it up"
                                .formatted(parent.block().folder()));
            }
        }
    }

    // --- merging

    /// Makes the next of the merges that are due; false when none is.
    public boolean mergeNext() throws IOException {
        return mergeWhat(planner::next);
    }

    /// Merges the first blocks that overlap; false when none do.
    public boolean mergeOverlapping() throws IOException {
        return mergeWhat(planner::overlapping);
    }

    /// Merges the blocks whose names a plan answers; false when it answers none.
    private boolean mergeWhat(Function<List<Planner.Candidate>, List<String>> plan)
            throws IOException {
        work.lock();
        try {
            var all = all();
            var names = plan.apply(all.stream().map(LiveBlock::candidate).toList());
            if (names.isEmpty()) {
                return false;
            }
            merge(all.stream().filter(each -> names.contains(each.meta().ulid())).toList());
            return true;
        } finally {
            work.unlock();
        }
    }

    /// Writes blocks into one that takes their place.
    private void merge(List<LiveBlock> parents) throws IOException {
        var metas = parents.stream().map(LiveBlock::meta).toList();
        var meta = BlockMeta.ofBlocks(newUlid(), metas);
        var block = write(parents.stream().map(Blocks::place).toList(), meta, parents);
        if (parents.size() > 1 && overlap(metas)) {
            verticalCompactions.increment();
        }
        if (block.isPresent()) {
            take(block.get(), parents);
        } else {
            replace(parents, List.of());
        }
        for (var parent : parents) {
            BlockFolders.delete(disk, parent.block().folder());
        }
        LOG.log(
                Level.INFO,
                "{0} blocks of {1} to {2} are one now: {3}",
                parents.size(),
                meta.minTime(),
                meta.maxTime(),
                block.isPresent() ? meta.ulid() : "nothing was left in them");
    }

    private static boolean overlap(List<BlockMeta> byTime) {
        long end = Long.MIN_VALUE;
        for (var meta : byTime) {
            if (meta.minTime() < end) {
                return true;
            }
            end = Math.max(end, meta.maxTime());
        }
        return false;
    }

    // --- expiring

    /// Deletes blocks that are too old, and the oldest while there are too many bytes, those of the
    /// rest of the store counted; how many.
    public int retain(long otherBytes) throws IOException {
        work.lock();
        try {
            var newestFirst = new ArrayList<>(all());
            newestFirst.sort(
                    Comparator.comparingLong((LiveBlock block) -> block.meta().maxTime())
                            .reversed());
            var gone = new HashSet<LiveBlock>();
            if (!options.retention().isZero()) {
                long oldest =
                        newestFirst.isEmpty()
                                ? 0
                                : newestFirst.getFirst().meta().maxTime()
                                        - options.retention().toMillis();
                for (var block : newestFirst) {
                    if (block != newestFirst.getFirst() && block.meta().maxTime() <= oldest) {
                        gone.add(block);
                    }
                }
                if (!gone.isEmpty()) {
                    timeRetentions.increment();
                }
            }
            addTooMuch(newestFirst, otherBytes, gone);
            if (!gone.isEmpty()) {
                replace(gone, List.of());
                for (var block : gone) {
                    BlockFolders.delete(disk, block.block().folder());
                }
            }
            return gone.size();
        } finally {
            work.unlock();
        }
    }

    private void addTooMuch(List<LiveBlock> newestFirst, long otherBytes, Set<LiveBlock> gone) {
        if (options.retentionBytes() <= 0) {
            return;
        }
        long bytes = otherBytes;
        boolean isTooMuch = false;
        for (var block : newestFirst) {
            bytes += block.block().bytes();
            if (bytes > options.retentionBytes()) {
                isTooMuch |= gone.add(block);
            }
        }
        if (isTooMuch) {
            sizeRetentions.increment();
        }
    }

    // --- deleting

    /// Deletes samples from `from` to `to` (both included) of the series, as users see them, that
    /// pass all matchers of any of the selectors. Durable when it returns.
    public void delete(long from, long to, List<List<Matcher>> selectors) throws IOException {
        work.lock();
        try {
            for (var block : all()) {
                if (block.overlaps(from, to)) {
                    long start = Math.max(from, block.meta().minTime());
                    long end = Math.min(to, block.meta().maxTime() - 1);
                    delete(block, start, end, selectors);
                }
            }
        } finally {
            work.unlock();
        }
    }

    private void delete(LiveBlock block, long from, long to, List<List<Matcher>> selectors)
            throws IOException {
        try (var kept = block.block().kept()) {
            var hit = Hit.in(kept, from, to, selectors);
            block.block().delete(hit.whole(), from, to);
            if (hit.members().isEmpty()) {
                return;
            }
            var deleted = new Deleted.Builder(block.deleted());
            hit.members()
                    .forEach((family, members) ->
                            members.forEach(member -> deleted.addMember(family, member, from, to)));
            block.deleted(disk, deleted.build());
        }
    }

    /// Writes every block anew of which something was deleted, without that.
    public void clean() throws IOException {
        work.lock();
        try {
            for (var block : all()) {
                if (block.tombstones() > 0) {
                    merge(List.of(block));
                }
            }
        } finally {
            work.unlock();
        }
    }

    // --- in the hands of the command line

    /// A block as it is listed.
    public record Listed(
            BlockMeta meta, String folder, String format, long bytes, long tombstones) {}

    /// Oldest samples first.
    public synchronized List<Listed> listed() {
        return set.blocks.stream()
                .map(each ->
                        new Listed(
                                each.meta(),
                                each.block().folder(),
                                each.format().toString(),
                                each.block().bytes(),
                                each.tombstones()))
                .toList();
    }

    /// Reads everything and tells what is wrong.
    public List<String> verify() {
        var wrong = new ArrayList<String>();
        var now = use();
        try {
            for (var each : now.blocks) {
                for (var what : each.block().verify()) {
                    wrong.add(each.block().folder() + ": " + what);
                }
            }
        } finally {
            now.release();
        }
        return wrong;
    }

    /// Absent when there is no such block; `""` is the newest.
    public Optional<BlockAnalysis> analyze(String ulid) {
        var now = use();
        try {
            for (var each : now.blocks.reversed()) {
                if (ulid.isEmpty() || each.meta().ulid().equals(ulid)) {
                    return Optional.of(BlockAnalysis.of(each.block()));
                }
            }
            return Optional.empty();
        } finally {
            now.release();
        }
    }

    /// Copies blocks of another folder into this store, passing over those that are here by name;
    /// how many.
    public int copyFrom(Disk other) throws IOException {
        work.lock();
        try {
            var here = new HashSet<String>();
            metas().forEach(meta -> {
                here.add(meta.ulid());
                meta.parents().forEach(parent -> here.add(parent.ulid()));
            });
            int copied = 0;
            for (var format : options.formats()) {
                for (var folder : BlockFolders.list(other, format.parent())) {
                    var ulid = folder.substring(folder.lastIndexOf('/') + 1);
                    if (here.contains(ulid)) {
                        continue;
                    }
                    var meta = BlockMeta.read(other, folder);
                    var unfinished = folder + ".tmp-for-creation";
                    disk.deleteFolder(unfinished);
                    copy(other, folder, unfinished);
                    disk.rename(unfinished, folder);
                    take(LiveBlock.open(format, disk, folder, damage), List.of());
                    LOG.log(Level.DEBUG, "copied {0}", meta.ulid());
                    copied++;
                }
            }
            return copied;
        } finally {
            work.unlock();
        }
    }

    private void copy(Disk other, String from, String to) throws IOException {
        for (var file : other.list(from)) {
            try (var mapping = other.map(file);
                    var into = disk.append(to + file.substring(from.length()))) {
                var bytes = mapping.bytes();
                var piece = new byte[1 << 20];
                for (long at = 0; at < bytes.byteSize(); at += piece.length) {
                    int length = (int) Math.min(piece.length, bytes.byteSize() - at);
                    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, piece, 0, length);
                    into.append(piece, 0, length);
                }
                into.sync();
            }
        }
        for (var inner : other.folders(from)) {
            copy(other, inner, to + inner.substring(from.length()));
        }
    }

    /// Writes every block to another folder in Prometheus' format, folded histograms (`isClassic`)
    /// as the classic series they stand for; how many.
    public int export(Disk to, boolean isClassic) throws IOException {
        work.lock();
        try {
            int written = 0;
            for (var block : all()) {
                var meta = BlockMeta.ofBlocks(newUlid(), List.of(block.meta()));
                try (var sink = BlockFormat.PROMETHEUS.writer(to, "", meta)) {
                    var merge = merging(List.of(place(block)), meta);
                    if (isClassic ? merge.intoClassic(sink) : merge.into(sink)) {
                        refuseIfDamaged(List.of(block));
                        sink.finish();
                        written++;
                    }
                }
            }
            return written;
        } finally {
            work.unlock();
        }
    }

    /// Writes every block anew that is not in the format in which it would be written now; how
    /// many.
    public int convert() throws IOException {
        work.lock();
        try {
            int converted = 0;
            for (var block : all()) {
                if (!format(block.meta()).parent().equals(block.format().parent())) {
                    merge(List.of(block));
                    converted++;
                }
            }
            return converted;
        } finally {
            work.unlock();
        }
    }

    // --- copying

    /// Copies all blocks, and what a querier of the head sees from `from` to `to` (exclusive) as a
    /// block, to a folder of the store that can be opened as a store of its own; its name.
    public String snapshot(Optional<KeptQuerier> head, long from, long to) throws IOException {
        work.lock();
        try {
            var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            var name =
                    "%s-%x"
                            .formatted(
                                    now.toString().replaceAll("[-:]", ""), random.nextLong() >>> 1);
            var folder = SNAPSHOTS + "/" + name;
            var unfinished = folder + UNFINISHED;
            try {
                for (var block : all()) {
                    copy(block.block().folder(), unfinished + "/" + block.block().folder());
                }
                if (head.isPresent() && from < to) {
                    copyHead(head.get(), from, to, unfinished);
                }
                if (disk.folders(unfinished).isEmpty()) {
                    disk.replace(
                            unfinished + "/empty",
                            "The store was empty.\n".getBytes(StandardCharsets.UTF_8));
                }
                disk.rename(unfinished, folder);
            } catch (IOException | RuntimeException e) {
                disk.deleteFolder(unfinished);
                throw e;
            }
            return name;
        } finally {
            work.unlock();
        }
    }

    private void copyHead(KeptQuerier head, long from, long to, String into) throws IOException {
        var meta = BlockMeta.ofHead(newUlid(), from, to);
        try (SeriesSink sink = BlockFormat.PROMETHEUS.writer(disk, into, meta)) {
            var places = List.of(SeriesMerge.Place.of(head, from, to - 1));
            if (merging(places, meta).into(sink)) {
                sink.finish();
            }
        }
    }

    private void copy(String from, String to) throws IOException {
        for (var file : disk.list(from)) {
            disk.link(file, to + file.substring(from.length()));
        }
        for (var inner : disk.folders(from)) {
            copy(inner, to + inner.substring(from.length()));
        }
    }

    /// Ends what is under way at its next step; nothing more is begun.
    public void stop() {
        isStopped = true;
    }

    /// Closes the blocks once their last users are gone.
    @Override
    public void close() {
        stop();
        work.lock();
        try {
            swap(List.of());
        } finally {
            work.unlock();
        }
    }
}
