package tokenplumb.signal;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.TreeSet;

/// A condition on a label whose values are numbers, `le` or `quantile`: `1`, `1.0` and `1e0` are
/// one value, however a target spells it. `=` and `!=` compare numbers; a regular expression looks
/// at the value as the target spells it and as Prometheus 3 stores it. Why:
/// `docs/decisions/004-le-is-a-number.md`.
public final class Bound {
    /// The label that names a bucket's upper bound.
    public static final String LE = "le";

    private static final String QUANTILE = "quantile";

    private final Matcher matcher;
    private final double number; // NaN: the condition names none

    private Bound(Matcher matcher) {
        this.matcher = matcher;
        this.number = number(matcher.value());
    }

    public static Bound of(Matcher matcher) {
        return new Bound(matcher);
    }

    /// Whether a label's values are numbers.
    public static boolean isOn(String label) {
        return label.equals(LE) || label.equals(QUANTILE);
    }

    /// Whether labels pass a matcher, numbers compared as numbers.
    public static boolean passes(Matcher matcher, Labels labels) {
        var value = labels.get(matcher.name());
        return isOn(matcher.name()) ? of(matcher).passes(value) : matcher.matches(value);
    }

    /// Whether a value as the target spells it passes; an absent one is empty.
    public boolean passes(String value) {
        return switch (matcher.type()) {
            case EQUAL -> matcher.matches(value) || isSame(value);
            case NOT_EQUAL -> matcher.matches(value) && !isSame(value);
            case REGEX -> matcher.matches(value) || matcher.matches(normal(value));
            case NOT_REGEX -> matcher.matches(value) && matcher.matches(normal(value));
        };
    }

    private boolean isSame(String value) {
        return !Double.isNaN(number) && number(value) == number;
    }

    /// A matcher that compares texts only and decides as this one on the values that there are.
    public Matcher among(Collection<String> values) {
        boolean isPositive =
                matcher.type() == Matcher.Type.EQUAL || matcher.type() == Matcher.Type.REGEX;
        var others = new TreeSet<String>(); // caught as numbers only
        for (var value : values) {
            if (passes(value) != matcher.matches(value)) {
                others.add(value);
            }
        }
        if (others.isEmpty()) {
            return matcher;
        }
        boolean isText =
                matcher.type() == Matcher.Type.EQUAL || matcher.type() == Matcher.Type.NOT_EQUAL;
        var pattern = new StringBuilder();
        pattern.append(isText ? quoted(matcher.value()) : "(?:" + matcher.value() + ")");
        for (var other : others) {
            pattern.append('|').append(quoted(other));
        }
        var type = isPositive ? Matcher.Type.REGEX : Matcher.Type.NOT_REGEX;
        return Matcher.of(type, matcher.name(), pattern.toString());
    }

    /// Whether texts alone may decide otherwise than numbers.
    public boolean isNumeric() {
        return switch (matcher.type()) {
            case EQUAL, NOT_EQUAL -> !Double.isNaN(number);
            case REGEX, NOT_REGEX -> !matcher.value().isEmpty();
        };
    }

    private static String quoted(String text) {
        var quoted = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if ("\\.+*?()|[]{}^$".indexOf(text.charAt(i)) >= 0) {
                quoted.append('\\');
            }
            quoted.append(text.charAt(i));
        }
        return quoted.toString();
    }

    /// The number a value spells, NaN when it spells none.
    static double number(String text) {
        if (text.isEmpty() || text.length() > 64) {
            return Double.NaN;
        }
        switch (text) {
            case "+Inf", "Inf" -> {
                return Double.POSITIVE_INFINITY;
            }
            case "-Inf" -> {
                return Double.NEGATIVE_INFINITY;
            }
            default -> {}
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && "+-.eE".indexOf(c) < 0) {
                return Double.NaN;
            }
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException notANumber) {
            return Double.NaN;
        }
    }

    /// As Prometheus 3 stores it: Go's `%g`, and `.0` behind a whole number. What is no number
    /// stays as it is.
    static String normal(String text) {
        double value = number(text);
        if (Double.isNaN(value)) {
            return text;
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        var digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        int exponent = digits.precision() - digits.scale() - 1;
        if (exponent >= -4 && exponent < 6) {
            return digits.scale() > 0 ? digits.toPlainString() : digits.toPlainString() + ".0";
        }
        var unscaled = digits.unscaledValue().abs().toString();
        var rest = unscaled.length() == 1 ? "" : "." + unscaled.substring(1);
        return "%s%c%se%s%02d"
                .formatted(
                        value < 0 ? "-" : "",
                        unscaled.charAt(0),
                        rest,
                        exponent < 0 ? "-" : "+",
                        Math.abs(exponent));
    }
}
