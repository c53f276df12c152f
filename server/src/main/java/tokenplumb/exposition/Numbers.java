package tokenplumb.exposition;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// Decimal numbers, read from bytes without a String and always exact.
///
/// Up to 19 digits fit a `long` w, so that a number is w·10^e. Where w has at most 53 bits and |e|
/// is at most 22, both are doubles and one rounded operation gives the right answer (Clinger 1990).
/// Otherwise w is multiplied by the upper 128 bits of 10^e; the result's leading bits decide the
/// double unless they are too close to a tie (Lemire 2021, "Number parsing at a gigabyte per
/// second"). What is left, and more than 19 digits, goes to `Double.parseDouble`.
final class Numbers {
    private static final double[] EXACT_TENS = new double[23];
    private static final int LOWEST = -64;
    private static final int HIGHEST = 64;
    private static final long[] UPPER = new long[HIGHEST - LOWEST + 1];
    private static final long[] LOWER = new long[HIGHEST - LOWEST + 1];

    static {
        double ten = 1;
        for (int i = 0; i < EXACT_TENS.length; i++, ten *= 10) {
            EXACT_TENS[i] = ten;
        }
        for (int e = LOWEST; e <= HIGHEST; e++) {
            var bits = upperBits(e);
            UPPER[e - LOWEST] = bits.shiftRight(64).longValue();
            LOWER[e - LOWEST] = bits.longValue();
        }
    }

    private Numbers() {}

    /// The upper 128 bits of 10^e, rounded down.
    private static BigInteger upperBits(int e) {
        var ten = BigInteger.TEN.pow(Math.abs(e));
        if (e < 0) {
            ten = BigInteger.ONE.shiftLeft(ten.bitLength() + 127).divide(ten);
        }
        int shift = ten.bitLength() - 128;
        return shift >= 0 ? ten.shiftRight(shift) : ten.shiftLeft(-shift);
    }

    /// `digits`·10^`exponent`, where `digits` is unsigned; NaN when this way cannot tell.
    static double decimal(long digits, int exponent) {
        if (digits >>> 53 == 0) {
            if (exponent >= 0 && exponent <= 22) {
                return digits * EXACT_TENS[exponent];
            }
            if (exponent < 0 && exponent >= -22) {
                return digits / EXACT_TENS[-exponent];
            }
            if (digits == 0) {
                return 0;
            }
        }
        if (exponent < LOWEST || exponent > HIGHEST) {
            return Double.NaN;
        }
        int zeros = Long.numberOfLeadingZeros(digits);
        long w = digits << zeros;
        long upper = UPPER[exponent - LOWEST];
        long high = Math.unsignedMultiplyHigh(w, upper);
        long low = w * upper;
        if ((high & 0x1ff) == 0x1ff && Long.compareUnsigned(low + w, w) < 0) {
            long lower = LOWER[exponent - LOWEST];
            long carry = Math.unsignedMultiplyHigh(w, lower);
            long merged = low + carry;
            if (Long.compareUnsigned(merged, low) < 0) {
                high++;
            }
            if ((high & 0x1ff) == 0x1ff
                    && merged == -1
                    && Long.compareUnsigned(w * lower + w, w) < 0) {
                return Double.NaN;
            }
            low = merged;
        }
        int top = (int) (high >>> 63);
        long mantissa = high >>> (top + 9);
        if (low == 0 && (high & 0x1ff) == 0 && (mantissa & 3) == 1) {
            return Double.NaN;
        }
        mantissa = (mantissa + (mantissa & 1)) >>> 1;
        long power = (217706L * exponent >> 16) + 64 + 1023 - zeros - (1 ^ top);
        if (mantissa >>> 53 != 0) {
            mantissa >>>= 1;
            power++;
        }
        if (power < 1 || power > 2046) {
            return Double.NaN;
        }
        return Double.longBitsToDouble(power << 52 | mantissa & 0xfffffffffffffL);
    }

    /// A whole token that is not plain digits: infinities and NaN in all the spellings of Go and of
    /// the C libraries (`-nan`, `-nan(ind)`), and what needs `Double.parseDouble`. Throws
    /// [NumberFormatException] with the reason.
    static double rare(byte[] bytes, int from, int to) {
        var token = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        var word = token.toLowerCase(Locale.ROOT);
        boolean signed = word.startsWith("-") || word.startsWith("+");
        var rest = signed ? word.substring(1) : word;
        if (rest.equals("inf") || rest.equals("infinity")) {
            return word.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        if (rest.equals("nan") || rest.startsWith("nan(") && rest.endsWith(")")) {
            return Double.NaN;
        }
        if (!isDecimal(rest)) {
            throw new NumberFormatException("not a number");
        }
        double value = Double.parseDouble(token);
        if (Double.isInfinite(value)) {
            throw new NumberFormatException("a number beyond what a float64 can hold");
        }
        return value;
    }

    private static boolean isDecimal(String word) {
        int i = 0;
        int digits = 0;
        for (; i < word.length() && isDigit(word.charAt(i)); i++) {
            digits++;
        }
        if (i < word.length() && word.charAt(i) == '.') {
            for (i++; i < word.length() && isDigit(word.charAt(i)); i++) {
                digits++;
            }
        }
        if (digits > 0 && i < word.length() && word.charAt(i) == 'e') {
            i++;
            if (i < word.length() && (word.charAt(i) == '+' || word.charAt(i) == '-')) {
                i++;
            }
            int first = i;
            while (i < word.length() && isDigit(word.charAt(i))) {
                i++;
            }
            digits = i - first;
        }
        return digits > 0 && i == word.length();
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /// As Go's `strconv.FormatFloat(value, 'g', -1, 64)`: the shortest digits that read back as the
    /// same number, with an exponent below 1e-4 and from 1e6 on.
    static String text(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        var java = Double.toString(Math.abs(value)); // shortest digits, "1.0E10" or "123.45"
        int e = java.indexOf('E');
        int exponent = e < 0 ? 0 : Integer.parseInt(java.substring(e + 1));
        var plain = e < 0 ? java : java.substring(0, e);
        int point = plain.indexOf('.');
        var digits =
                new StringBuilder(plain.substring(0, point)).append(plain.substring(point + 1));
        exponent += point - 1;
        while (digits.length() > 1 && digits.charAt(0) == '0') {
            digits.deleteCharAt(0);
            exponent--;
        }
        while (digits.length() > 1 && digits.charAt(digits.length() - 1) == '0') {
            digits.setLength(digits.length() - 1);
        }
        var out = new StringBuilder(value < 0 ? "-" : "");
        if (exponent < -4 || exponent >= 6) {
            out.append(digits.charAt(0));
            if (digits.length() > 1) {
                out.append('.').append(digits, 1, digits.length());
            }
            out.append('e').append(exponent < 0 ? '-' : '+');
            return out.append(Math.abs(exponent) < 10 ? "0" : "")
                    .append(Math.abs(exponent))
                    .toString();
        }
        if (exponent < 0) {
            return out.append("0.").repeat("0", -exponent - 1).append(digits).toString();
        }
        if (digits.length() <= exponent + 1) {
            return out.append(digits).repeat("0", exponent + 1 - digits.length()).toString();
        }
        return out.append(digits, 0, exponent + 1)
                .append('.')
                .append(digits, exponent + 1, digits.length())
                .toString();
    }

    /// As OpenMetrics spells the bounds of buckets and quantiles: always with a point or an
    /// exponent.
    static String openMetrics(double value) {
        var text = text(value);
        boolean whole = text.indexOf('.') < 0 && text.indexOf('e') < 0;
        return whole && Double.isFinite(value) ? text + ".0" : text;
    }
}
