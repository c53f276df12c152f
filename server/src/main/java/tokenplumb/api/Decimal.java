package tokenplumb.api;

import java.nio.charset.StandardCharsets;

/// Doubles as Go's `strconv.FormatFloat` writes them: the fewest digits that read back as the same
/// value, laid out as asked for. An instance writes into byte arrays and is reused from number to
/// number; it is not thread-safe.
final class Decimal {
    /// The longest text of [#sample].
    static final int LONGEST = 32;

    private static final int LONGEST_FIXED = 400; // 1e-324 and the like
    private static final long EXACT = 1L << 53;

    private static final byte[] NAN = "NaN".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] POSITIVE = "+Inf".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NEGATIVE = "-Inf".getBytes(StandardCharsets.US_ASCII);

    /// Every number of two digits.
    private static final byte[] PAIRS = new byte[200];

    private static final long[] POWERS = new long[19];

    static {
        for (int i = 0; i < 100; i++) {
            PAIRS[2 * i] = (byte) ('0' + i / 10);
            PAIRS[2 * i + 1] = (byte) ('0' + i % 10);
        }
        long power = 1;
        for (int i = 0; i < POWERS.length; i++, power *= 10) {
            POWERS[i] = power;
        }
    }

    private enum Layout {
        /// `'f'`: never an exponent.
        FIXED,
        /// `'e'`: always an exponent of at least two digits.
        SCIENTIFIC,
        /// As Prometheus' API writes sample values: fixed, but for the very large and the very
        /// small.
        SAMPLE,
        /// `'g'`, as the text format has it.
        GENERAL
    }

    private final Shortest shortest = new Shortest();

    static String fixed(double value) {
        return text(value, Layout.FIXED);
    }

    static String scientific(double value) {
        return text(value, Layout.SCIENTIFIC);
    }

    static String sample(double value) {
        return text(value, Layout.SAMPLE);
    }

    static String general(double value) {
        return text(value, Layout.GENERAL);
    }

    private static String text(double value, Layout layout) {
        var bytes = new byte[LONGEST_FIXED];
        int end = new Decimal().write(value, layout, bytes, 0);
        return new String(bytes, 0, end, StandardCharsets.US_ASCII);
    }

    /// Writes at `at`, where there are [#LONGEST] bytes of room, as [Layout#SAMPLE]; says where the
    /// text ends.
    int sample(double value, byte[] into, int at) {
        long whole = (long) value;
        if (whole == value && whole != 0 && whole < EXACT && whole > -EXACT) {
            return whole(whole, into, at);
        }
        return write(value, Layout.SAMPLE, into, at);
    }

    private int write(double value, Layout layout, byte[] into, int at) {
        if (!Double.isFinite(value)) {
            var text = Double.isNaN(value) ? NAN : value > 0 ? POSITIVE : NEGATIVE;
            System.arraycopy(text, 0, into, at, text.length);
            return at + text.length;
        }
        int end = at;
        if (Double.doubleToRawLongBits(value) < 0) {
            into[end++] = '-';
        }
        double size = Math.abs(value);
        if (size == 0) {
            into[end++] = '0';
            return layout == Layout.SCIENTIFIC ? exponent(0, into, end) : end;
        }
        shortest.of(size);
        int count = digits(shortest.digits);
        int point = count + shortest.exponent; // the value is 0.digits × 10^point
        boolean isScientific =
                switch (layout) {
                    case FIXED -> false;
                    case SCIENTIFIC -> true;
                    case SAMPLE -> size < 1e-6 || size >= 1e21;
                    case GENERAL -> point - 1 < -4 || point - 1 >= 6;
                };
        return isScientific
                ? scientific(shortest.digits, count, point - 1, into, end)
                : fixed(shortest.digits, count, point, into, end);
    }

    private static int fixed(long digits, int count, int point, byte[] into, int at) {
        if (point <= 0) {
            into[at] = '0';
            into[at + 1] = '.';
            int end = zeros(-point, into, at + 2);
            return put(digits, count, into, end);
        }
        int end = put(digits, count, into, at);
        if (point >= count) {
            return zeros(point - count, into, end);
        }
        System.arraycopy(into, at + point, into, at + point + 1, count - point);
        into[at + point] = '.';
        return end + 1;
    }

    private static int scientific(long digits, int count, int power, byte[] into, int at) {
        int end = put(digits, count, into, at + 1);
        into[at] = into[at + 1];
        if (count == 1) {
            end = at + 1;
        } else {
            into[at + 1] = '.';
        }
        return exponent(power, into, end);
    }

    private static int exponent(int power, byte[] into, int at) {
        int size = Math.abs(power);
        into[at] = 'e';
        into[at + 1] = (byte) (power < 0 ? '-' : '+');
        return put(size, Math.max(2, digits(size)), into, at + 2);
    }

    private static int zeros(int count, byte[] into, int at) {
        for (int i = 0; i < count; i++) {
            into[at + i] = '0';
        }
        return at + count;
    }

    /// Writes a whole number above −2^63; needs 20 bytes of room.
    static int whole(long number, byte[] into, int at) {
        if (number < 0) {
            into[at] = '-';
            return put(-number, digits(-number), into, at + 1);
        }
        return put(number, digits(number), into, at);
    }

    /// How many digits a number of at least 0 has.
    private static int digits(long number) {
        int guess = (64 - Long.numberOfLeadingZeros(number | 1)) * 1233 >> 12; // log 2 is 1233/4096
        return guess < POWERS.length && number >= POWERS[guess] || guess == 0 ? guess + 1 : guess;
    }

    /// The last `count` digits of a number of at least 0.
    private static int put(long number, int count, byte[] into, int at) {
        long rest = number;
        int place = at + count;
        while (place > at + 1) {
            long next = rest / 100;
            int pair = (int) (rest - next * 100) * 2;
            into[--place] = PAIRS[pair + 1];
            into[--place] = PAIRS[pair];
            rest = next;
        }
        if (place > at) {
            into[at] = (byte) ('0' + rest % 10);
        }
        return at + count;
    }

    /// The last `count` digits of a number of at least 0, for whoever lays them out.
    static int padded(long number, int count, byte[] into, int at) {
        return put(number, count, into, at);
    }
}
