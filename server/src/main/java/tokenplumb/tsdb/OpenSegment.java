package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.disk.Disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The segment that takes the chunks as they fill up. They wait in memory until [#flush] writes
/// them out in one piece; the log still holds their samples until a checkpoint has synced them. A
/// series' chunks are chained backwards through the file, so that memory holds one number for each
/// series, however many chunks it has.
///
/// All methods but [#write], [#sync] and [#closeFile] are for holders of the head's lock.
final class OpenSegment implements Segment {
    private static final int FIRST_BUFFER = 16 << 10;
    private static final int KEPT_BUFFER = 4 << 20;

    private final Disk disk;
    private final long number;
    private Buffer pending = new Buffer(FIRST_BUFFER); // behind what is being written
    private Buffer writing = new Buffer(0); // behind what is written
    private long written; // bytes in the file
    private int[] newest = new int[64]; // by row: where its latest chunk begins, 0 when it has none
    private long minTime = Long.MAX_VALUE;
    private long maxTime = Long.MIN_VALUE;
    private long firstMaxTime; // of the first chunk
    private long chunks;

    private Disk.Appender file; // null until the first flush; of the flushing thread
    private Disk.Mapping mapping; // of some prefix of what is written; null until asked for

    OpenSegment(Disk disk, long number) {
        this.disk = disk;
        this.number = number;
        SegmentFile.putHeader(pending, number);
    }

    /// Goes on with the file of an earlier life, which ends in sound chunks; what follows them is
    /// cut off.
    OpenSegment(Disk disk, long number, SealedSegment.Contents contents) {
        this.disk = disk;
        this.number = number;
        written = contents.end;
        minTime = contents.minTime;
        maxTime = contents.maxTime;
        firstMaxTime = contents.firstMaxTime;
        chunks = contents.offsets.length;
        for (int i = 0; i < contents.references.length; i++) {
            int row = (int) contents.references[i];
            ensure(row);
            newest[row] = Math.max(newest[row], contents.offsets[contents.starts[i + 1] - 1]);
        }
    }

    private void ensure(int row) {
        if (row >= newest.length) {
            newest = Arrays.copyOf(newest, Math.max(row + 1, newest.length * 3 / 2));
        }
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
        return written + writing.size() + pending.size();
    }

    long pendingBytes() {
        return (long) writing.size() + pending.size();
    }

    long chunks() {
        return chunks;
    }

    @Override
    public long minTime() {
        return minTime;
    }

    @Override
    public long maxTime() {
        return maxTime;
    }

    /// How far the ends of its chunks lie apart, in milliseconds.
    long span() {
        return chunks == 0 ? 0 : maxTime - firstMaxTime;
    }

    void add(long reference, long chunkMin, long chunkMax, int encoding, Buffer chunk) {
        int row = (int) reference;
        ensure(row);
        int offset = Math.toIntExact(bytes());
        int before = newest[row];
        int back = before == 0 ? 0 : offset - before;
        SegmentFile.putChunk(pending, reference, chunkMin, chunkMax, back, encoding, chunk);
        newest[row] = offset;
        if (chunks++ == 0) {
            firstMaxTime = chunkMax;
        }
        minTime = Math.min(minTime, chunkMin);
        maxTime = Math.max(maxTime, chunkMax);
    }

    /// Forgets the chunks of a row that goes to another series.
    void forget(int row) {
        if (row < newest.length) {
            newest[row] = 0;
        }
    }

    @Override
    public void collect(long reference, long from, long to, Found into, Damage damage) {
        int row = (int) reference;
        long offset = row < newest.length ? newest[row] : 0;
        int first = into.size();
        while (offset != 0) {
            int start = into.bytes.size();
            if (!copyBody(offset, into.bytes)) {
                damage.chunk(name(), offset, "checksum does not match");
                into.bytes.cut(start);
                break;
            }
            into.reader.reset(into.bytes.array(), start, into.bytes.size() - start);
            into.head.read(into.reader);
            if (into.head.reference != reference || into.head.maxTime < from) {
                into.bytes.cut(start);
                break;
            }
            if (into.head.minTime <= to) {
                into.add(into.reader.position(), into.head.encoding);
            } else {
                into.bytes.cut(start);
            }
            offset = into.head.back == 0 ? 0 : offset - into.head.back;
        }
        into.reverseFrom(first);
    }

    private boolean copyBody(long offset, Buffer into) {
        if (offset >= written + writing.size()) {
            return copyBody(pending, offset - written - writing.size(), into);
        }
        if (offset >= written) {
            return copyBody(writing, offset - written, into);
        }
        try {
            if (mapping == null || mapping.bytes().byteSize() <= offset) {
                remap();
            }
            return SegmentFile.copyBody(mapping.bytes(), offset, mapping.bytes().byteSize(), into);
        } catch (IOException | InternalError e) { // what a failed page-in throws
            return false;
        }
    }

    private static boolean copyBody(Buffer from, long offset, Buffer into) {
        return SegmentFile.copyBody(MemorySegment.ofArray(from.array()), offset, from.size(), into);
    }

    private void remap() throws IOException {
        var fresh = disk.map(name());
        if (mapping != null) {
            mapping.close();
        }
        mapping = fresh;
    }

    /// Sets aside what waits, for [#write]; false when there is nothing.
    boolean beginWrite() {
        if (writing.size() == 0) {
            var swapped = writing;
            writing = pending;
            pending = swapped.capacity() > KEPT_BUFFER ? new Buffer(FIRST_BUFFER) : swapped;
            pending.reset();
        }
        return writing.size() != 0;
    }

    /// Writes what was set aside; without the head's lock, by one thread. On failure it stays set
    /// aside and the file is as before.
    void write() throws IOException {
        if (file == null) {
            file = disk.append(name());
        }
        if (file.size() != written) {
            file.truncate(written); // a part that an earlier failure left
        }
        file.append(writing.array(), 0, writing.size());
    }

    void endWrite() {
        written += writing.size();
        writing.reset();
    }

    /// Makes what is written safe from a power failure; by the flushing thread.
    void sync() throws IOException {
        if (file == null && written > 0) {
            file = disk.append(name()); // an earlier life may not have synced it
        }
        if (file != null) {
            file.sync();
        }
    }

    @Override
    public void close() throws IOException {
        if (mapping != null) {
            mapping.close();
            mapping = null;
        }
        closeFile();
    }

    /// Ends the writing; by the flushing thread. Chunks can still be found.
    void closeFile() throws IOException {
        if (file != null) {
            file.close();
            file = null;
        }
    }
}
