package tokenplumb.tsdb.dense;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.StaleMarker;

import java.util.Arrays;

/// Turns doubles into whole numbers that are easy to foretell, and back to the last bit: all the
/// same; or whole numbers divided by one number (1, a power of ten, or the number of blocks that a
/// usage ratio was computed with), steps divided by what all have in common; or, of arbitrary
/// doubles, their bits, in the order of the doubles. Values that do not fit in, such as stale
/// markers, stand apart. Made to be reused. Not thread-safe.
final class Values {
    private static final int CONSTANT = 0;
    private static final int CONSTANT_QUOTIENT = 1;
    private static final int QUOTIENTS = 2;
    private static final int BITS = 3;

    private static final int HAS_APART = 4;
    private static final int HAS_STEP = 8;
    private static final int DIVISOR_SHIFT = 4;

    private static final int MOST_DECIMALS = 9;
    private static final int OTHER_DIVISOR = MOST_DECIMALS + 1;
    private static final long[] POWERS = new long[MOST_DECIMALS + 1];

    /// Whole numbers up to here are exact in a quotient.
    private static final double MOST_EXACT = 1L << 53;

    /// Whole doubles up to here are longs with room for differences.
    private static final double MOST_WHOLE = 1L << 61;

    /// A ratio's divisor is not greater than this, else any double would be a ratio.
    private static final long MOST_DIVISOR = 1 << 24;

    private static final int PROBES = 24;

    static {
        POWERS[0] = 1;
        for (int i = 1; i < POWERS.length; i++) {
            POWERS[i] = POWERS[i - 1] * 10;
        }
    }

    private int form;
    private long divisor;
    private long step;
    private long first; // numerator, or bits
    private int apart;
    private int[] apartAt = new int[8];
    private long[] apartBits = new long[8];

    /// Whether the column has numbers that the stream must hold.
    boolean isStreamed() {
        return form == QUOTIENTS || form == BITS;
    }

    /// Whether these are bits of arbitrary doubles.
    boolean isBits() {
        return form == BITS;
    }

    /// The constant's bits, of a column that is nothing but one value.
    boolean isJust(long bits) {
        return apart == 0
                && (form == CONSTANT && first == bits
                        || form == CONSTANT_QUOTIENT
                                && Double.doubleToRawLongBits(quotient(first)) == bits);
    }

    /// Finds the form and fills `numbers`, number 0 being 0.
    void analyse(double[] values, int count, long[] numbers) {
        if (asQuotients(values, count, numbers)) {
            return;
        }
        apart = 0;
        boolean isConstant = true;
        for (int i = 0; i < count; i++) {
            long bits = Double.doubleToRawLongBits(values[i]);
            numbers[i] = bits ^ bits >> 63 >>> 1;
            isConstant &= numbers[i] == numbers[0];
        }
        long start = numbers[0];
        if (isConstant) {
            form = CONSTANT;
            first = start ^ start >> 63 >>> 1;
            divisor = 1;
            return;
        }
        // stale markers would cost much and upset the averages
        long before = 0;
        boolean hasFirst = false;
        for (int i = 0; i < count; i++) {
            if (Double.isNaN(values[i])) {
                setApart(i, values[i]);
            } else if (!hasFirst) {
                hasFirst = true;
                start = numbers[i];
            }
        }
        if (!hasFirst || apart > count / 4 + 1) {
            apart = 0;
            start = numbers[0];
        }
        int next = 0;
        for (int i = 0; i < count; i++) {
            if (next < apart && apartAt[next] == i) {
                numbers[i] = before;
                next++;
            } else {
                numbers[i] -= start;
                before = numbers[i];
            }
        }
        form = BITS;
        divisor = 1;
        step = 1;
        first = start;
        isConstant = true;
        for (int i = 0; i < count; i++) {
            isConstant &= numbers[i] == 0;
        }
        if (isConstant) {
            form = CONSTANT;
            first = start ^ start >> 63 >>> 1;
        }
    }

    private boolean asQuotients(double[] values, int count, long[] numbers) {
        int decimals = decimals(values, count);
        if (decimals >= 0 && fill(values, count, POWERS[decimals], numbers)) {
            return true;
        }
        long found = decimals < 0 || decimals == MOST_DECIMALS ? ratioDivisor(values, count) : 0;
        return found > 0 && fill(values, count, found, numbers);
    }

    private void setApart(int at, double value) {
        if (apart == apartAt.length) {
            apartAt = Arrays.copyOf(apartAt, apart * 2);
            apartBits = Arrays.copyOf(apartBits, apart * 2);
        }
        apartAt[apart] = at;
        apartBits[apart++] = Double.doubleToRawLongBits(value);
    }

    /// Decimals that most values have, or −1 when they are no decimals.
    private static int decimals(double[] values, int count) {
        int decimals = 0;
        int misfits = 0;
        double before = 0;
        for (int i = 0; i < count && misfits <= count / 16; i++) {
            double value = values[i];
            if (value == before || Double.isNaN(value)) {
                continue;
            }
            before = value;
            if (numerator(value, POWERS[decimals]) != Long.MIN_VALUE) {
                continue;
            }
            int more = decimals + 1;
            while (more <= MOST_DECIMALS && numerator(value, POWERS[more]) == Long.MIN_VALUE) {
                more++;
            }
            if (more <= MOST_DECIMALS) {
                decimals = more;
            } else {
                misfits++;
            }
        }
        return misfits <= count / 16 ? decimals : -1;
    }

    /// What divided by `divisor` gives the value to the last bit, or [Long#MIN_VALUE].
    private static long numerator(double value, long divisor) {
        double scaled = divisor == 1 ? value : Math.rint(value * divisor);
        double most = divisor == 1 ? MOST_WHOLE : MOST_EXACT;
        if (!(Math.abs(scaled) <= most)) {
            return Long.MIN_VALUE;
        }
        long numerator = (long) scaled;
        double back = divisor == 1 ? (double) numerator : (double) numerator / divisor;
        return Double.doubleToRawLongBits(back) == Double.doubleToRawLongBits(value)
                ? numerator
                : Long.MIN_VALUE;
    }

    /// The number that all values are fractions of, or 0.
    private static long ratioDivisor(double[] values, int count) {
        long all = 1;
        int probed = 0;
        for (int i = 0; i < count && probed < PROBES; i += Math.max(1, count / PROBES)) {
            double value = values[i];
            if (Double.isNaN(value)) {
                continue;
            }
            long own = denominator(value);
            if (own == 0) {
                return 0;
            }
            all = all / gcd(all, own) * own;
            if (all > MOST_DIVISOR) {
                return 0;
            }
            probed++;
        }
        return all > 1 ? all : 0;
    }

    /// The denominator of the simplest fraction that gives the value, or 0 when none is simple.
    private static long denominator(double value) {
        if (!(Math.abs(value) < 1 << 24)) {
            return 0;
        }
        double rest = Math.abs(value);
        long numerator = 1;
        long numeratorBefore = 0;
        long denominator = 0;
        long denominatorBefore = 1;
        for (int i = 0; i < 24; i++) {
            long whole = (long) rest;
            long nextNumerator = whole * numerator + numeratorBefore;
            long nextDenominator = whole * denominator + denominatorBefore;
            if (nextDenominator > MOST_DIVISOR || nextNumerator > 1L << 40) {
                return 0;
            }
            numeratorBefore = numerator;
            denominatorBefore = denominator;
            numerator = nextNumerator;
            denominator = nextDenominator;
            if ((double) numerator / denominator == Math.abs(value)) {
                return denominator;
            }
            rest = 1 / (rest - whole);
            if (!(rest < 1L << 40)) {
                return 0;
            }
        }
        return 0;
    }

    private static long gcd(long a, long b) {
        long x = Math.abs(a);
        long y = Math.abs(b);
        while (y != 0) {
            long rest = x % y;
            x = y;
            y = rest;
        }
        return x;
    }

    private boolean fill(double[] values, int count, long by, long[] numbers) {
        apart = 0;
        divisor = by;
        step = 0;
        boolean hasFirst = false;
        int misfits = 0;
        long before = 0;
        double beforeValue = Double.NaN;
        for (int i = 0; i < count; i++) {
            double value = values[i];
            if (value == beforeValue && value != 0) { // zeros come in two kinds
                numbers[i] = before;
                continue;
            }
            long numerator = numerator(value, by);
            if (numerator == Long.MIN_VALUE) {
                misfits += Double.isNaN(value) ? 0 : 1;
                setApart(i, value);
                if (misfits > count / 16 || apart > count / 4 + 1) {
                    return false;
                }
                numbers[i] = before;
                continue;
            }
            if (!hasFirst) {
                hasFirst = true;
                first = numerator;
                Arrays.fill(numbers, 0, i, 0);
            }
            numbers[i] = numerator - first;
            if (step != 1 && numbers[i] != before) {
                step = gcd(step, numbers[i] - before);
            }
            before = numbers[i];
            beforeValue = value;
        }
        if (!hasFirst) {
            return false;
        }
        form = step == 0 ? CONSTANT_QUOTIENT : QUOTIENTS;
        if (step > 1) {
            for (int i = 0; i < count; i++) {
                numbers[i] /= step;
            }
        }
        return true;
    }

    private double quotient(long numerator) {
        return divisor == 1 ? (double) numerator : (double) numerator / divisor;
    }

    void write(Buffer out) {
        int decimals = 0;
        while (decimals < POWERS.length && POWERS[decimals] != divisor) {
            decimals++;
        }
        boolean hasStep = form == QUOTIENTS && step > 1;
        out.putByte(
                form
                        | (apart > 0 ? HAS_APART : 0)
                        | (hasStep ? HAS_STEP : 0)
                        | decimals << DIVISOR_SHIFT);
        if (decimals == OTHER_DIVISOR) {
            out.putUvarint(divisor);
        }
        if (form == CONSTANT || form == BITS) {
            out.putLong(first);
        } else {
            out.putVarint(first);
        }
        if (hasStep) {
            out.putUvarint(step);
        }
        if (apart > 0) {
            out.putUvarint(apart);
            int last = -1;
            for (int i = 0; i < apart; i++) {
                boolean isStale = apartBits[i] == Double.doubleToRawLongBits(StaleMarker.VALUE);
                out.putUvarint((apartAt[i] - last - 1L) << 1 | (isStale ? 0 : 1));
                if (!isStale) {
                    out.putLong(apartBits[i]);
                }
                last = apartAt[i];
            }
        }
    }

    /// Reads what [#write] wrote, of a column of `count` numbers. Throws
    /// [IndexOutOfBoundsException] or [IllegalStateException] when it cannot be.
    void read(ByteReader in, int count) {
        int head = in.getByte();
        form = head & 3;
        int decimals = head >> DIVISOR_SHIFT;
        if (decimals > OTHER_DIVISOR) {
            throw new IllegalStateException("a form of values that cannot be: " + head);
        }
        divisor = decimals == OTHER_DIVISOR ? in.getUvarint() : POWERS[decimals];
        first = form == CONSTANT || form == BITS ? in.getLong() : in.getVarint();
        step = (head & HAS_STEP) != 0 ? in.getUvarint() : 1;
        apart = 0;
        if ((head & HAS_APART) != 0) {
            int many = in.getCount(1);
            int at = -1;
            for (int i = 0; i < many; i++) {
                long gap = in.getUvarint();
                if (gap < 0 || gap >> 1 >= count - at - 1) {
                    throw new IllegalStateException("a value apart behind the end");
                }
                at += (int) (gap >> 1) + 1;
                setApart(
                        at,
                        (gap & 1) == 0 ? StaleMarker.VALUE : Double.longBitsToDouble(in.getLong()));
            }
        }
    }

    /// Fills in the doubles of numbers from the stream (none are needed unless it [#isStreamed]).
    void restore(long[] numbers, int count, double[] values) {
        switch (form) {
            case CONSTANT -> Arrays.fill(values, 0, count, Double.longBitsToDouble(first));
            case CONSTANT_QUOTIENT -> Arrays.fill(values, 0, count, quotient(first));
            case QUOTIENTS -> {
                if (divisor == 1) {
                    for (int i = 0; i < count; i++) {
                        values[i] = (double) (first + step * numbers[i]);
                    }
                } else {
                    for (int i = 0; i < count; i++) {
                        values[i] = (double) (first + step * numbers[i]) / divisor;
                    }
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    long ordered = first + numbers[i];
                    values[i] = Double.longBitsToDouble(ordered ^ ordered >> 63 >>> 1);
                }
            }
        }
        for (int i = 0; i < apart; i++) {
            values[apartAt[i]] = Double.longBitsToDouble(apartBits[i]);
        }
    }
}
