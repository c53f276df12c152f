package tokenplumb.tsdb.block;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;

/// Unpacks snappy's block format: a length, then pieces that are either bytes as they are or a copy
/// of what came out earlier.
///
/// ```
/// uvarint     length of what comes out
/// ……..00      literal: 6 bits length − 1; 60 to 63 mean the length − 1 stands in 1 to 4 bytes after
/// ….….01      copy: 3 bits length − 4, 3 bits + 1 byte offset
/// ……..10      copy: 6 bits length − 1, 2 bytes offset, little-endian
/// ……..11      copy: 6 bits length − 1, 4 bytes offset
/// ```
final class Snappy {
    /// No piece turns a byte into more than this: 64 bytes out of three.
    private static final int MOST_GROWTH = 22;

    private Snappy() {}

    /// Appends what is packed in `bytes`. Throws [IndexOutOfBoundsException] when it is damaged;
    /// nothing is allocated for a length that cannot be true.
    static void unpack(byte[] bytes, int offset, int length, Buffer into) {
        var reader = new ByteReader(bytes, offset, length);
        long size = reader.getUvarint();
        if (size < 0 || size > (long) length * MOST_GROWTH) {
            throw new IndexOutOfBoundsException(
                    "%d bytes cannot come out of %d".formatted(size, length));
        }
        int start = into.size();
        into.ensure((int) size);
        while (reader.remaining() > 0) {
            int tag = reader.getByte();
            int high = tag >>> 2;
            switch (tag & 3) {
                case 0 -> literal(bytes, reader, high, into);
                case 1 -> copy(start, 4 + (high & 7), (tag & 0xe0) << 3 | reader.getByte(), into);
                case 2 -> copy(start, 1 + high, little(reader, 2), into);
                default -> copy(start, 1 + high, little(reader, 4), into);
            }
            if (into.size() - start > size) {
                break;
            }
        }
        if (into.size() - start != size) {
            throw new IndexOutOfBoundsException(
                    "%d bytes came out, %d were said".formatted(into.size() - start, size));
        }
    }

    private static void literal(byte[] bytes, ByteReader reader, int high, Buffer into) {
        int length = high < 60 ? high : little(reader, high - 59);
        int at = reader.position();
        if (length < 0 || length == Integer.MAX_VALUE) {
            throw new IndexOutOfBoundsException("literal of more than 2 GiB");
        }
        reader.skip(length + 1);
        into.put(bytes, at, length + 1);
    }

    private static void copy(int start, int length, int back, Buffer into) {
        if (back <= 0 || back > into.size() - start) {
            throw new IndexOutOfBoundsException(
                    "copy from %d bytes before byte %d".formatted(back, into.size() - start));
        }
        int from = into.size() - back;
        into.extend(length);
        byte[] array = into.array();
        for (int i = 0; i < length; i++) { // may overlap with itself: byte by byte
            array[from + back + i] = array[from + i];
        }
    }

    private static int little(ByteReader reader, int bytes) {
        int value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= reader.getByte() << (8 * i);
        }
        return value;
    }
}
