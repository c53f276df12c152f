package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.LongFunction;

/// A segment that takes no more chunks: its file ends in a table of its series, an index and a
/// trailer. Memory holds none of it; look-ups are binary searches in the mapped file. The file is
/// complete in itself: even without the log its series have their labels.
///
/// Thread-safe. Counts who uses it; the last to let go closes the mapping.
final class SealedSegment implements Segment {
    private static final int TABLE_SERIES = 512;

    private final long number;
    private final Disk.Mapping mapping;
    private final MemorySegment file;
    private final long chunksEnd;
    private final long indexAt;
    private final int series;
    private final int chunks;
    private final long minTime;
    private final long maxTime;
    private final int indexCrc;
    private volatile MemorySegment index; // null until its checksum was looked at
    private boolean isSynced; // of whoever calls sync
    private int users = 1; // guarded by this

    private SealedSegment(long number, Disk.Mapping mapping, boolean isSynced) {
        this.isSynced = isSynced;
        this.number = number;
        this.mapping = mapping;
        this.file = mapping.bytes();
        long at = file.byteSize() - SegmentFile.TRAILER;
        this.chunksEnd = file.get(SegmentFile.LONG, at);
        this.indexAt = file.get(SegmentFile.LONG, at + 8);
        this.minTime = file.get(SegmentFile.LONG, at + 16 + 8);
        this.maxTime = file.get(SegmentFile.LONG, at + 32);
        this.series = file.get(SegmentFile.INT, at + 16);
        this.chunks = file.get(SegmentFile.INT, at + 20);
        this.indexCrc = file.get(SegmentFile.INT, at + 40);
    }

    /// An index held in memory, because its file could not take one.
    private SealedSegment(long number, Disk.Mapping mapping, Contents contents) {
        this.number = number;
        this.mapping = mapping;
        this.file = mapping.bytes();
        this.chunksEnd = file.byteSize();
        this.indexAt = 0;
        this.minTime = contents.minTime;
        this.maxTime = contents.maxTime;
        this.series = contents.references.length;
        this.chunks = contents.offsets.length;
        this.indexCrc = 0;
        this.index = contents.encodedIndex();
    }

    /// The chunks of a segment, by series.
    static final class Contents {
        long[] references; // sorted by row, then by generation
        int[] starts; // by series: its first in offsets; one more at the end
        int[] offsets;
        long minTime = Long.MAX_VALUE;
        long maxTime = Long.MIN_VALUE;
        long firstMaxTime; // of the first chunk in the file
        long end; // of the last one

        /// Of chunks in the order of their file.
        static Contents of(long[] chunkReferences, int[] chunkOffsets) {
            var contents = new Contents();
            int count = chunkReferences.length;
            var order = new long[count];
            for (int i = 0; i < count; i++) {
                order[i] = chunkReferences[i] << 32 | i; // by row, then as they stand in the file
            }
            Arrays.sort(order);
            contents.offsets = new int[count];
            var references = new long[count];
            var starts = new int[count + 1];
            int series = 0;
            for (int i = 0; i < count; i++) {
                long reference = chunkReferences[(int) order[i]];
                contents.offsets[i] = chunkOffsets[(int) order[i]];
                if (series == 0 || references[series - 1] != reference) {
                    references[series] = reference;
                    starts[series++] = i;
                }
            }
            starts[series] = count;
            contents.references = Arrays.copyOf(references, series);
            contents.starts = Arrays.copyOf(starts, series + 1);
            return contents;
        }

        private Buffer encoded() {
            var into = new Buffer(references.length * 12 + offsets.length * 4 + 4);
            for (long reference : references) {
                into.putLong(key(reference));
            }
            for (int start : starts) {
                into.putInt(start);
            }
            for (int offset : offsets) {
                into.putInt(offset);
            }
            return into;
        }

        private MemorySegment encodedIndex() {
            var into = encoded();
            return MemorySegment.ofArray(into.array()).asSlice(0, into.size());
        }
    }

    /// Appends table, index and trailer to a segment file that ends with its chunks, and syncs it.
    /// `labels` answers a reference with its labels, empty ones when it is not known.
    static void seal(Disk.Appender file, Contents contents, LongFunction<Labels> labels)
            throws IOException {
        long end = file.size();
        try {
            var into = new Buffer(1 << 16);
            var table = new SeriesTable();
            for (int i = 0; i < contents.references.length; i++) {
                var of = labels.apply(contents.references[i]);
                if (!of.isEmpty()) {
                    table.add(contents.references[i], of);
                }
                if (table.size() == TABLE_SERIES || i == contents.references.length - 1) {
                    int begun = Frame.begin(into);
                    table.flush(into);
                    Frame.end(into, begun);
                    file.append(into.array(), 0, into.size());
                    into.reset();
                }
            }
            long indexAt = file.size();
            var index = contents.encoded();
            file.append(index.array(), 0, index.size());
            into.putLong(end);
            into.putLong(indexAt);
            into.putInt(contents.references.length);
            into.putInt(contents.offsets.length);
            into.putLong(contents.minTime);
            into.putLong(contents.maxTime);
            into.putInt(Crc32c.of(index.array(), 0, index.size()));
            into.putLong(0);
            into.putInt(Crc32c.of(into.array(), 0, into.size()));
            into.putLong(SegmentFile.TRAILER_MAGIC);
            assert into.size() == SegmentFile.TRAILER : "bug: trailer of " + into.size();
            file.append(into.array(), 0, into.size());
            file.sync();
        } catch (IOException e) {
            try {
                file.truncate(end);
            } catch (IOException another) {
                e.addSuppressed(another);
            }
            throw e;
        }
    }

    /// Whether a file is sealed: its trailer is there and sound.
    static boolean isSealed(MemorySegment file) {
        long at = file.byteSize() - SegmentFile.TRAILER;
        if (at < SegmentFile.HEADER
                || file.get(SegmentFile.LONG, at + 56) != SegmentFile.TRAILER_MAGIC) {
            return false;
        }
        var trailer = new byte[SegmentFile.TRAILER];
        MemorySegment.copy(file, ValueLayout.JAVA_BYTE, at, trailer, 0, SegmentFile.TRAILER);
        return Crc32c.of(trailer, 0, 52) == file.get(SegmentFile.INT, at + 52);
    }

    /// Of a file that was sealed just now; takes the mapping over.
    static SealedSegment open(long number, Disk.Mapping mapping) {
        return new SealedSegment(number, mapping, true);
    }

    /// Of a file that [#isSealed], but may have been left so without a sync; takes the mapping
    /// over.
    static SealedSegment found(long number, Disk.Mapping mapping) {
        return new SealedSegment(number, mapping, false);
    }

    /// Of a file that cannot be sealed on disk; takes the mapping over.
    static SealedSegment inMemory(long number, Disk.Mapping mapping, Contents contents) {
        return new SealedSegment(number, mapping, contents);
    }

    /// Makes the file safe from a power failure if it may not be; by one thread at a time.
    void sync(Disk disk) throws IOException {
        if (isSynced) {
            return;
        }
        try (var again = disk.append(name())) {
            again.sync();
        }
        isSynced = true;
    }

    @Override
    public String name() {
        return SegmentFile.name(number);
    }

    long number() {
        return number;
    }

    @Override
    public long bytes() {
        return file.byteSize();
    }

    int chunks() {
        return chunks;
    }

    int series() {
        return series;
    }

    @Override
    public long minTime() {
        return minTime;
    }

    @Override
    public long maxTime() {
        return maxTime;
    }

    @Override
    public void collect(long reference, long from, long to, Found into, Damage damage) {
        if (minTime > to || maxTime < from) {
            return;
        }
        try {
            var sound = index(damage);
            int at = find(sound, reference);
            if (at < 0) {
                return;
            }
            long starts = series * 8L;
            long offsets = starts + (series + 1) * 4L;
            int first = sound.get(SegmentFile.INT, starts + at * 4L);
            int end = sound.get(SegmentFile.INT, starts + at * 4L + 4);
            for (int i = first; i < end; i++) {
                copy(sound.get(SegmentFile.INT, offsets + i * 4L), from, to, into, damage);
            }
        } catch (InternalError e) { // what a failed page-in of a mapped file throws
            damage.chunk(name(), 0, "cannot be read: " + e.getMessage());
        }
    }

    private void copy(long offset, long from, long to, Found into, Damage damage) {
        int start = into.bytes.size();
        if (!SegmentFile.copyBody(file, offset, chunksEnd, into.bytes)) {
            damage.chunk(name(), offset, "checksum does not match");
            into.bytes.cut(start);
            return;
        }
        into.reader.reset(into.bytes.array(), start, into.bytes.size() - start);
        into.head.read(into.reader);
        if (into.head.maxTime < from || into.head.minTime > to) {
            into.bytes.cut(start);
            return;
        }
        into.add(into.reader.position(), into.head.encoding);
    }

    /// A reference with its row in front: the order of the index.
    private static long key(long reference) {
        return Long.rotateLeft(reference, 32);
    }

    private int find(MemorySegment sound, long reference) {
        long key = key(reference);
        int low = 0;
        int high = series - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            long found = sound.get(SegmentFile.LONG, middle * 8L);
            if (found == key) {
                return middle;
            }
            if (found < key) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    /// The index, after a look at its checksum at the first use; made anew out of the chunks when
    /// it is damaged.
    private MemorySegment index(Damage damage) {
        var known = index;
        if (known != null) {
            return known;
        }
        long length = series * 12L + 4 + chunks * 4L;
        boolean fits = indexAt >= chunksEnd && indexAt + length <= file.byteSize();
        if (fits) {
            var bytes = file.asSlice(indexAt, length).toArray(ValueLayout.JAVA_BYTE);
            fits = Crc32c.of(bytes, 0, bytes.length) == indexCrc;
        }
        if (!fits) {
            damage.chunk(name(), indexAt, "index damaged, made anew out of the chunks");
            var contents =
                    scan(
                            file,
                            chunksEnd,
                            (reference, from, to) -> {},
                            (offset, count, tail, what) -> {});
            if (contents.references.length != series || contents.offsets.length != chunks) {
                return padded(contents);
            }
            index = contents.encodedIndex();
            return index;
        }
        index = file.asSlice(indexAt, length);
        return index;
    }

    /// Chunks were lost together with the index: fill up to the expected numbers, out of reach of
    /// any search.
    private MemorySegment padded(Contents contents) {
        var references = Arrays.copyOf(contents.references, series);
        Arrays.fill(
                references, Math.min(series, contents.references.length), series, Long.MAX_VALUE);
        var starts = Arrays.copyOf(contents.starts, series + 1);
        Arrays.fill(
                starts,
                Math.min(series + 1, contents.starts.length),
                series + 1,
                contents.offsets.length);
        contents.references = references;
        contents.starts = starts;
        contents.offsets = Arrays.copyOf(contents.offsets, chunks);
        index = contents.encodedIndex();
        return index;
    }

    /// Every sound chunk of an unsealed file, or of one whose index is damaged.
    static Contents scan(MemorySegment file, long to, Ranges ranges, Frame.Damage damage) {
        var references = new long[1024];
        var offsets = new int[1024];
        int count = 0;
        long min = Long.MAX_VALUE;
        long max = Long.MIN_VALUE;
        var body = new Buffer(1024);
        var head = new SegmentFile.Head();
        var reader = new ByteReader(new byte[0], 0, 0);
        long firstMax = Long.MIN_VALUE;
        long at = SegmentFile.HEADER;
        long end = at;
        while (at < to) {
            body.reset();
            if (!SegmentFile.copyBody(file, at, to, body)) {
                long next = at + 1;
                while (next < to) {
                    body.reset();
                    if (SegmentFile.copyBody(file, next, to, body)) {
                        break;
                    }
                    next++;
                }
                damage.damage(at, next - at, next >= to, "no sound chunk");
                at = next;
                continue;
            }
            reader.reset(body.array(), 0, body.size());
            head.read(reader);
            if (count == references.length) {
                references = Arrays.copyOf(references, count * 2);
                offsets = Arrays.copyOf(offsets, count * 2);
            }
            if (count == 0) {
                firstMax = head.maxTime;
            }
            references[count] = head.reference;
            offsets[count++] = (int) at;
            ranges.range(head.reference, head.minTime, head.maxTime);
            min = Math.min(min, head.minTime);
            max = Math.max(max, head.maxTime);
            at += SegmentFile.RECORD_HEADER + body.size();
            end = at;
        }
        var contents = Contents.of(Arrays.copyOf(references, count), Arrays.copyOf(offsets, count));
        contents.minTime = min;
        contents.maxTime = max;
        contents.firstMaxTime = firstMax;
        contents.end = end;
        return contents;
    }

    /// Hears the time range of each chunk.
    interface Ranges {
        void range(long reference, long minTime, long maxTime);
    }

    /// Tells the time range of every sound chunk.
    void ranges(Ranges ranges) {
        scan(file, chunksEnd, ranges, (offset, length, tail, what) -> {});
    }

    /// Reads the table of its series.
    void readTable(Index into, SeriesTable.Listener listener) {
        if (indexAt <= chunksEnd) {
            return; // no table in the file
        }
        Frame.scan(
                file,
                chunksEnd,
                indexAt,
                new Frame.Listener() {
                    @Override
                    public void body(byte[] bytes, int length, long offset) {
                        SeriesTable.read(new ByteReader(bytes, 0, length), into, listener);
                    }

                    @Override
                    public void damage(long offset, long length, boolean tail, String what) {
                        // costs the names of these series only where the log has lost them too
                    }
                });
    }

    synchronized void use() {
        assert users > 0 : "bug: used after its end";
        users++;
    }

    @Override
    public void close() {
        boolean last;
        synchronized (this) {
            last = --users == 0;
        }
        if (last) {
            mapping.close();
        }
    }
}
