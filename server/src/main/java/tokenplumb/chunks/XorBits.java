package tokenplumb.chunks;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.BitWriter;

/// One value's place in a stream of XORs: the value before, and the window of bits in which it last
/// differed (the code: [XorChunk]). Not thread-safe.
final class XorBits {
    private static final int NONE = 63; // more than any value has: its 0 to 31 never reach it

    long value; // raw bits
    int leading = NONE; // 0 to 31, once there is a window
    int trailing;

    /// Begins with a value that stands whole in the stream.
    void start(long first) {
        value = first;
        leading = NONE;
        trailing = 0;
    }

    void write(BitWriter bits, long next) {
        long xor = next ^ value;
        value = next;
        if (xor == 0) {
            bits.write(0, 1);
            return;
        }
        int nowLeading = Math.min(31, Long.numberOfLeadingZeros(xor));
        int nowTrailing = Long.numberOfTrailingZeros(xor);
        if (nowLeading >= leading && nowTrailing >= trailing) {
            bits.write(0b10, 2);
            bits.write(xor >>> trailing, 64 - leading - trailing);
            return;
        }
        leading = nowLeading;
        trailing = nowTrailing;
        int significant = 64 - leading - trailing;
        bits.write(0b11L << 11 | (long) leading << 6 | significant & 0x3f, 13);
        bits.write(xor >>> trailing, significant);
    }

    /// The next value. Throws [IndexOutOfBoundsException] where its bits cannot be.
    long read(BitReader bits) {
        if (!bits.bit()) {
            return value;
        }
        if (bits.bit()) {
            readWindow(bits);
        }
        return readInWindow(bits);
    }

    void readWindow(BitReader bits) {
        leading = (int) bits.read(5);
        int significant = (int) bits.read(6);
        trailing = 64 - leading - (significant == 0 ? 64 : significant);
        if (trailing < 0) {
            throw new IndexOutOfBoundsException(
                    "a chunk's value has %d leading and %d significant bits"
                            .formatted(leading, significant));
        }
    }

    long readInWindow(BitReader bits) {
        if (leading == NONE) {
            throw new IndexOutOfBoundsException("a chunk reuses a window before there is one");
        }
        value ^= bits.read(64 - leading - trailing) << trailing;
        return value;
    }
}
