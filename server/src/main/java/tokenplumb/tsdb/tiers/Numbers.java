package tokenplumb.tsdb.tiers;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;

/// Columns of numbers in few bytes: what each is off a foretold one, runs of nothing as one number.
final class Numbers {
    private static final int SAME = 0;
    private static final int SCALED = 1; // + power of ten
    private static final int BITS = 32;
    private static final int MOST_POWER = 9;
    private static final long MOST_WHOLE = 1L << 53;

    private static final double[] POWERS = {1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

    private Numbers() {}

    /// Whole numbers that tend to be like the one before.
    static void put(long[] numbers, int size, Buffer into) {
        long before = 0;
        int zeros = 0;
        for (int i = 0; i < size; i++) {
            long off = numbers[i] - before;
            before = numbers[i];
            zeros = putOff(off, zeros, into);
        }
        endZeros(zeros, into);
    }

    static long[] get(int size, ByteReader from) {
        var numbers = new long[size];
        var offs = new Offs(from);
        long before = 0;
        for (int i = 0; i < size; i++) {
            before += offs.next();
            numbers[i] = before;
        }
        return numbers;
    }

    /// Floats, each near the foretold one; both without surprises come as whole numbers of some
    /// decimal, others by the bits in which they differ.
    static void put(double[] values, double[] foretold, int size, Buffer into) {
        boolean same = true;
        for (int i = 0; i < size && same; i++) {
            same = bits(values[i]) == bits(foretold[i]);
        }
        if (same) {
            into.putByte(SAME);
            return;
        }
        int power = power(values, size);
        if (power >= 0) {
            into.putByte(SCALED + power);
            int zeros = 0;
            for (int i = 0; i < size; i++) {
                long off = Math.round(values[i] * POWERS[power]) - whole(foretold[i], power);
                zeros = putOff(off, zeros, into);
            }
            endZeros(zeros, into);
            return;
        }
        into.putByte(BITS);
        int zeros = 0;
        for (int i = 0; i < size; i++) {
            // The high bits differ least, and a varint is short when the low ones are set alone.
            long off = Long.reverseBytes(bits(values[i]) ^ bits(foretold[i]));
            zeros = putOff(off, zeros, into);
        }
        endZeros(zeros, into);
    }

    /// Hears of foretold values one by one, since they may depend on the values before.
    interface Foretelling {
        double at(int i, double[] valuesBefore);
    }

    static double[] get(int size, Foretelling foretelling, ByteReader from) {
        var values = new double[size];
        int mode = from.getByte();
        if (mode == SAME) {
            for (int i = 0; i < size; i++) {
                values[i] = foretelling.at(i, values);
            }
            return values;
        }
        var offs = new Offs(from);
        if (mode == BITS) {
            for (int i = 0; i < size; i++) {
                long foretold = bits(foretelling.at(i, values));
                values[i] = Double.longBitsToDouble(Long.reverseBytes(offs.next()) ^ foretold);
            }
            return values;
        }
        int power = mode - SCALED;
        if (power > MOST_POWER) {
            throw new IndexOutOfBoundsException("unknown column of kind " + mode);
        }
        for (int i = 0; i < size; i++) {
            long number = whole(foretelling.at(i, values), power) + offs.next();
            values[i] = number / POWERS[power];
        }
        return values;
    }

    private static long bits(double value) {
        return Double.doubleToRawLongBits(value);
    }

    private static long whole(double foretold, int power) {
        double scaled = foretold * POWERS[power];
        return Math.abs(scaled) <= MOST_WHOLE ? Math.round(scaled) : 0;
    }

    /// The least power of ten that makes all whole and gives each back to the last bit; -1: none.
    private static int power(double[] values, int size) {
        int power = 0;
        for (int i = 0; i < size; i++) {
            while (!isWhole(values[i], power)) {
                if (++power > MOST_POWER) {
                    return -1;
                }
                if (i > 0) {
                    i = -1; // the ones before must still hold
                    break;
                }
            }
        }
        return power;
    }

    private static boolean isWhole(double value, int power) {
        double scaled = value * POWERS[power];
        return Math.abs(scaled) <= MOST_WHOLE
                && bits(Math.round(scaled) / POWERS[power]) == bits(value);
    }

    // --- runs of zeros

    /// Writes one number that is often 0; `zeros` are how many came just before. Answers how many
    /// are pending now.
    static int putOff(long off, int zeros, Buffer into) {
        if (off == 0) {
            return zeros + 1;
        }
        endZeros(zeros, into);
        into.putVarint(off);
        return 0;
    }

    static void endZeros(int zeros, Buffer into) {
        if (zeros > 0) {
            into.putUvarint(0);
            into.putUvarint(zeros - 1);
        }
    }

    /// Reads what [#putOff] wrote.
    static final class Offs {
        private final ByteReader from;
        private long zeros;

        Offs(ByteReader from) {
            this.from = from;
        }

        long next() {
            if (zeros > 0) {
                zeros--;
                return 0;
            }
            long off = from.getVarint();
            if (off == 0) {
                zeros = from.getUvarint();
            }
            return off;
        }
    }
}
