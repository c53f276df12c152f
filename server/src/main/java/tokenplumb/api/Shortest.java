package tokenplumb.api;

import java.math.BigInteger;

/// The fewest decimal digits that read back as a given double, nearest to it where several are as
/// few: what Go's `strconv` calls precision −1. After Raffaello Giulietti, "The Schubfach way to
/// render doubles", 2020. Reused from number to number; not thread-safe.
///
/// A double `c·2^q` is what every number between two bounds rounds to. Multiplied by a power of ten
/// that makes the gap between the bounds at least 1 wide and less than 10, there is an integer
/// between them, and at most one multiple of ten. The products are taken with 128 bits of that
/// power, and what is cut off leaves its trace in the lowest bit ("round to odd"), so that
/// comparisons come out as with all digits.
final class Shortest {
    private static final int LEAST_POWER = -292;
    private static final int MOST_POWER = 324;
    private static final int FRACTION_BITS = 52;
    private static final long HIDDEN_BIT = 1L << FRACTION_BITS;
    private static final int LEAST_EXPONENT = -1074;

    /// The upper and lower 64 bits of each power of ten, its highest bit set, rounded up.
    private static final long[] HIGH = new long[MOST_POWER - LEAST_POWER + 1];

    private static final long[] LOW = new long[MOST_POWER - LEAST_POWER + 1];

    static {
        var mask = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
        for (int power = LEAST_POWER; power <= MOST_POWER; power++) {
            int shift = 127 - floorLog2OfPow10(power);
            var ten = BigInteger.TEN.pow(Math.abs(power));
            BigInteger scaled;
            if (power < 0) {
                scaled = ceiling(BigInteger.ONE.shiftLeft(shift), ten);
            } else if (shift >= 0) {
                scaled = ten.shiftLeft(shift);
            } else {
                scaled = ceiling(ten, BigInteger.ONE.shiftLeft(-shift));
            }
            HIGH[power - LEAST_POWER] = scaled.shiftRight(64).longValue();
            LOW[power - LEAST_POWER] = scaled.and(mask).longValue();
        }
    }

    /// The value is `digits × 10^exponent`; `digits` does not end in 0.
    long digits;

    int exponent;

    private static BigInteger ceiling(BigInteger dividend, BigInteger divisor) {
        var parts = dividend.divideAndRemainder(divisor);
        return parts[1].signum() == 0 ? parts[0] : parts[0].add(BigInteger.ONE);
    }

    private static int floorLog2OfPow10(int power) {
        return power * 1_741_647 >> 19;
    }

    private static int floorLog10OfPow2(int power) {
        return power * 1_262_611 >> 22;
    }

    private static int floorLog10OfThreeQuartersPow2(int power) {
        return power * 1_262_611 - 524_031 >> 22;
    }

    /// Finds the digits of a finite number above 0.
    void of(double positive) {
        long bits = Double.doubleToRawLongBits(positive);
        long fraction = bits & HIDDEN_BIT - 1;
        int biased = (int) (bits >>> FRACTION_BITS);
        long c = biased == 0 ? fraction : fraction | HIDDEN_BIT;
        int q = Math.max(biased, 1) + LEAST_EXPONENT - 1;
        if (q > -FRACTION_BITS - 1 && q <= 0 && (c & (1L << -q) - 1) == 0) {
            keep(c >> -q, 0); // a whole number below 2^53
            return;
        }
        search(c, q, fraction == 0 && biased > 1);
    }

    private void search(long c, int q, boolean isPowerOfTwo) {
        int k = isPowerOfTwo ? floorLog10OfThreeQuartersPow2(q) : floorLog10OfPow2(q);
        int h = q + floorLog2OfPow10(-k) + 1;
        long high = HIGH[-k - LEAST_POWER];
        long low = LOW[-k - LEAST_POWER];
        long odd = c & 1; // the bounds themselves belong to even numbers only
        long middle = product(high, low, 4 * c << h);
        long lower = product(high, low, 4 * c - (isPowerOfTwo ? 1 : 2) << h) + odd;
        long upper = product(high, low, 4 * c + 2 << h) - odd;
        long s = middle >> 2;
        if (s >= 10) {
            long tens = s / 10;
            boolean below = lower <= 40 * tens;
            boolean above = 40 * tens + 40 <= upper;
            if (below != above) {
                keep(below ? tens : tens + 1, k + 1);
                return;
            }
        }
        boolean below = lower <= 4 * s;
        boolean above = 4 * s + 4 <= upper;
        if (below != above) {
            keep(below ? s : s + 1, k);
            return;
        }
        long half = 4 * s + 2;
        boolean up = middle > half || middle == half && (s & 1) != 0;
        keep(up ? s + 1 : s, k);
    }

    /// `power × factor`, the upper 64 of 192 bits; the lowest of them is set when any below is.
    private static long product(long high, long low, long factor) {
        long carried = Math.unsignedMultiplyHigh(low, factor);
        long rest = high * factor;
        long top = Math.unsignedMultiplyHigh(high, factor);
        long sum = rest + carried;
        if (Long.compareUnsigned(sum, rest) < 0) {
            top++;
        }
        return Long.compareUnsigned(sum, 1) > 0 ? top | 1 : top;
    }

    private void keep(long found, int power) {
        long rest = found;
        int zeros = power;
        while (rest % 10 == 0) {
            rest /= 10;
            zeros++;
        }
        digits = rest;
        exponent = zeros;
    }
}
