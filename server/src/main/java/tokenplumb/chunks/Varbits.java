package tokenplumb.chunks;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.BitWriter;

/// Numbers of a few bits, as chunks hold them. In histogram chunks a prefix of ones ended by a zero
/// says how many bits follow:
///
/// ```
/// 0         nothing: it is 0       111110    18 bits
/// 10        3 bits                 1111110   25 bits
/// 110       6 bits                 11111110  56 bits
/// 1110      9 bits                 11111111  64 bits
/// 11110     12 bits
/// ```
///
/// In XOR chunks a change of the time has 14, 17, 20 or 64 bits ([XorChunk] draws it). Signed ones
/// of n bits go from −(2^(n−1) − 1) to 2^(n−1), one more above zero than below.
public final class Varbits {
    private static final int[] WIDTHS = {0, 3, 6, 9, 12, 18, 25, 56, 64}; // by ones in the prefix

    /// The largest number by ones in the prefix, of those with up to 25 bits.
    private static final long[] HALVES = {0, 1 << 2, 1 << 5, 1 << 8, 1 << 11, 1 << 17, 1 << 24};

    private static final int PEEKED = 57; // bits that a peek is good for
    private static final int LONGEST = 32; // bits of a number of up to 25 with its prefix

    private Varbits() {}

    static void putInt(BitWriter bits, long value) {
        if (value == 0) {
            bits.write(0, 1);
            return;
        }
        int ones = 1;
        while (ones < 8 && !fits(value, WIDTHS[ones])) {
            ones++;
        }
        put(bits, value, ones);
    }

    static void putUint(BitWriter bits, long value) {
        if (value == 0) {
            bits.write(0, 1);
            return;
        }
        int ones = 1;
        while (ones < 8 && value >>> WIDTHS[ones] != 0) {
            ones++;
        }
        put(bits, value, ones);
    }

    private static boolean fits(long value, int width) {
        long half = 1L << (width - 1);
        return value > -half && value <= half;
    }

    private static void put(BitWriter bits, long value, int ones) {
        if (ones == 8) {
            bits.write(0xff, 8);
            bits.write(value, 64);
            return;
        }
        int width = WIDTHS[ones];
        long prefix = (1L << (ones + 1)) - 2; // so many ones, then a zero
        bits.write(prefix << width | value & (1L << width) - 1, ones + 1 + width);
    }

    static long getInt(BitReader bits) {
        long word = bits.peek();
        if (word >= 0) {
            bits.skip(1);
            return 0;
        }
        int ones = Math.min(8, Long.numberOfLeadingZeros(~word));
        if (ones >= 7) {
            return longInt(bits, ones);
        }
        int width = WIDTHS[ones];
        bits.skip(ones + 1 + width);
        long value = word << (ones + 1) >>> (64 - width);
        return signed(value, width);
    }

    /// Reads as many signed numbers as there are sums, and adds each to its own. All but the
    /// largest are taken apart without a branch, several out of one load: which of them are zero,
    /// which small and which not so small is not to be foretold.
    static void addInts(BitReader bits, long[] sums) {
        long word = bits.peek();
        int used = 0; // bits of the word
        for (int i = 0; i < sums.length; i++) {
            if (used > PEEKED - LONGEST) {
                bits.skip(used);
                word = bits.peek();
                used = 0;
            }
            int ones = Long.numberOfLeadingZeros(~word);
            if (ones >= 7) {
                bits.skip(used);
                sums[i] += longInt(bits, Math.min(8, ones));
                word = bits.peek();
                used = 0;
                continue;
            }
            int width = WIDTHS[ones];
            long value = word << (ones + 1) >>> 1 >>> (63 - width);
            sums[i] += value - ((HALVES[ones] - value) >> 63 & HALVES[ones] << 1);
            int length = ones + 1 + width;
            word <<= length;
            used += length;
        }
        bits.skip(used);
    }

    private static long signed(long value, int width) {
        return value > 1L << (width - 1) ? value - (1L << width) : value;
    }

    private static long longInt(BitReader bits, int ones) {
        bits.skip(8);
        return ones == 8 ? bits.read(64) : signed(bits.read(56), 56);
    }

    static long getUint(BitReader bits) {
        long word = bits.peek();
        if (word >= 0) {
            bits.skip(1);
            return 0;
        }
        int ones = Math.min(8, Long.numberOfLeadingZeros(~word));
        if (ones >= 7) {
            bits.skip(8);
            return bits.read(ones == 8 ? 64 : 56);
        }
        int width = WIDTHS[ones];
        bits.skip(ones + 1 + width);
        return word << (ones + 1) >>> (64 - width);
    }

    /// A count of things that take at least a bit each, of `most` at most.
    static int getCount(BitReader bits, long most) {
        long count = getUint(bits);
        if (count < 0 || count > most) {
            throw new IndexOutOfBoundsException(
                    "a chunk says it holds %s of something and has room for %d"
                            .formatted(Long.toUnsignedString(count), most));
        }
        return (int) count;
    }

    /// A change of the time in an XOR chunk that is not 0.
    static void putChange(BitWriter bits, long change) {
        if (fits(change, 14)) {
            bits.write(0b10L << 14 | change & (1L << 14) - 1, 16);
        } else if (fits(change, 17)) {
            bits.write(0b110L << 17 | change & (1L << 17) - 1, 20);
        } else if (fits(change, 20)) {
            bits.write(0b1110L << 20 | change & (1L << 20) - 1, 24);
        } else {
            bits.write(0b1111L, 4);
            bits.write(change, 64);
        }
    }

    /// A change of the time in an XOR chunk, behind the bit that says that there is one.
    public static long getChange(BitReader bits) {
        if (!bits.bit()) {
            return signed(bits.read(14), 14);
        }
        if (!bits.bit()) {
            return signed(bits.read(17), 17);
        }
        if (!bits.bit()) {
            return signed(bits.read(20), 20);
        }
        return bits.read(64);
    }

    static void putUvarint(BitWriter bits, long number) {
        long rest = number;
        while ((rest & ~0x7fL) != 0) {
            bits.write(rest & 0x7f | 0x80, 8);
            rest >>>= 7;
        }
        bits.write(rest, 8);
    }

    /// A varint of whole bytes, zigzag.
    public static long getVarint(BitReader bits) {
        long zigzag = getUvarint(bits);
        return zigzag >>> 1 ^ -(zigzag & 1);
    }

    /// A varint of whole bytes.
    public static long getUvarint(BitReader bits) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            long next = bits.read(8);
            value |= (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IndexOutOfBoundsException("varint of more than 64 bits in a chunk");
    }
}
