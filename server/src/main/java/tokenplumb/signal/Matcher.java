package tokenplumb.signal;

import java.util.Objects;

/// One condition on a label, as in `{job=~"vllm.*"}`. An absent label counts as empty. Immutable.
public final class Matcher {
    /// How a matcher compares.
    public enum Type {
        EQUAL("="),
        NOT_EQUAL("!="),
        REGEX("=~"),
        NOT_REGEX("!~");

        private final String symbol;

        Type(String symbol) {
            this.symbol = symbol;
        }

        public String symbol() {
            return symbol;
        }
    }

    private final Type type;
    private final String name;
    private final String value;
    private final Regex regex; // null unless REGEX or NOT_REGEX

    private Matcher(Type type, String name, String value, Regex regex) {
        this.type = type;
        this.name = name;
        this.value = value;
        this.regex = regex;
    }

    /// Throws [IllegalArgumentException] with RE2's message when a regular expression is malformed.
    public static Matcher of(Type type, String name, String value) {
        boolean isRegex = type == Type.REGEX || type == Type.NOT_REGEX;
        return new Matcher(type, name, value, isRegex ? Regex.anchored(value) : null);
    }

    public static Matcher equal(String name, String value) {
        return of(Type.EQUAL, name, value);
    }

    public Type type() {
        return type;
    }

    public String name() {
        return name;
    }

    public String value() {
        return value;
    }

    /// Whether a label with this value (empty when absent) passes.
    public boolean matches(String labelValue) {
        return switch (type) {
            case EQUAL -> value.equals(labelValue);
            case NOT_EQUAL -> !value.equals(labelValue);
            case REGEX -> regex.matches(labelValue);
            case NOT_REGEX -> !regex.matches(labelValue);
        };
    }

    public boolean matches(Labels labels) {
        return matches(labels.get(name));
    }

    public boolean matchesEmpty() {
        return matches("");
    }

    /// The compiled expression; only of a regular-expression matcher.
    public Regex regex() {
        return Objects.requireNonNull(regex, "bug: not a regex matcher");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Matcher m
                && type == m.type
                && name.equals(m.name)
                && value.equals(m.value);
    }

    @Override
    public int hashCode() {
        return Objects.hash(type, name, value);
    }

    @Override
    public String toString() {
        return name + type.symbol + Labels.quote(value);
    }
}
