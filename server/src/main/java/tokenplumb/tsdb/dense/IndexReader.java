package tokenplumb.tsdb.dense;

import tokenplumb.bytes.ByteReader;
import tokenplumb.bytes.Crc32c;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The index of a dense block, mapped: its table of contents, and its pages one by one.
/// Thread-safe.
final class IndexReader {
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int TAIL = 16;

    private final String file;
    private final MemorySegment bytes;
    private final long[] starts = new long[Section.values().length];
    private final int[] counts = new int[starts.length];
    private final long[] lengths = new long[starts.length];
    private final int symbols;
    private final int sets;
    private final long slice;
    private final long firstSlice;
    private final int slices;
    private final int families;
    private final int tracks;
    private final int times;
    private final long dataSize;

    /// Fails when there is no sound table of contents.
    IndexReader(String file, MemorySegment bytes) throws IOException {
        this.file = file;
        this.bytes = bytes;
        long size = bytes.byteSize();
        if (size < DenseBlock.HEADER + TAIL
                || bytes.get(LONG, 0) != DenseBlock.INDEX_MAGIC
                || bytes.get(LONG, size - 8) != DenseBlock.INDEX_MAGIC) {
            throw broken("it does not begin and end as an index of version 1 does");
        }
        int length = bytes.get(INT, size - 12);
        if (length < 0 || length > size - DenseBlock.HEADER - TAIL) {
            throw broken("its table of contents has an impossible length");
        }
        var contents = new byte[length];
        long at = size - TAIL - length;
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, contents, 0, length);
        if (Crc32c.of(contents, 0, length) != bytes.get(INT, size - TAIL)) {
            throw broken("the checksum of its table of contents does not match");
        }
        try {
            var in = new ByteReader(contents, 0, length);
            for (var section : Section.values()) {
                int i = section.place();
                starts[i] = in.getUvarint();
                counts[i] = Math.toIntExact(in.getUvarint());
                lengths[i] = in.getUvarint();
                if (starts[i] < 0
                        || counts[i] < 0
                        || lengths[i] < 0
                        || starts[i] > at
                        || lengths[i] > at
                        || starts[i] + lengths[i] + counts[i] * 4L > at) {
                    throw broken("its table of contents points beyond it");
                }
            }
            symbols = count(in);
            sets = count(in);
            slice = in.getUvarint();
            firstSlice = in.getVarint();
            slices = count(in);
            families = count(in);
            tracks = count(in);
            times = count(in);
            dataSize = in.getUvarint();
        } catch (IndexOutOfBoundsException | ArithmeticException e) {
            throw broken("its table of contents cannot be read: " + e.getMessage());
        }
        if (slice < 1 || slices > FamilyWriter.MOST_SLICES * 2) {
            throw broken("its table of contents has impossible slices");
        }
    }

    private static int count(ByteReader in) {
        int count = Math.toIntExact(in.getUvarint());
        if (count < 0) {
            throw new ArithmeticException("a count below zero");
        }
        return count;
    }

    private IOException broken(String what) {
        return new IOException(
                "%s cannot be used: %s; move the block's folder away or restore it from a copy"
                        .formatted(file, what));
    }

    int symbols() {
        return symbols;
    }

    int sets() {
        return sets;
    }

    int families() {
        return families;
    }

    int tracks() {
        return tracks;
    }

    /// Columns of times.
    int times() {
        return times;
    }

    int slices() {
        return slices;
    }

    /// First millisecond of a slice.
    long sliceStart(int number) {
        return (firstSlice + number) * slice;
    }

    /// Length of the data file.
    long dataSize() {
        return dataSize;
    }

    int pages(Section section) {
        return counts[section.place()];
    }

    /// Reads a page; [ColumnDecoder#PADDING] bytes follow it in the array.
    ByteReader page(Section section, int number) throws Damaged {
        int i = section.place();
        if (number < 0 || number >= counts[i]) {
            throw new Damaged(file, starts[i], "%s has no page %d".formatted(section, number));
        }
        long directory = starts[i] + lengths[i];
        long start = bytes.get(INT, directory + number * 4L) & 0xffffffffL;
        long end =
                number + 1 < counts[i]
                        ? bytes.get(INT, directory + number * 4L + 4) & 0xffffffffL
                        : lengths[i];
        if (start + 4 > end || end > lengths[i]) {
            throw new Damaged(
                    file,
                    directory + number * 4L,
                    "the directory of %s is damaged".formatted(section));
        }
        int length = (int) (end - start - 4);
        var copy = new byte[length + ColumnDecoder.PADDING];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, starts[i] + start + 4, copy, 0, length);
        if (Crc32c.of(copy, 0, length) != bytes.get(INT, starts[i] + start)) {
            throw new Damaged(
                    file,
                    starts[i] + start,
                    "the checksum of page %d of %s does not match".formatted(number, section));
        }
        return new ByteReader(copy, 0, length);
    }

    /// What to say of a page whose checksum matches but whose contents cannot be.
    Damaged impossible(Section section, int number, RuntimeException why) {
        return new Damaged(
                file,
                starts[section.place()],
                "page %d of %s cannot be read: %s".formatted(number, section, why.getMessage()));
    }
}
