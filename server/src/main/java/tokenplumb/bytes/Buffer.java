package tokenplumb.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Bytes that grow at the end, numbers big-endian. Made to be reused: [#reset] keeps the array. Not
/// thread-safe.
public final class Buffer {
    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int LONGEST_VARINT = 10;

    private byte[] bytes;
    private int size;

    public Buffer() {
        this(128);
    }

    public Buffer(int capacity) {
        this.bytes = new byte[capacity];
    }

    /// The backing array; the first [#size] bytes are valid until the next write.
    public byte[] array() {
        return bytes;
    }

    public int size() {
        return size;
    }

    public int capacity() {
        return bytes.length;
    }

    public void reset() {
        size = 0;
    }

    /// Forgets everything after the first `toSize` bytes.
    public void cut(int toSize) {
        assert toSize <= size : "bug: cut forwards";
        size = toSize;
    }

    /// Takes in `count` bytes that the caller writes into [#array] by itself.
    public void extend(int count) {
        ensure(count);
        size += count;
    }

    /// Makes room for `count` more bytes.
    public void ensure(int count) {
        if (bytes.length - size < count) {
            int wanted = Math.addExact(size, count);
            bytes =
                    Arrays.copyOf(
                            bytes,
                            (int)
                                    Math.min(
                                            Integer.MAX_VALUE - 8L,
                                            Math.max(wanted, bytes.length * 2L)));
        }
    }

    public void putByte(int value) {
        ensure(1);
        bytes[size++] = (byte) value;
    }

    public void putShort(int value) {
        ensure(2);
        SHORT.set(bytes, size, (short) value);
        size += 2;
    }

    public void putInt(int value) {
        ensure(4);
        INT.set(bytes, size, value);
        size += 4;
    }

    public void putLong(long value) {
        ensure(8);
        LONG.set(bytes, size, value);
        size += 8;
    }

    /// Overwrites four bytes at an earlier place.
    public void setInt(int at, int value) {
        INT.set(bytes, at, value);
    }

    /// LEB128: seven bits a byte, lowest first.
    public void putUvarint(long value) {
        ensure(LONGEST_VARINT);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    /// Zigzag, then LEB128: small numbers of either sign are short.
    public void putVarint(long value) {
        putUvarint(value << 1 ^ value >> 63);
    }

    public void put(byte[] source, int offset, int length) {
        ensure(length);
        System.arraycopy(source, offset, bytes, size, length);
        size += length;
    }

    /// Length as a varint, then UTF-8.
    public void putText(String text) {
        var encoded = text.getBytes(StandardCharsets.UTF_8);
        putUvarint(encoded.length);
        put(encoded, 0, encoded.length);
    }
}
