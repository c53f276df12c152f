package tokenplumb.api;

/// A double as Go's `strconv.FormatFloat` writes it: the fewest digits that read back as the same
/// value, laid out as asked for.
final class Decimal {
    private Decimal() {}

    /// Digits and where the point stands: the value is `0.digits × 10^point`.
    private record Digits(boolean negative, String digits, int point) {
        static Digits of(double value) {
            var text = Double.toString(Math.abs(value));
            int e = text.indexOf('E');
            int exponent = e < 0 ? 0 : Integer.parseInt(text, e + 1, text.length(), 10);
            var mantissa = e < 0 ? text : text.substring(0, e);
            int dot = mantissa.indexOf('.');
            var digits = mantissa.substring(0, dot) + mantissa.substring(dot + 1);
            int point = dot + exponent;
            int from = 0;
            while (from < digits.length() - 1 && digits.charAt(from) == '0') {
                from++;
                point--;
            }
            int to = digits.length();
            while (to > from + 1 && digits.charAt(to - 1) == '0') {
                to--;
            }
            return new Digits(
                    Double.doubleToRawLongBits(value) < 0,
                    shorter(digits.substring(from, to), point, Math.abs(value)),
                    point);
        }

        /// Java never writes fewer than two digits; the tiniest numbers need only one.
        private static String shorter(String digits, int point, double value) {
            if (digits.length() != 2 || value > 1e-300) {
                return digits;
            }
            int down = digits.charAt(0) - '0';
            int nearest = digits.charAt(1) < '5' ? down : down + 1;
            return nearest <= 9 && Double.parseDouble("0." + nearest + "E" + point) == value
                    ? Integer.toString(nearest)
                    : digits;
        }

        String sign() {
            return negative ? "-" : "";
        }
    }

    private static String special(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        if (value == 0) {
            return Double.doubleToRawLongBits(value) < 0 ? "-0" : "0";
        }
        return "";
    }

    /// `'f'`: never an exponent.
    static String fixed(double value) {
        var special = special(value);
        if (!special.isEmpty()) {
            return special;
        }
        var d = Digits.of(value);
        int length = d.digits().length();
        if (d.point() <= 0) {
            return d.sign() + "0." + "0".repeat(-d.point()) + d.digits();
        }
        if (d.point() >= length) {
            return d.sign() + d.digits() + "0".repeat(d.point() - length);
        }
        return d.sign()
                + d.digits().substring(0, d.point())
                + "."
                + d.digits().substring(d.point());
    }

    /// `'e'`: always an exponent of at least two digits.
    static String scientific(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return special(value);
        }
        if (value == 0) {
            return special(value) + "e+00";
        }
        var d = Digits.of(value);
        int exponent = d.point() - 1;
        var fraction = d.digits().length() > 1 ? "." + d.digits().substring(1) : "";
        return d.sign()
                + d.digits().charAt(0)
                + fraction
                + (exponent < 0 ? "e-" : "e+")
                + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }

    /// As Prometheus' API writes sample values: fixed, but for the very large and the very small.
    static String sample(double value) {
        double size = Math.abs(value);
        return size != 0 && (size < 1e-6 || size >= 1e21) ? scientific(value) : fixed(value);
    }

    /// `'g'`, as the text format has it.
    static String general(double value) {
        double size = Math.abs(value);
        if (size == 0 || !Double.isFinite(value)) {
            return special(value);
        }
        int exponent = Digits.of(value).point() - 1;
        return exponent < -4 || exponent >= 6 ? scientific(value) : fixed(value);
    }
}
