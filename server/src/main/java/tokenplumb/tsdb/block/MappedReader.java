package tokenplumb.tsdb.block;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/// Reads numbers and texts out of a mapped file, one after another. Beyond the end it throws
/// [IndexOutOfBoundsException]. Not thread-safe.
final class MappedReader {
    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final MemorySegment file;
    private long at;
    private byte[] text = new byte[128];

    MappedReader(MemorySegment file, long at) {
        this.file = file;
        this.at = at;
    }

    long position() {
        return at;
    }

    void position(long next) {
        at = next;
    }

    int getByte() {
        return file.get(ValueLayout.JAVA_BYTE, at++) & 0xff;
    }

    int getInt() {
        int value = file.get(INT, at);
        at += 4;
        return value;
    }

    long getUvarint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = file.get(ValueLayout.JAVA_BYTE, at++);
            value |= (b & 0x7fL) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new IndexOutOfBoundsException("varint of more than 64 bits at byte " + at);
    }

    String getText() {
        int length = textLength();
        if (length > text.length) {
            text = new byte[Math.max(length, text.length * 2)];
        }
        MemorySegment.copy(file, ValueLayout.JAVA_BYTE, at, text, 0, length);
        at += length;
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }

    void skipText() {
        int length = textLength(); // moves on itself
        at += length;
    }

    private int textLength() {
        long length = getUvarint();
        if (length < 0 || length > file.byteSize() - at || length > Integer.MAX_VALUE - 8) {
            throw new IndexOutOfBoundsException(
                    "text of %d bytes at byte %d goes beyond the end".formatted(length, at));
        }
        return (int) length;
    }

    /// The checksum of a part of a file.
    static int crc(MemorySegment file, long from, long length) {
        var crc = new CRC32C();
        long done = 0;
        while (done < length) {
            long part = Math.min(length - done, 1 << 30);
            crc.update(file.asSlice(from + done, part).asByteBuffer());
            done += part;
        }
        return (int) crc.getValue();
    }
}
