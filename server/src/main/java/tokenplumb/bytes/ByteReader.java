package tokenplumb.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Reads what [Buffer] wrote. Beyond the end, or on a varint or length that cannot be, it throws
/// [IndexOutOfBoundsException]. Not thread-safe.
public final class ByteReader {
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] bytes;
    private int at;
    private int end;

    public ByteReader(byte[] bytes, int offset, int length) {
        reset(bytes, offset, length);
    }

    /// Starts over on other bytes.
    public void reset(byte[] source, int offset, int length) {
        this.bytes = source;
        this.at = offset;
        this.end = offset + length;
    }

    /// Where the next read begins, in the array.
    public int position() {
        return at;
    }

    /// The array it reads from.
    public byte[] array() {
        return bytes;
    }

    public int remaining() {
        return end - at;
    }

    public int getByte() {
        need(1);
        return bytes[at++] & 0xff;
    }

    public int getInt() {
        need(4);
        int value = (int) INT.get(bytes, at);
        at += 4;
        return value;
    }

    public long getLong() {
        need(8);
        long value = (long) LONG.get(bytes, at);
        at += 8;
        return value;
    }

    public long getUvarint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            need(1);
            byte b = bytes[at++];
            value |= (b & 0x7fL) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new IndexOutOfBoundsException("varint of more than 64 bits at byte " + at);
    }

    public long getVarint() {
        long zigzag = getUvarint();
        return zigzag >>> 1 ^ -(zigzag & 1);
    }

    /// A varint that counts things of at least `bytesEach` bytes which must still follow.
    public int getCount(int bytesEach) {
        long count = getUvarint();
        if (count < 0 || count > remaining() / bytesEach) {
            throw new IndexOutOfBoundsException(
                    "count %d at byte %d goes beyond the end".formatted(count, at));
        }
        return (int) count;
    }

    public String getText() {
        int length = getCount(1);
        var text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }

    public void skip(int count) {
        need(count);
        at += count;
    }

    private void need(int count) {
        if (end - at < count) {
            throw new IndexOutOfBoundsException(
                    "%d bytes wanted at byte %d, %d are left".formatted(count, at, end - at));
        }
    }
}
