package tokenplumb.templates;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/// The functions every Go template has.
final class Builtins {
    static final Map<String, Function> ALL =
            Map.ofEntries(
                    Map.entry("and", Function.variadic(List::getLast, Object.class, Object.class)),
                    Map.entry("or", Function.variadic(List::getLast, Object.class, Object.class)),
                    Map.entry("not", Function.of(a -> !Values.isTrue(a.getFirst()), Object.class)),
                    Map.entry("len", Function.of(a -> length(a.getFirst()), Object.class)),
                    Map.entry(
                            "index",
                            Function.variadic(Builtins::index, Object.class, Object.class)),
                    Map.entry(
                            "slice",
                            Function.variadic(Builtins::slice, Object.class, Object.class)),
                    Map.entry("print", Function.variadic(Builtins::print, Object.class)),
                    Map.entry("println", Function.variadic(Builtins::println, Object.class)),
                    Map.entry(
                            "printf",
                            Function.variadic(
                                    a ->
                                            GoFormat.printf(
                                                    (String) a.getFirst(), a.subList(1, a.size())),
                                    String.class,
                                    Object.class)),
                    Map.entry("html", Function.variadic(a -> html(print(a)), Object.class)),
                    Map.entry(
                            "urlquery",
                            Function.variadic(
                                    a -> URLEncoder.encode(print(a), StandardCharsets.UTF_8),
                                    Object.class)),
                    Map.entry("eq", Function.variadic(Builtins::equal, Object.class, Object.class)),
                    Map.entry(
                            "ne",
                            Function.of(
                                    a -> !same(a.getFirst(), a.getLast()),
                                    Object.class,
                                    Object.class)),
                    Map.entry(
                            "lt",
                            Function.of(
                                    a -> !isUnordered(a) && compare(a) < 0,
                                    Object.class,
                                    Object.class)),
                    Map.entry(
                            "le",
                            Function.of(
                                    a -> !isUnordered(a) && compare(a) <= 0,
                                    Object.class,
                                    Object.class)),
                    Map.entry(
                            "gt",
                            Function.of(
                                    a -> !isUnordered(a) && compare(a) > 0,
                                    Object.class,
                                    Object.class)),
                    Map.entry(
                            "ge",
                            Function.of(
                                    a -> !isUnordered(a) && compare(a) >= 0,
                                    Object.class,
                                    Object.class)));

    private Builtins() {}

    private static long length(Object value) {
        return switch (value) {
            case String text -> GoFormat.utf8Length(text);
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case TextMap map -> map.entries().size();
            case null -> throw new IllegalArgumentException("len of nil pointer");
            default -> throw new IllegalArgumentException("len of type " + Values.typeName(value));
        };
    }

    private static Object index(List<Object> arguments) {
        var value = arguments.getFirst();
        for (var key : arguments.subList(1, arguments.size())) {
            value =
                    switch (value) {
                        case List<?> list -> list.get(position(key, list.size()));
                        case String text -> (long) text.charAt(position(key, text.length()));
                        case TextMap map -> map.entries().getOrDefault(textKey(key), "");
                        case Map<?, ?> map -> map.get(textKey(key));
                        case null -> throw new IllegalArgumentException("index of untyped nil");
                        default ->
                                throw new IllegalArgumentException(
                                        "can't index item of type " + Values.typeName(value));
                    };
        }
        return value;
    }

    private static String textKey(Object key) {
        if (key instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(
                "value has type %s; should be string".formatted(Values.typeName(key)));
    }

    private static int position(Object index, int size) {
        if (!(index instanceof Long at)) {
            throw new IllegalArgumentException(
                    "cannot index slice/array with type " + Values.typeName(index));
        }
        if (at < 0 || at >= size) {
            throw new IllegalArgumentException("index out of range: " + at);
        }
        return at.intValue();
    }

    private static Object slice(List<Object> arguments) {
        var value = arguments.getFirst();
        int size = (int) length(value);
        int from = arguments.size() > 1 ? position(arguments.get(1), size + 1) : 0;
        int to = arguments.size() > 2 ? position(arguments.get(2), size + 1) : size;
        if (from > to) {
            throw new IllegalArgumentException("invalid slice index: " + from + " > " + to);
        }
        return switch (value) {
            case String text -> text.substring(from, Math.min(to, text.length()));
            case List<?> list -> list.subList(from, to);
            case null, default ->
                    throw new IllegalArgumentException(
                            "can't slice item of type " + Values.typeName(value));
        };
    }

    /// `fmt.Sprint`: a space between two neighbours neither of which is a text.
    private static String print(List<Object> arguments) {
        var out = new StringBuilder();
        for (int i = 0; i < arguments.size(); i++) {
            var argument = arguments.get(i);
            boolean apart =
                    i > 0
                            && !(argument instanceof String)
                            && !(arguments.get(i - 1) instanceof String);
            out.append(apart ? " " : "")
                    .append(argument == null ? "<nil>" : GoFormat.print(argument));
        }
        return out.toString();
    }

    private static String println(List<Object> arguments) {
        return arguments.stream()
                .map(argument -> argument == null ? "<nil>" : GoFormat.print(argument))
                .collect(Collectors.joining(" ", "", "\n"));
    }

    static String html(String text) {
        return text.replace("&", "&amp;")
                .replace("\"", "&#34;")
                .replace("'", "&#39;")
                .replace("<", "&lt;")
                .replace(">", "&gt;");
    }

    private static boolean equal(List<Object> arguments) {
        if (arguments.size() < 2) {
            throw new IllegalArgumentException("missing argument for comparison");
        }
        var found = new ArrayList<Boolean>();
        for (var other : arguments.subList(1, arguments.size())) {
            found.add(same(arguments.getFirst(), other));
        }
        return found.contains(true);
    }

    private static boolean same(Object left, Object right) {
        if (left == null || right == null) {
            return Objects.equals(left, right);
        }
        if (!isBasic(left) || !isBasic(right)) {
            throw new IllegalArgumentException(
                    "non-comparable type " + Values.typeName(isBasic(left) ? right : left));
        }
        if (left.getClass() != right.getClass()) {
            throw new IllegalArgumentException("incompatible types for comparison");
        }
        return left instanceof Double number
                ? number.doubleValue() == ((Double) right).doubleValue()
                : left.equals(right);
    }

    private static boolean isBasic(Object value) {
        return value instanceof String
                || value instanceof Long
                || value instanceof Double
                || value instanceof Boolean;
    }

    private static boolean isUnordered(List<Object> sides) {
        return sides.stream().anyMatch(side -> side instanceof Double number && number.isNaN());
    }

    private static int compare(List<Object> sides) {
        var left = sides.getFirst();
        var right = sides.getLast();
        if (left != null && right != null && left.getClass() != right.getClass()) {
            throw new IllegalArgumentException("incompatible types for comparison");
        }
        return switch (left) {
            case Long number -> number.compareTo((Long) right);
            case Double number -> number.compareTo((Double) right);
            case String text -> text.compareTo((String) right);
            case null, default -> throw new IllegalArgumentException("invalid type for comparison");
        };
    }
}
