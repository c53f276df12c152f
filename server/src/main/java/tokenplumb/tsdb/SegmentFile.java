package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.bytes.Crc32c;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;

/// How chunk segments are laid out (drawn in docs/format/head.md): a header, chunk records, and
/// once the file is full a table of its series, an index and a trailer.
final class SegmentFile {
    static final String FOLDER = "head/segments";
    static final int HEADER = 16;
    static final int RECORD_HEADER = 8;
    static final int TRAILER = 64;
    static final long TRAILER_MAGIC = 0x54_50_53_45_47_45_4E_44L; // TPSEGEND

    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final long MAGIC = 0x54_50_53_45_47_00_00_01L; // TPSEG, version 1
    private static final int MARKER = 0xF5; // occurs in no UTF-8 text
    private static final int SHORTEST = 7; // five bytes before a chunk that is only a count
    private static final int LONGEST = (1 << 24) - 1;

    private SegmentFile() {}

    static String name(long number) {
        return String.format(Locale.ROOT, "%s/%08d", FOLDER, number);
    }

    /// The number of a segment file, or -1 when the name is not one's.
    static long number(String name) {
        var digits = name.substring(FOLDER.length() + 1);
        return digits.matches("[0-9]{8,18}") ? Long.parseLong(digits) : -1;
    }

    static void putHeader(Buffer into, long number) {
        into.putLong(MAGIC);
        into.putLong(number);
    }

    static boolean isMagic(long magic) {
        return magic == MAGIC;
    }

    /// Appends a chunk record; `back` is how many bytes earlier the same series' previous chunk of
    /// this file begins, 0 when there is none.
    static void putChunk(
            Buffer into,
            long reference,
            long minTime,
            long maxTime,
            int back,
            int encoding,
            Buffer chunk) {
        int at = into.size();
        into.putInt(0);
        into.putInt(0);
        into.putUvarint(reference);
        into.putVarint(minTime);
        into.putUvarint(maxTime - minTime);
        into.putUvarint(back);
        into.putByte(encoding);
        into.put(chunk.array(), 0, chunk.size());
        int body = at + RECORD_HEADER;
        int length = into.size() - body;
        assert length <= LONGEST : "bug: chunk too long";
        into.setInt(at, MARKER << 24 | length);
        into.setInt(at + 4, Crc32c.of(into.array(), body, length));
    }

    /// The length of the body of the record that begins at `at`, or -1 when none does.
    static int bodyLength(MemorySegment file, long at, long to) {
        if (to - at < RECORD_HEADER) {
            return -1;
        }
        int head = file.get(INT, at);
        int length = head & LONGEST;
        boolean isSound = head >>> 24 == MARKER && length >= SHORTEST;
        return isSound && length <= to - at - RECORD_HEADER ? length : -1;
    }

    /// Copies the body of the record at `at` to the end of `into` and checks it; false when it is
    /// damaged.
    static boolean copyBody(MemorySegment file, long at, long to, Buffer into) {
        int length = bodyLength(file, at, to);
        if (length < 0) {
            return false;
        }
        into.ensure(length);
        int start = into.size();
        into.extend(length);
        MemorySegment.copy(
                file, ValueLayout.JAVA_BYTE, at + RECORD_HEADER, into.array(), start, length);
        return Crc32c.of(into.array(), start, length) == file.get(INT, at + 4);
    }

    /// What stands before a chunk in its record.
    static final class Head {
        long reference;
        long minTime;
        long maxTime;
        int back;
        int encoding;

        /// Reads it; `body` is left at the chunk.
        void read(ByteReader body) {
            reference = body.getUvarint();
            minTime = body.getVarint();
            maxTime = minTime + body.getUvarint();
            back = (int) body.getUvarint();
            encoding = body.getByte();
        }
    }
}
