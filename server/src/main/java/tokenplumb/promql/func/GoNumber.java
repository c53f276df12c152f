package tokenplumb.promql.func;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/// Numbers as Go reads and prints them, which Prometheus' messages and labels are made of.
public final class GoNumber {
    private GoNumber() {}

    /// `strconv.FormatFloat(value, 'f', -1, 64)`: the shortest digits, no exponent.
    public static String plain(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        return digits(value).toPlainString();
    }

    /// `%g`: the shortest digits, with an exponent when that is below -4 or above 5.
    public static String shortest(double value) {
        return general(value, -1);
    }

    /// As OpenMetrics writes it: never without a dot or an exponent.
    public static String openMetrics(double value) {
        var text = shortest(value);
        boolean special = Double.isNaN(value) || Double.isInfinite(value);
        return special || text.contains(".") || text.contains("e") ? text : text + ".0";
    }

    /// `%.<precision>g`.
    public static String rounded(double value, int precision) {
        return general(value, precision);
    }

    private static String general(double value, int precision) {
        if (Double.isNaN(value) || Double.isInfinite(value) || value == 0) {
            return plain(value);
        }
        var digits = digits(value);
        if (precision > 0) {
            digits = digits.round(new MathContext(precision, RoundingMode.HALF_EVEN));
            digits = digits.stripTrailingZeros();
        }
        int exponent = digits.precision() - digits.scale() - 1;
        int limit = precision < 0 ? 6 : precision;
        if (precision > 0 && limit > digits.precision() && digits.precision() >= exponent + 1) {
            limit = digits.precision();
        }
        if (exponent >= -4 && exponent < limit) {
            return digits.toPlainString();
        }
        var unscaled = digits.unscaledValue().abs().toString();
        var mantissa =
                unscaled.length() == 1
                        ? unscaled
                        : unscaled.charAt(0) + "." + unscaled.substring(1);
        return "%s%se%s%02d"
                .formatted(
                        value < 0 ? "-" : "",
                        mantissa,
                        exponent < 0 ? "-" : "+",
                        Math.abs(exponent));
    }

    private static BigDecimal digits(double value) {
        return new BigDecimal(Double.toString(value)).stripTrailingZeros();
    }

    /// `strconv.ParseFloat`, or NaN when the text is no number. (Every caller treats NaN as no
    /// number, too.)
    public static double parse(String text) {
        int start = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
        var word = text.substring(start).toLowerCase(java.util.Locale.ROOT);
        if (word.equals("inf") || word.equals("infinity")) {
            return text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && "+-.eExXpPabcdfABCDF".indexOf(c) < 0) {
                return Double.NaN;
            }
        }
        boolean hex = word.startsWith("0x");
        if (text.isEmpty() || !hex && (word.endsWith("d") || word.endsWith("f"))) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException notANumber) {
            return Double.NaN;
        }
    }
}
