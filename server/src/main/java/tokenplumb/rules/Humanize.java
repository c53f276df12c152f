package tokenplumb.rules;

import tokenplumb.templates.GoFormat;
import tokenplumb.templates.TextMap;

import java.util.List;

/// Numbers for people, as Prometheus' template functions write them. Arguments are numbers or texts
/// that hold one; anything else is an [IllegalArgumentException].
final class Humanize {
    private static final List<String> LARGE = List.of("k", "M", "G", "T", "P", "E", "Z", "Y");
    private static final List<String> SMALL = List.of("m", "u", "n", "p", "f", "a", "z", "y");
    private static final List<String> BINARY =
            List.of("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi");

    private Humanize() {}

    static double number(Object value) {
        return switch (value) {
            case Double number -> number;
            case Long number -> number;
            case GoDuration duration -> duration.nanos() / 1e9;
            case String text -> parse(text);
            case null -> throw new IllegalArgumentException("can't convert <nil> to float");
            default ->
                    throw new IllegalArgumentException(
                            "can't convert %s to float"
                                    .formatted(
                                            value instanceof TextMap
                                                    ? "map[string]string"
                                                    : value.getClass().getSimpleName()));
        };
    }

    private static double parse(String text) {
        switch (text.toLowerCase(java.util.Locale.ROOT)) {
            case "inf", "+inf", "infinity", "+infinity" -> {
                return Double.POSITIVE_INFINITY;
            }
            case "-inf", "-infinity" -> {
                return Double.NEGATIVE_INFINITY;
            }
            case "nan" -> {
                return Double.NaN;
            }
            default -> {}
        }
        if (!text.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?")) {
            throw new IllegalArgumentException(
                    "strconv.ParseFloat: parsing \"" + text + "\": invalid syntax");
        }
        return Double.parseDouble(text);
    }

    static String shortest(double value) {
        return GoFormat.number(value, 'g', -1);
    }

    private static String fourDigits(double value) {
        return GoFormat.number(value, 'g', 4);
    }

    private static boolean isPlain(double value) {
        return value == 0 || Double.isNaN(value) || Double.isInfinite(value);
    }

    static String decimal(double value) {
        if (isPlain(value)) {
            return fourDigits(value);
        }
        return Math.abs(value) >= 1 ? scaled(value, 1000, LARGE) : small(value);
    }

    static String binary(double value) {
        boolean plain = Math.abs(value) <= 1 || isPlain(value);
        return plain ? fourDigits(value) : scaled(value, 1024, BINARY);
    }

    private static String scaled(double value, double step, List<String> prefixes) {
        double rest = value;
        var prefix = "";
        for (var next : prefixes) {
            if (Math.abs(rest) < step) {
                break;
            }
            prefix = next;
            rest /= step;
        }
        return fourDigits(rest) + prefix;
    }

    private static String small(double value) {
        double rest = value;
        var prefix = "";
        for (var next : SMALL) {
            if (Math.abs(rest) >= 1) {
                break;
            }
            prefix = next;
            rest *= 1000;
        }
        return fourDigits(rest) + prefix;
    }

    static String percentage(double value) {
        return fourDigits(value * 100) + "%";
    }

    static String duration(double seconds) {
        if (isPlain(seconds)) {
            return fourDigits(seconds) + (seconds == 0 ? "s" : "");
        }
        if (Math.abs(seconds) < 1) {
            return small(seconds) + "s";
        }
        var sign = seconds < 0 ? "-" : "";
        long whole = (long) Math.abs(seconds);
        long minutes = whole / 60 % 60;
        long hours = whole / 3600 % 24;
        long days = whole / 86400;
        var text = minutes + "m " + whole % 60 + "s";
        if (days != 0) {
            return sign + days + "d " + hours + "h " + text;
        }
        if (hours != 0) {
            return sign + hours + "h " + text;
        }
        return sign + (minutes != 0 ? text : fourDigits(Math.abs(seconds)) + "s");
    }

    static String timestamp(double seconds) {
        boolean special = Double.isNaN(seconds) || Double.isInfinite(seconds);
        return special ? fourDigits(seconds) : GoTime.ofSeconds(seconds).print();
    }
}
