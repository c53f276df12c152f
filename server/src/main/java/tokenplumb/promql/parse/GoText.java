package tokenplumb.promql.parse;

import java.math.BigDecimal;
import java.math.RoundingMode;

/// Text as Go's `strconv` and `fmt` write it, so that messages and printed queries are the same
/// byte for byte.
final class GoText {
    private GoText() {}

    /// `%q` of a string; U+FFFD, which stands for bytes that were not UTF-8, as an escape that can
    /// be read back.
    static String quote(String text) {
        var out = new StringBuilder(text.length() + 2).append('"');
        text.codePoints()
                .forEach(c -> {
                    if (c == 0xfffd) {
                        out.append("\\ufffd");
                    } else {
                        appendEscaped(out, c, '"');
                    }
                });
        return out.append('"').toString();
    }

    /// `%q` of a rune; anything that is none (the end of input among them) as `'�'`.
    static String quoteRune(int c) {
        var out = new StringBuilder("'");
        appendEscaped(out, Character.isValidCodePoint(c) ? c : 0xfffd, '\'');
        return out.append('\'').toString();
    }

    /// `%#U` of a rune.
    static String unicode(int c) {
        var code = "U+%04X".formatted(c);
        return isPrintable(c) ? code + " '" + Character.toString(c) + "'" : code;
    }

    private static void appendEscaped(StringBuilder out, int c, char quote) {
        switch (c) {
            case '\\' -> out.append("\\\\");
            case 7 -> out.append("\\a");
            case 8 -> out.append("\\b");
            case 12 -> out.append("\\f");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case 11 -> out.append("\\v");
            default -> {
                if (c == quote) {
                    out.append('\\').append(quote);
                } else if (isPrintable(c)) {
                    out.appendCodePoint(c);
                } else if (c < ' ' || c == 0x7f) {
                    out.append("\\x%02x".formatted(c));
                } else if (c < 0x10000) {
                    out.append("\\u%04x".formatted(c));
                } else {
                    out.append("\\U%08x".formatted(c));
                }
            }
        }
    }

    /// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
    private static boolean isPrintable(int c) {
        if (c < 0x80) {
            return c >= ' ' && c < 0x7f;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.SPACE_SEPARATOR,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    false;
            default -> true;
        };
    }

    /// How many bytes a string takes in UTF-8.
    static int utf8Length(String text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                bytes++;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else {
                bytes += 3;
            }
        }
        return bytes;
    }

    /// `strconv.FormatFloat(value, 'f', -1, 64)`: as few digits as tell the value apart, never an
    /// exponent.
    static String plain(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
    }

    /// `%v` of a float: like [#plain], but small and large values with an exponent.
    static String shortest(double value) {
        if (value == 0 || Double.isNaN(value) || Double.isInfinite(value)) {
            return plain(value);
        }
        var decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (exponent >= -4 && exponent < 6) {
            return decimal.toPlainString();
        }
        var digits = decimal.unscaledValue().abs().toString();
        var out = new StringBuilder();
        if (value < 0) {
            out.append('-');
        }
        out.append(digits.charAt(0));
        if (digits.length() > 1) {
            out.append('.').append(digits, 1, digits.length());
        }
        return out.append(exponent < 0 ? "e-" : "e+")
                .append("%02d".formatted(Math.abs(exponent)))
                .toString();
    }

    /// `%f`: six decimals.
    static String sixDecimals(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return plain(value);
        }
        return new BigDecimal(value).setScale(6, RoundingMode.HALF_EVEN).toPlainString();
    }
}
