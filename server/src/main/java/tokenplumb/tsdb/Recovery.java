package tokenplumb.tsdb;

import org.roaringbitmap.RoaringBitmap;

import tokenplumb.bytes.ByteReader;
import tokenplumb.disk.Disk;
import tokenplumb.signal.Histogram;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/// Brings a store back from its files, whatever happened to them.
///
/// 1. Sealed segments are opened, unsealed ones read through for their sound chunks.
/// 2. The newest checkpoint puts the series and their open chunks back. An open chunk that filled
///    up later stands in a segment too; the segment's is the longer one and stays.
/// 3. The log after the checkpoint is replayed. What a series has already is passed over, so the
///    log may overlap with both.
/// 4. If series were lost with a damaged record, or with the end of the log when the power went,
///    they are looked up in the tables that sealed segments carry, and the log is replayed once
///    more for them. A checkpoint must follow, or they would hang on these tables alone.
/// 5. Unsealed segments but for the newest, which goes on taking chunks, are sealed: from now on
///    they are read only.
///
/// Nothing is ever taken for what it is not: every record has its checksum, and a reference belongs
/// to one series for ever.
final class Recovery {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");
    private static final int MOST_REPAIRS = 1000;
    private static final long[] NO_COUNTS = new long[0];

    private final Disk disk;
    private final Head head;
    private final Measures measures;
    private final List<TsdbStatus.Repair> repairs = new ArrayList<>();
    private final List<SealedSegment> sealed = new ArrayList<>();
    private final List<Unsealed> unsealed = new ArrayList<>();
    private final Flushed flushed = new Flushed();
    private final Set<Long> unknown = new HashSet<>();
    private long unknownSamples;
    private long nextSegment;
    private long nextWal = 1;
    private long checkpointAt = -1; // the number of the one restored
    private boolean isCheckpointWhole;
    private long firstSegment; // full chunks of the log's samples are in this one or later
    private long walBytes;
    private long spareWalBytes;
    private boolean isLogWhole = true;
    private long replayed;
    private boolean isQuiet; // what is found was reported before
    private boolean hasFoundLost; // series that neither checkpoint nor log know
    private Moved moved = Moved.NOTHING;
    private boolean isLogBehind; // its files are lost, the next one has a number far off

    private record Unsealed(
            long number, Disk.Mapping mapping, SealedSegment.Contents contents, boolean isSound) {}

    Recovery(Disk disk, Head head, Measures measures) {
        this.disk = disk;
        this.head = head;
        this.measures = measures;
    }

    void run() throws IOException {
        findSegments();
        head.segments(new SegmentSet(List.of(), List.of(taking())));
        readMoved();
        restoreCheckpoint();
        findFlushed();
        settleOpenChunks();
        replay();
        boolean isLogGone = head.index.size() == 0 && !sealed.isEmpty();
        boolean isCheckpointTorn = checkpointAt >= 0 && !isCheckpointWhole;
        if (!unknown.isEmpty()
                || !isLogWhole
                || isCheckpointTorn
                || isLogGone
                || hasChunksOfUnknown()) {
            findLostSeries();
        }
        isLogBehind = nextWal < moved.walSegment();
        nextWal =
                Math.max(
                        nextWal,
                        moved.walSegment()); // no log file may be taken for one from before
        reportUnknown();
        catchUp();
        head.index.dropEmptyPairs();
        seal();
        dropWritten();
        var before = head.segments(new SegmentSet(sealed, List.of(head.segments().taking())));
        before.release();
        sealed.forEach(SealedSegment::close); // the set uses them now
        sealed.forEach(segment -> head.sawTimes(segment.minTime(), segment.maxTime()));
    }

    /// The segment that takes chunks: the one that did before, if there is nothing wrong with it.
    private OpenSegment taking() {
        if (!unsealed.isEmpty()) {
            var last = unsealed.getLast();
            if (last.isSound && last.number == nextSegment - 1) {
                unsealed.removeLast();
                last.mapping.close();
                return new OpenSegment(disk, last.number, last.contents);
            }
        }
        return new OpenSegment(disk, nextSegment++);
    }

    /// Deletes the segments of which blocks hold everything.
    private void dropWritten() throws IOException {
        for (var segment : List.copyOf(sealed)) {
            if (segment.maxTime() < head.minValid()) {
                sealed.remove(segment);
                disk.delete(segment.name());
                segment.close();
            }
        }
    }

    List<TsdbStatus.Repair> repairs() {
        return repairs;
    }

    long nextSegment() {
        return nextSegment;
    }

    long nextWal() {
        return nextWal;
    }

    long walBytes() {
        return walBytes;
    }

    long replayed() {
        return replayed;
    }

    private void repair(String file, long offset, String what, String lost) {
        if (isQuiet) {
            return;
        }
        measures.corruptions.increment();
        var repair = new TsdbStatus.Repair(file, offset, what, lost);
        if (repairs.size() < MOST_REPAIRS) {
            repairs.add(repair);
            LOG.log(System.Logger.Level.WARNING, "repaired {0}", repair);
        }
    }

    // --- 1. segments

    private void findSegments() throws IOException {
        nextSegment = 1;
        for (var name : disk.list(SegmentFile.FOLDER)) {
            long number = SegmentFile.number(name);
            if (number < 0) {
                continue;
            }
            nextSegment = Math.max(nextSegment, number + 1);
            try {
                openSegment(number, disk.map(name));
            } catch (IOException | InternalError e) {
                repair(
                        name,
                        0,
                        "cannot be read: " + e.getMessage(),
                        "its chunks, until it can be read again");
            }
        }
    }

    private void openSegment(long number, Disk.Mapping mapping) throws IOException {
        var name = SegmentFile.name(number);
        var file = mapping.bytes();
        if (file.byteSize() <= SegmentFile.HEADER) {
            mapping.close();
            disk.delete(name);
            return;
        }
        if (SealedSegment.isSealed(file)) {
            sealed.add(SealedSegment.found(number, mapping));
            return;
        }
        var isSound = new AtomicBoolean(true);
        if (!SegmentFile.isMagic(file.get(SegmentFile.LONG, 0))) {
            repair(name, 0, "header damaged", "nothing");
            isSound.set(false);
        }
        var contents =
                SealedSegment.scan(
                        file,
                        file.byteSize(),
                        flushed::add,
                        (offset, length, tail, what) -> {
                            if (!tail) { // the log still has what a torn tail held
                                isSound.set(false);
                                repair(name, offset, what, length + " bytes of chunks");
                            }
                        });
        if (contents.offsets.length == 0) {
            mapping.close();
            disk.delete(name);
            return;
        }
        unsealed.add(new Unsealed(number, mapping, contents, isSound.get()));
    }

    // --- 2. checkpoint

    private void readMoved() {
        try {
            var read = Moved.read(disk);
            if (read.isEmpty()) {
                repair(Moved.FILE, 0, "damaged", "nothing while the newest checkpoint is sound");
                disk.delete(Moved.FILE); // the next compaction makes it anew
            }
            moved = read.orElse(Moved.NOTHING);
        } catch (IOException | InternalError e) {
            repair(
                    Moved.FILE,
                    0,
                    "cannot be read: " + e.getMessage(),
                    "nothing while the newest checkpoint is sound");
        }
        head.restoreMinValid(moved.before());
    }

    private void restoreCheckpoint() throws IOException {
        checkpointAt = bestCheckpoint();
        if (checkpointAt < 0) {
            return;
        }
        nextWal = checkpointAt;
        var late = new Replay(checkpointAt);
        var name = Checkpoint.name(checkpointAt);
        try (var mapping = disk.map(name)) {
            read(
                    mapping.bytes(),
                    0,
                    name,
                    "the series in it, unless found elsewhere",
                    (kind, from, bytes) -> {
                        switch (kind) {
                            case Records.CHECKPOINT_BEGIN -> {
                                firstSegment = from.getUvarint();
                                head.usedGeneration((int) from.getUvarint());
                                if (from.remaining() > 0) {
                                    head.restoreMinValid(from.getVarint());
                                }
                            }
                            case Records.MIXED_COMMIT ->
                                    Records.readCommit(kind, from, bytes, head.index, late);
                            case Records.CHECKPOINT_SERIES, Records.CHECKPOINT_NATIVES ->
                                    Checkpoint.restore(kind, from, head, this::restoreSeries);
                            case Records.CHECKPOINT_END ->
                                    isCheckpointWhole = from.getUvarint() == head.index.size();
                            default -> throw new IndexOutOfBoundsException("kind " + kind);
                        }
                    });
            if (!isCheckpointWhole) {
                LOG.log(System.Logger.Level.WARNING, "{0} is not whole", name);
            }
        } catch (IOException | InternalError e) {
            setAside(name, e.getMessage());
        }
    }

    /// The newest checkpoint that is whole: a damaged one costs nothing where the one before is
    /// there with the log since, or the log from its beginning. Else the newest; -1 when there is
    /// none.
    private long bestCheckpoint() throws IOException {
        var numbers = new ArrayList<Long>();
        boolean hasFirstLog = false;
        for (var name : disk.list(Wal.FOLDER)) {
            hasFirstLog |= Wal.number(name) == 1;
            long number = Checkpoint.number(name);
            if (number >= 0) {
                numbers.addFirst(number);
            }
        }
        var damaged = new ArrayList<Long>();
        for (long number : numbers) {
            try (var mapping = disk.map(Checkpoint.name(number))) {
                if (Checkpoint.isWhole(mapping.bytes())) {
                    reportUseless(damaged, "the one before is as good, with the log since");
                    return number;
                }
                damaged.add(number);
            } catch (IOException | InternalError e) {
                setAside(Checkpoint.name(number), e.getMessage());
            }
        }
        if (hasFirstLog) {
            reportUseless(damaged, "the log is there from its beginning");
            return -1;
        }
        return damaged.isEmpty() ? -1 : damaged.getFirst();
    }

    private void reportUseless(List<Long> damaged, String why) {
        for (long number : damaged) {
            repair(Checkpoint.name(number), 0, "damaged and not used: " + why, "nothing");
        }
    }

    /// The number of the checkpoint that was restored, -1 when none was.
    long checkpointAt() {
        return checkpointAt;
    }

    /// Bytes of log that the checkpoint does not need.
    long spareWalBytes() {
        return spareWalBytes;
    }

    private void restoreSeries(long reference, int[] ids) {
        head.usedGeneration((int) (reference >>> 32));
        head.restore(reference, ids);
    }

    private interface Body {
        void read(int kind, ByteReader from, byte[] bytes);
    }

    private void read(MemorySegment file, long start, String name, String lost, Body body) {
        Frame.scan(
                file,
                start,
                file.byteSize(),
                new Frame.Listener() {
                    @Override
                    public void body(byte[] bytes, int length, long offset) {
                        try {
                            var from = new ByteReader(bytes, 0, length);
                            body.read(from.getByte(), from, bytes);
                        } catch (IndexOutOfBoundsException e) {
                            repair(name, offset, "not understood: " + e.getMessage(), lost);
                            isLogWhole = false;
                        }
                    }

                    @Override
                    public void damage(long offset, long length, boolean tail, String what) {
                        repair(name, offset, what, length + " bytes: " + lost);
                        isLogWhole &= tail;
                    }
                });
    }

    private void setAside(String name, String why) throws IOException {
        int file = name.lastIndexOf('/') + 1;
        var aside = name.substring(0, file) + "unreadable-" + name.substring(file);
        repair(name, 0, "cannot be read: " + why, "what it holds; kept as " + aside);
        isLogWhole = false;
        disk.rename(name, aside);
    }

    private void findFlushed() {
        for (var segment : sealed) {
            if (segment.number() >= firstSegment) {
                addRanges(segment, flushed::add);
            }
        }
        flushed.index();
    }

    private void addRanges(SealedSegment segment, SealedSegment.Ranges ranges) {
        try {
            segment.ranges(ranges);
        } catch (InternalError e) { // what a failed page-in of a mapped file throws
            repair(segment.name(), 0, "cannot be read: " + e.getMessage(), "chunks there, if any");
        }
    }

    private void settleOpenChunks() {
        var rows = head.rows;
        for (int row = 0; row < rows.size(); row++) {
            if (rows.generation(row) != 0 && rows.count(row) > 0) {
                long start = rows.start(row);
                if (flushed.touches(rows.reference(row), start, start)) {
                    rows.clearChunk(row);
                }
            }
        }
    }

    // --- 3. log

    private void replay() throws IOException {
        long expected = Math.max(1, checkpointAt);
        walBytes = 0;
        spareWalBytes = 0;
        for (var name : disk.list(Wal.FOLDER)) {
            long number = Wal.number(name);
            if (number < 0) {
                continue;
            }
            if (number < checkpointAt) {
                spareWalBytes += disk.size(name);
                continue;
            }
            if (number != expected) {
                reportMissing(expected, number);
            }
            expected = number + 1;
            try (var mapping = disk.map(name)) {
                replay(name, number, mapping.bytes());
                walBytes += mapping.bytes().byteSize();
            } catch (IOException | InternalError e) {
                setAside(name, e.getMessage());
            }
        }
        walBytes += spareWalBytes;
        nextWal = Math.max(nextWal, expected);
    }

    private void reportMissing(long from, long to) {
        repair(
                Wal.name(from),
                0,
                to - from == 1 ? "missing" : (to - from) + " files missing from here",
                "the commits in it");
        isLogWhole = false;
    }

    private void replay(String name, long number, MemorySegment file) {
        if (file.byteSize() < Wal.HEADER) {
            return; // died while it was made
        }
        if (!Wal.isMagic(file.get(SegmentFile.LONG, 0))) {
            repair(name, 0, "header damaged", "nothing");
        }
        var commit = new Replay(number);
        read(
                file,
                Wal.HEADER,
                name,
                "the commits in it",
                (kind, from, bytes) -> {
                    if (kind != Records.COMMIT && kind != Records.MIXED_COMMIT) {
                        throw new IndexOutOfBoundsException("kind " + kind);
                    }
                    replayed += Records.readCommit(kind, from, bytes, head.index, commit);
                });
    }

    private final class Replay implements Records.Commit {
        private final Rows rows = head.rows;
        private final long walSegment; // or the checkpoint's that is read

        Replay(long walSegment) {
            this.walSegment = walSegment;
        }

        @Override
        public void series(long reference, int[] ids) {
            int row = (int) reference;
            int generation = (int) (reference >>> 32);
            head.usedGeneration(generation);
            if (head.index.has(row)) {
                if (rows.generation(row) >= generation) {
                    return; // known, or followed by another series since
                }
                head.remove(RoaringBitmap.bitmapOf(row), false);
            }
            int other = head.index.find(ids);
            if (other != Index.ABSENT) {
                if (rows.generation(other) >= generation) {
                    return;
                }
                head.remove(RoaringBitmap.bitmapOf(other), false);
            }
            head.restore(reference, ids);
        }

        @Override
        public void sample(long reference, long time, long value) {
            if (isNew(reference, time, value)) {
                head.appendLater((int) reference, time, value);
            }
        }

        @Override
        public void folded(
                long reference, long time, long sum, long[] counts, int at, int buckets) {
            if (isNew(reference, time, sum)) {
                head.appendLater((int) reference, time, sum, counts, at);
            }
        }

        @Override
        public void histogram(long reference, long time, Histogram histogram) {
            if (isNew(reference, time, HistogramBytes.fingerprint(histogram))) {
                head.appendLater((int) reference, time, histogram);
            }
        }

        @Override
        public void lateHistogram(long reference, long time, Histogram histogram) {
            if (isLate(reference, time)) {
                head.restoreLate(reference, time, histogram);
            }
        }

        @Override
        public void late(long reference, long time, long value) {
            if (isLate(reference, time)) {
                head.restoreLate(reference, time, value, NO_COUNTS, 0, 0);
            }
        }

        @Override
        public void lateFolded(
                long reference, long time, long sum, long[] counts, int at, int buckets) {
            if (isLate(reference, time)) {
                head.restoreLate(reference, time, sum, counts, at, buckets);
            }
        }

        private boolean isLate(long reference, long time) {
            return !moved.hasLate(time, walSegment) && isKnown(reference);
        }

        private boolean isKnown(long reference) {
            if (rows.generation((int) reference) == (int) (reference >>> 32)) {
                return true;
            }
            head.usedGeneration((int) (reference >>> 32));
            unknown.add(reference);
            unknownSamples++;
            return false;
        }

        /// Whether a sample must be appended. If not, it is there, or the series is not.
        private boolean isNew(long reference, long time, long value) {
            int row = (int) reference;
            if (time < head.minValid() || !isKnown(reference)) {
                return false;
            }
            long newest = rows.time(row);
            if (time <= newest) {
                return false;
            }
            if (flushed.latest(reference) > newest) {
                boolean isOpen = rows.count(row) > 0;
                if (flushed.touches(reference, time, time)) {
                    if (isOpen) {
                        head.flush(row);
                    }
                    rows.skipTo(row, time, value);
                    return false;
                }
                if (isOpen && flushed.touches(reference, newest, time)) {
                    head.flush(row);
                }
            }
            return true;
        }
    }

    // --- 4. series whose record is lost

    /// Whether segments hold chunks of series that neither checkpoint nor log know. That needs no
    /// damage: a segment is synced when it is sealed, the log that names its series may not be.
    private boolean hasChunksOfUnknown() {
        for (long reference : flushed.references()) {
            int row = (int) reference;
            boolean isKnown = head.index.has(row) && head.rows.reference(row) == reference;
            if (!isKnown && flushed.latest(reference) >= head.minValid()) {
                return true;
            }
        }
        return false;
    }

    /// Whether a checkpoint must follow although nothing was damaged: there are series now that
    /// only segments knew, or the log goes on far behind its end.
    boolean needsCheckpoint() {
        return hasFoundLost || isLogBehind;
    }

    Moved moved() {
        return moved;
    }

    private void findLostSeries() throws IOException {
        var found = new RoaringBitmap();
        for (var segment : sealed.reversed()) {
            segment.readTable(
                    head.index,
                    (reference, ids) -> {
                        int row = (int) reference;
                        head.usedGeneration((int) (reference >>> 32));
                        if (!head.index.has(row) && head.index.find(ids) == Index.ABSENT) {
                            restoreSeries(reference, ids);
                            found.add(row);
                        }
                    });
        }
        if (found.isEmpty()) {
            return;
        }
        hasFoundLost = true;
        for (var segment : sealed) {
            if (segment.number() < firstSegment) {
                segment.ranges((reference, min, max) -> {
                    if (found.contains((int) reference)) {
                        flushed.add(reference, min, max);
                    }
                });
            }
        }
        flushed.index();
        LOG.log(
                System.Logger.Level.WARNING,
                "{0} series lost from the log were found in segments",
                found.getCardinality());
        long before = replayed;
        unknown.clear();
        unknownSamples = 0;
        isQuiet = true;
        replay();
        isQuiet = false;
        replayed = before;
    }

    private void reportUnknown() {
        if (!unknown.isEmpty()) {
            repair(
                    Wal.FOLDER,
                    0,
                    "samples of %d series whose labels are lost".formatted(unknown.size()),
                    unknownSamples + " samples");
        }
    }

    /// No series may take samples that are older than those its segments hold.
    private void catchUp() {
        var rows = head.rows;
        for (long reference : flushed.references()) {
            int row = (int) reference;
            head.usedGeneration((int) (reference >>> 32));
            if (rows.generation(row) != (int) (reference >>> 32)) {
                continue;
            }
            long latest = flushed.latest(reference);
            if (latest > rows.time(row)) {
                if (rows.count(row) > 0) {
                    head.flush(row);
                }
                rows.skipTo(row, latest, 0);
            }
            rows.firstTime(row, Math.min(rows.firstTime(row), flushed.earliest(reference)));
        }
        for (int row = 0; row < rows.size(); row++) {
            if (rows.generation(row) != 0 && rows.time(row) != Rows.NEVER) {
                head.sawTimes(rows.firstTime(row), rows.time(row));
            }
        }
    }

    // --- 5. sealing

    private void seal() {
        for (var segment : unsealed) {
            sealed.add(seal(segment));
        }
        sealed.sort((a, b) -> Long.compare(a.number(), b.number()));
    }

    private SealedSegment seal(Unsealed segment) {
        var name = SegmentFile.name(segment.number);
        try {
            try (var file = disk.append(name)) {
                if (file.size() > segment.contents.end) {
                    file.truncate(segment.contents.end);
                }
                SealedSegment.seal(file, segment.contents, head::labels);
            }
            var mapping = disk.map(name);
            segment.mapping.close();
            return SealedSegment.open(segment.number, mapping);
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} could not be sealed ({1}); its index is kept in memory",
                    name,
                    e.getMessage());
            return SealedSegment.inMemory(segment.number, segment.mapping, segment.contents);
        }
    }
}
