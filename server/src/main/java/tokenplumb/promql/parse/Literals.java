package tokenplumb.promql.parse;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/// The values of numbers and strings as they are written in queries.
final class Literals {
    private Literals() {}

    /// A number in any of Go's spellings: decimal, octal, hexadecimal, with underscores, `inf`,
    /// `nan`. Throws [NumberFormatException] with the message of Go's `strconv`.
    static double number(String text) {
        var integer = integer(text);
        if (integer != null) {
            return integer;
        }
        switch (text.toLowerCase(java.util.Locale.ROOT)) {
            case "inf" -> {
                return Double.POSITIVE_INFINITY;
            }
            case "nan" -> {
                return Double.NaN;
            }
            default -> {}
        }
        if (text.startsWith("0x") || text.startsWith("0X") || text.endsWith("_")) {
            throw unreadable(text, "invalid syntax");
        }
        double value;
        try {
            value = Double.parseDouble(text.replace("_", ""));
        } catch (NumberFormatException e) {
            throw unreadable(text, "invalid syntax");
        }
        if (Double.isInfinite(value)) {
            throw unreadable(text, "value out of range");
        }
        return value;
    }

    private static NumberFormatException unreadable(String text, String why) {
        return new NumberFormatException(
                "strconv.ParseFloat: parsing " + GoText.quote(text) + ": " + why);
    }

    /// The value when the text is an integer of at most 64 bits, else null.
    private static Double integer(String text) {
        var digits = text.replace("_", "");
        int base = 10;
        if (digits.startsWith("0x") || digits.startsWith("0X")) {
            base = 16;
            digits = digits.substring(2);
        } else if (digits.length() > 1 && digits.startsWith("0")) {
            base = 8;
            digits = digits.substring(1);
        }
        if (digits.isEmpty() || text.endsWith("_")) {
            return null;
        }
        for (int i = 0; i < digits.length(); i++) {
            if (Character.digit(digits.charAt(i), base) < 0) {
                return null;
            }
        }
        var value = new BigInteger(digits, base);
        return value.bitLength() > 63 ? null : (double) value.longValue();
    }

    /// What a quoted string says; its escapes have been checked by the lexer. Bytes that are not
    /// UTF-8 become U+FFFD.
    static String unquote(String quoted) {
        var inner = quoted.substring(1, quoted.length() - 1);
        if (quoted.startsWith("`") || inner.indexOf('\\') < 0) {
            return inner;
        }
        var out = new ByteArrayOutputStream(inner.length());
        int i = 0;
        while (i < inner.length()) {
            int c = inner.codePointAt(i);
            i += Character.charCount(c);
            if (c != '\\') {
                appendUtf8(out, c);
                continue;
            }
            char kind = inner.charAt(i++);
            switch (kind) {
                case 'a' -> out.write(7);
                case 'b' -> out.write(8);
                case 'f' -> out.write(12);
                case 'n' -> out.write('\n');
                case 'r' -> out.write('\r');
                case 't' -> out.write('\t');
                case 'v' -> out.write(11);
                case 'x' -> {
                    out.write(Integer.parseInt(inner, i, i + 2, 16));
                    i += 2;
                }
                case 'u' -> {
                    appendUtf8(out, Integer.parseInt(inner, i, i + 4, 16));
                    i += 4;
                }
                case 'U' -> {
                    appendUtf8(out, Integer.parseInt(inner, i, i + 8, 16));
                    i += 8;
                }
                case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                    out.write(Integer.parseInt(inner, i - 1, i + 2, 8));
                    i += 2;
                }
                default -> out.write(kind);
            }
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static void appendUtf8(ByteArrayOutputStream out, int c) {
        out.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
    }
}
