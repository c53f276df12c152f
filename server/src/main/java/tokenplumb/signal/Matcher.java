package tokenplumb.signal;

import java.util.Objects;
import java.util.Set;

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
    private final boolean matchesEmpty;

    private Matcher(Type type, String name, String value, Regex regex) {
        this.type = type;
        this.name = name;
        this.value = value;
        this.regex = regex;
        this.matchesEmpty = matches("");
    }

    /// Throws [IllegalArgumentException] with RE2's message when a regular expression is malformed,
    /// with our own when it is too large.
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

    /// Whether series without the label pass.
    public boolean matchesEmpty() {
        return matchesEmpty;
    }

    /// The only values that pass, sorted, when they are few and known beforehand (`=`, `=~"a|b"`,
    /// `=~"(?i:a)"`): an index looks them up instead of asking about each value it has. Empty when
    /// not known, as for `!=` and `!~`.
    public Set<String> setMatches() {
        return switch (type) {
            case EQUAL -> Set.of(value);
            case REGEX -> regex.literals();
            case NOT_EQUAL, NOT_REGEX -> Set.of();
        };
    }

    /// The only values that fail, likewise (`!=`, `!~"a|b"`). Empty when not known.
    public Set<String> setFails() {
        return switch (type) {
            case NOT_EQUAL -> Set.of(value);
            case NOT_REGEX -> regex.literals();
            case EQUAL, REGEX -> Set.of();
        };
    }

    /// What every value that passes begins with; empty when nothing is known. Values in an index
    /// are sorted by their UTF-8 bytes: those with a prefix stand together.
    public String prefix() {
        return switch (type) {
            case EQUAL -> value;
            case REGEX -> regex.prefix();
            case NOT_EQUAL, NOT_REGEX -> "";
        };
    }

    /// Whether every series passes, with the label or without: `=~".*"`.
    public boolean passesAll() {
        return type == Type.REGEX && regex.matchesAll();
    }

    /// Whether every series that has the label passes (`=~".+"`, `!=""`), whether or not those
    /// without do. False when not sure.
    public boolean passesAllThatHaveIt() {
        return switch (type) {
            case EQUAL -> false;
            case NOT_EQUAL -> value.isEmpty();
            case REGEX -> regex.matchesAllButEmpty();
            case NOT_REGEX -> regex.literals().equals(Set.of(""));
        };
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
