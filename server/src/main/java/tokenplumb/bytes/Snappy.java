package tokenplumb.bytes;

import java.util.Arrays;

/// Snappy's block format: a length, then pieces that are either bytes as they are or a copy of what
/// came out earlier.
///
/// ```
/// uvarint     length of what comes out
/// ……..00      literal: 6 bits length − 1; 60 to 63 mean the length − 1 stands in 1 to 4 bytes after
/// ….….01      copy: 3 bits length − 4, 3 bits + 1 byte offset
/// ……..10      copy: 6 bits length − 1, 2 bytes offset, little-endian
/// ……..11      copy: 6 bits length − 1, 4 bytes offset
/// ```
public final class Snappy {
    /// No piece turns a byte into more than this: 64 bytes out of three.
    private static final int MOST_GROWTH = 22;

    private Snappy() {}

    /// Appends what is packed in `bytes`. Throws [IndexOutOfBoundsException] when it is damaged;
    /// nothing is allocated for a length that cannot be true.
    public static void unpack(byte[] bytes, int offset, int length, Buffer into) {
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

    private static final int HASH_BITS = 14;
    private static final int WINDOW = 0xffff;
    private static final int LONGEST_COPY = 64;

    /// Appends the packed form of `bytes`: repetitions of at least four bytes within 64 KiB become
    /// copies.
    public static void pack(byte[] bytes, int length, Buffer into) {
        into.putUvarint(length);
        var seen = new int[1 << HASH_BITS];
        Arrays.fill(seen, -1);
        int from = 0; // of the literal that has not been written
        int at = 0;
        while (at + 4 <= length) {
            int word = word(bytes, at);
            int slot = word * 0x1e35a7bd >>> 32 - HASH_BITS;
            int before = seen[slot];
            seen[slot] = at;
            if (before < 0 || at - before > WINDOW || word(bytes, before) != word) {
                at++;
                continue;
            }
            putLiteral(bytes, from, at, into);
            int same = 4;
            while (at + same < length && bytes[before + same] == bytes[at + same]) {
                same++;
            }
            for (int left = same; left > 0; left -= LONGEST_COPY) {
                into.putByte(Math.min(left, LONGEST_COPY) - 1 << 2 | 2);
                into.putByte(at - before);
                into.putByte(at - before >> 8);
            }
            at += same;
            from = at;
        }
        putLiteral(bytes, from, length, into);
    }

    private static int word(byte[] bytes, int at) {
        return bytes[at] & 0xff
                | (bytes[at + 1] & 0xff) << 8
                | (bytes[at + 2] & 0xff) << 16
                | bytes[at + 3] << 24;
    }

    private static void putLiteral(byte[] bytes, int from, int end, Buffer into) {
        if (from == end) {
            return;
        }
        int last = end - from - 1;
        if (last < 60) {
            into.putByte(last << 2);
        } else {
            into.putByte(63 << 2);
            for (int shift = 0; shift < 32; shift += 8) {
                into.putByte(last >> shift);
            }
        }
        into.put(bytes, from, end - from);
    }
}
