package tokenplumb.tsdb.dense;

import tokenplumb.bytes.ByteReader;
import tokenplumb.bytes.Crc32c;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Samples;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Reads slices of series of one block. Made to be reused, as its arrays are large. Not
/// thread-safe.
final class SliceReader {
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final DenseBlock block;
    private final Times times = new Times();
    private final ChunkReader chunks = new ChunkReader();
    private byte[] bytes = new byte[1 << 10];
    private int timesRead = -1;
    private int timesPageRead = -1;
    private int[] timesStarts = {}; // in the page, from, to, from, to, …
    private byte[] timesPage = {};

    SliceReader(DenseBlock block) {
        this.block = block;
    }

    /// Adds a plain series' samples from `from` to `to`, both included, whose chunk is at `offset`.
    void plain(Models models, int column, long offset, int length, long from, long to, Samples into)
            throws Damaged {
        readTimes(column);
        int start = times.indexAtOrAfter(from);
        int end = to == Long.MAX_VALUE ? times.size() : times.indexAtOrAfter(to + 1);
        if (start < end) {
            readBytes(offset, length);
            try {
                chunks.plain(
                        bytes, 0, length, models, times.times(), times.size(), start, end, into);
            } catch (IndexOutOfBoundsException | IllegalStateException e) {
                throw impossible(offset, e);
            }
        }
    }

    /// As [#plain], of a folded series.
    void folded(
            Models models,
            int column,
            long offset,
            int length,
            long from,
            long to,
            FoldedSamples into)
            throws Damaged {
        readTimes(column);
        int start = times.indexAtOrAfter(from);
        int end = to == Long.MAX_VALUE ? times.size() : times.indexAtOrAfter(to + 1);
        if (start < end) {
            readBytes(offset, length);
            try {
                chunks.folded(
                        bytes, 0, length, models, times.times(), times.size(), start, end, into);
            } catch (IndexOutOfBoundsException | IllegalStateException e) {
                throw impossible(offset, e);
            }
        }
    }

    private Damaged impossible(long offset, RuntimeException why) {
        return new Damaged(
                block.dataFile(), offset, "a chunk that cannot be read: " + why.getMessage());
    }

    private void readBytes(long offset, int length) throws Damaged {
        var data = block.data();
        if (offset < 0 || length < 0 || offset + 4 + length > data.byteSize()) {
            throw new Damaged(block.dataFile(), offset, "a chunk beyond the end of the file");
        }
        if (bytes.length < length + ColumnDecoder.PADDING) {
            bytes = new byte[Math.max(length + ColumnDecoder.PADDING, bytes.length * 2)];
        }
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, offset + 4, bytes, 0, length);
        if (Crc32c.of(bytes, 0, length) != data.get(INT, offset)) {
            throw new Damaged(block.dataFile(), offset, "the checksum of a chunk does not match");
        }
    }

    private void readTimes(int column) throws Damaged {
        if (column == timesRead) {
            return;
        }
        timesRead = -1;
        int page = column / Section.TIMES.perPage;
        var index = block.index();
        try {
            if (page != timesPageRead) {
                timesPageRead = -1;
                var in = index.page(Section.TIMES, page);
                timesStarts = starts(in);
                timesPage = in.array();
                timesPageRead = page;
            }
            int at = column % Section.TIMES.perPage * 2;
            if (at >= timesStarts.length) {
                throw new IndexOutOfBoundsException("it has no times " + column);
            }
            times.read(
                    timesPage,
                    timesStarts[at],
                    timesStarts[at + 1] - timesStarts[at],
                    block.timesModels());
            timesRead = column;
        } catch (IndexOutOfBoundsException | IllegalStateException e) {
            throw index.impossible(Section.TIMES, page, e);
        }
    }

    private static int[] starts(ByteReader in) {
        var starts = new int[Section.TIMES.perPage * 2];
        int size = 0;
        while (in.remaining() > 0 && size < starts.length) {
            int length = in.getCount(1);
            starts[size++] = in.position();
            in.skip(length);
            starts[size++] = in.position();
        }
        return Arrays.copyOf(starts, size);
    }
}
