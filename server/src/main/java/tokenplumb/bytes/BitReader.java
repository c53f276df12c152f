package tokenplumb.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Reads bits, most significant first. The array must have [#PADDING] bytes of anything after the
/// last bit, so that a read is one load. Not thread-safe.
public final class BitReader {
    public static final int PADDING = 9;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] bytes;
    private long position; // in bits

    public BitReader(byte[] bytes, int offset) {
        reset(bytes, offset);
    }

    /// Starts over at a byte of another array.
    public void reset(byte[] source, int offset) {
        this.bytes = source;
        this.position = offset * 8L;
    }

    /// The next bit not read, counted from the start of the array.
    public long position() {
        return position;
    }

    public boolean bit() {
        boolean set = (bytes[(int) (position >>> 3)] << (position & 7) & 0x80) != 0;
        position++;
        return set;
    }

    /// The next `count` bits, 1 to 64, as the lowest of a long.
    public long read(int count) {
        int at = (int) (position >>> 3);
        int shift = (int) (position & 7);
        long word = (long) LONG.get(bytes, at) << shift;
        if (shift + count > 64) {
            word |= (bytes[at + 8] & 0xffL) >>> (8 - shift);
        }
        position += count;
        return word >>> (64 - count);
    }

    /// Skips zero bits up to the next one, which is not read; how many they were, 63 at most.
    public int zeros() {
        int zeros = 0;
        while (true) {
            int shift = (int) (position & 7);
            long word = (long) LONG.get(bytes, (int) (position >>> 3)) << shift;
            int run = Math.min(Long.numberOfLeadingZeros(word), 64 - shift);
            position += run;
            zeros += run;
            if (zeros > 63) {
                throw new IndexOutOfBoundsException("too many zeros before bit " + position);
            }
            if (run < 64 - shift) {
                return zeros;
            }
        }
    }

    /// The next bits without taking them, the first one topmost: 57 of them, the rest is anything.
    public long peek() {
        return (long) LONG.get(bytes, (int) (position >>> 3)) << (position & 7);
    }

    public void skip(int count) {
        position += count;
    }
}
