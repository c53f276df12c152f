package tokenplumb.templates;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Values as Go's `fmt` writes them.
public final class GoFormat {
    private GoFormat() {}

    /// `%v`.
    public static String print(Object value) {
        return switch (value) {
            case null -> "<no value>";
            case Double number -> number(number, 'g', -1);
            case List<?> list ->
                    list.stream().map(GoFormat::print).collect(Collectors.joining(" ", "[", "]"));
            case TextMap map -> print(map.entries());
            case Map<?, ?> map ->
                    new TreeMap<Object, Object>(map)
                            .entrySet().stream()
                                    .map(entry ->
                                            print(entry.getKey()) + ":" + print(entry.getValue()))
                                    .collect(Collectors.joining(" ", "map[", "]"));
            case Fields object -> object.print();
            default -> value.toString();
        };
    }

    /// A float as `strconv.FormatFloat` writes it; `verb` is one of `e f g`, a precision of -1
    /// means as many digits as tell the value apart.
    public static String number(double value, char verb, int precision) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        boolean negative = value < 0 || value == 0 && 1 / value < 0;
        var magnitude = precision < 0 ? shortest(Math.abs(value)) : exact(Math.abs(value));
        return (negative ? "-" : "") + magnitude(magnitude, verb, precision);
    }

    private static BigDecimal shortest(double value) {
        return value == 0 ? BigDecimal.ZERO : strip(new BigDecimal(Double.toString(value)));
    }

    private static BigDecimal exact(double value) {
        return value == 0 ? BigDecimal.ZERO : new BigDecimal(value);
    }

    private static BigDecimal strip(BigDecimal value) {
        return value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    }

    private static String magnitude(BigDecimal value, char verb, int precision) {
        return switch (verb) {
            case 'e' -> exponential(value, precision);
            case 'f' ->
                    precision < 0
                            ? value.toPlainString()
                            : value.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
            default -> general(value, precision);
        };
    }

    private static String general(BigDecimal value, int precision) {
        int digits = precision == 0 ? 1 : precision;
        var rounded =
                digits < 0
                        ? value
                        : strip(value.round(new MathContext(digits, RoundingMode.HALF_EVEN)));
        int exponent = exponent(rounded);
        int mostPlain = digits < 0 ? 6 : digits;
        boolean wide = digits > rounded.precision() && rounded.precision() >= exponent + 1;
        if (wide && rounded.signum() != 0) {
            mostPlain = rounded.precision();
        }
        if (exponent < -4 || exponent >= Math.max(mostPlain, wide ? exponent + 1 : mostPlain)) {
            return exponential(rounded, rounded.precision() - 1);
        }
        return rounded.toPlainString();
    }

    private static int exponent(BigDecimal value) {
        return value.signum() == 0 ? 0 : value.precision() - value.scale() - 1;
    }

    private static String exponential(BigDecimal value, int precision) {
        var rounded =
                precision < 0
                        ? value
                        : value.round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
        int exponent = exponent(rounded);
        var digits = new StringBuilder(rounded.unscaledValue().toString());
        int wanted = precision < 0 ? digits.length() : precision + 1;
        while (digits.length() < wanted) {
            digits.append('0');
        }
        digits.setLength(Math.max(wanted, 1));
        if (digits.length() > 1) {
            digits.insert(1, '.');
        }
        return digits + (exponent < 0 ? "e-" : "e+") + "%02d".formatted(Math.abs(exponent));
    }

    /// `fmt.Sprintf`.
    static String printf(String format, List<Object> arguments) {
        var out = new StringBuilder();
        int used = 0;
        int i = 0;
        while (i < format.length()) {
            char c = format.charAt(i++);
            if (c != '%') {
                out.append(c);
                continue;
            }
            int start = i;
            while (i < format.length() && "+-# 0".indexOf(format.charAt(i)) >= 0) {
                i++;
            }
            var flags = format.substring(start, i);
            int width = -1;
            if (i < format.length() && format.charAt(i) == '*') {
                width =
                        used < arguments.size() && arguments.get(used) instanceof Long w
                                ? (int) Math.min(w, 1000)
                                : -1;
                used++;
                i++;
            } else {
                int digits = digitsFrom(format, i);
                width = i == digits ? -1 : limited(format.substring(i, digits));
                i = digits;
            }
            int precision = -1;
            if (i < format.length() && format.charAt(i) == '.') {
                int digits = digitsFrom(format, i + 1);
                precision = i + 1 == digits ? 0 : limited(format.substring(i + 1, digits));
                i = digits;
            }
            if (i >= format.length()) {
                out.append("%!(NOVERB)");
                break;
            }
            int verb = format.codePointAt(i);
            i += Character.charCount(verb);
            if (verb == '%') {
                out.append('%');
            } else if (used >= arguments.size()) {
                out.append("%!").appendCodePoint(verb).append("(MISSING)");
            } else {
                var spec = new Spec(flags, width, precision, verb);
                out.append(spec.format(arguments.get(used++)));
            }
        }
        if (used < arguments.size()) {
            out.append(
                    arguments.subList(used, arguments.size()).stream()
                            .map(extra -> extra == null ? "<nil>" : typed(extra))
                            .collect(Collectors.joining(", ", "%!(EXTRA ", ")")));
        }
        return out.toString();
    }

    private static String typed(Object value) {
        return Values.typeName(value) + "=" + print(value);
    }

    private static int digitsFrom(String format, int from) {
        int i = from;
        while (i < format.length() && Character.isDigit(format.charAt(i))) {
            i++;
        }
        return i;
    }

    /// Widths and precisions a template may ask for are limited.
    private static int limited(String digits) {
        return digits.length() > 3 ? 1000 : Integer.parseInt(digits);
    }

    /// One `%…` of a format.
    private record Spec(String flags, int width, int precision, int verb) {
        private String format(Object value) {
            boolean numeric = value instanceof Number && "vdfFeEgGbox".indexOf(verb) >= 0;
            var text = body(value);
            boolean plus = flags.indexOf('+') >= 0;
            boolean space = flags.indexOf(' ') >= 0;
            if (numeric && !text.startsWith("-") && !text.startsWith("%")) {
                text = text.startsWith("+") && !plus ? text : sign(plus, space) + strip(text);
            }
            return pad(text, numeric);
        }

        private static String strip(String text) {
            return text.startsWith("+") ? text.substring(1) : text;
        }

        private static String sign(boolean plus, boolean space) {
            return plus ? "+" : space ? " " : "";
        }

        private String pad(String text, boolean numeric) {
            int missing = width - text.codePointCount(0, text.length());
            if (missing <= 0) {
                return text;
            }
            if (flags.indexOf('-') >= 0) {
                return text + " ".repeat(missing);
            }
            if (flags.indexOf('0') < 0) {
                return " ".repeat(missing) + text;
            }
            boolean signed = numeric && (text.startsWith("-") || text.startsWith("+"));
            return signed
                    ? text.charAt(0) + "0".repeat(missing) + text.substring(1)
                    : "0".repeat(missing) + text;
        }

        private String body(Object value) {
            if (verb == 'v') {
                return value == null ? "<nil>" : limitedFloat(value, 'g');
            }
            if (verb == 'T') {
                return value == null ? "<nil>" : Values.typeName(value);
            }
            return switch (value) {
                case String text -> text(text);
                case Long number -> integer(number);
                case Double number -> floating(number);
                case Boolean truth when verb == 't' -> truth.toString();
                case Fields object when verb == 's' -> object.print();
                case null -> "%!" + Character.toString(verb) + "(<nil>)";
                default -> bad(value);
            };
        }

        private String limitedFloat(Object value, char kind) {
            return value instanceof Double number ? number(number, kind, precision) : print(value);
        }

        private String bad(Object value) {
            return "%!" + Character.toString(verb) + "(" + typed(value) + ")";
        }

        private String text(String text) {
            return switch (verb) {
                case 's' ->
                        precision < 0 || precision >= text.codePointCount(0, text.length())
                                ? text
                                : text.substring(0, text.offsetByCodePoints(0, precision));
                case 'q' -> quote(text);
                case 'x', 'X' -> {
                    var hex = new StringBuilder();
                    for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
                        hex.append("%02x".formatted(b));
                    }
                    yield verb == 'x' ? hex.toString() : hex.toString().toUpperCase(Locale.ROOT);
                }
                default -> bad(text);
            };
        }

        private String integer(long number) {
            return switch (verb) {
                case 'd' -> Long.toString(number);
                case 'b' -> Long.toString(number, 2);
                case 'o' -> Long.toString(number, 8);
                case 'x' -> Long.toString(number, 16);
                case 'X' -> Long.toString(number, 16).toUpperCase(Locale.ROOT);
                case 'c' ->
                        Character.toString(
                                number >= 0 && number <= Character.MAX_CODE_POINT
                                        ? (int) number
                                        : 0xfffd);
                case 'q' -> "'" + Character.toString((int) number) + "'";
                case 'U' -> "U+%04X".formatted(number);
                default -> bad(number);
            };
        }

        private String floating(double number) {
            return switch (verb) {
                case 'f', 'F' -> number(number, 'f', precision < 0 ? 6 : precision);
                case 'e' -> number(number, 'e', precision < 0 ? 6 : precision);
                case 'E' ->
                        number(number, 'e', precision < 0 ? 6 : precision).toUpperCase(Locale.ROOT);
                case 'g' -> number(number, 'g', precision);
                case 'G' -> number(number, 'g', precision).toUpperCase(Locale.ROOT);
                default -> bad(number);
            };
        }
    }

    /// `%q` of a string.
    static String quote(String text) {
        var out = new StringBuilder("\"");
        text.codePoints()
                .forEach(c -> {
                    switch (c) {
                        case '"' -> out.append("\\\"");
                        case '\\' -> out.append("\\\\");
                        case '\n' -> out.append("\\n");
                        case '\r' -> out.append("\\r");
                        case '\t' -> out.append("\\t");
                        default -> {
                            if (isPrintable(c)) {
                                out.appendCodePoint(c);
                            } else {
                                out.append((c < 0x80 ? "\\x%02x" : "\\u%04x").formatted(c));
                            }
                        }
                    }
                });
        return out.append('"').toString();
    }

    /// `%#U` of a rune.
    static String unicode(int c) {
        if (c < 0) {
            return "U+FFFFFFFFFFFFFFFF";
        }
        var code = "U+%04X".formatted(c);
        return isPrintable(c) ? code + " '" + Character.toString(c) + "'" : code;
    }

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

    static int utf8Length(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    }
}
