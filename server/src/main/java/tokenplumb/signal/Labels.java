package tokenplumb.signal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A series' identity: label pairs sorted by name (by code unit), never changed after construction.
/// A label that is absent and a label that is empty are the same thing, as in Prometheus.
public final class Labels implements Comparable<Labels> {
    /// The label that holds the metric's name.
    public static final String NAME = "__name__";

    public static final Labels EMPTY = new Labels(new String[0]);

    private final String[] pairs; // name, value, name, value, ... sorted by name
    private final int hash;

    private Labels(String[] sorted) {
        this.pairs = sorted;
        this.hash = Arrays.hashCode(sorted);
    }

    /// From `name, value, name, value, …` in any order; empty values vanish, a name given twice is
    /// refused.
    public static Labels of(String... pairs) {
        var builder = new Builder();
        for (int i = 0; i < pairs.length; i += 2) {
            if (!pairs[i + 1].isEmpty() && builder.pairs.put(pairs[i], pairs[i + 1]) != null) {
                throw new IllegalArgumentException("label " + pairs[i] + " is given twice");
            }
        }
        return builder.build();
    }

    public static Labels of(Map<String, String> map) {
        var builder = new Builder();
        map.forEach(builder::set);
        return builder.build();
    }

    /// Takes ownership of pairs that are already sorted by name, unique and without empty values.
    public static Labels ofSorted(String... pairs) {
        assert isSorted(pairs) : "bug: labels not sorted " + Arrays.toString(pairs);
        return pairs.length == 0 ? EMPTY : new Labels(pairs);
    }

    private static boolean isSorted(String[] pairs) {
        for (int i = 2; i < pairs.length; i += 2) {
            if (pairs[i - 2].compareTo(pairs[i]) >= 0) {
                return false;
            }
        }
        return pairs.length % 2 == 0;
    }

    public int size() {
        return pairs.length / 2;
    }

    public boolean isEmpty() {
        return pairs.length == 0;
    }

    public String name(int i) {
        return pairs[2 * i];
    }

    public String value(int i) {
        return pairs[2 * i + 1];
    }

    /// The value of a label, or `""` when it is absent.
    public String get(String name) {
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i].equals(name)) {
                return pairs[i + 1];
            }
        }
        return "";
    }

    public boolean has(String name) {
        return !get(name).isEmpty();
    }

    /// The metric's name, or `""`.
    public String metricName() {
        return get(NAME);
    }

    public Labels with(String name, String value) {
        return toBuilder().set(name, value).build();
    }

    public Labels without(String name) {
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i].equals(name)) {
                var rest = new String[pairs.length - 2];
                System.arraycopy(pairs, 0, rest, 0, i);
                System.arraycopy(pairs, i + 2, rest, i, rest.length - i);
                return ofSorted(rest);
            }
        }
        return this;
    }

    /// Only the named labels.
    public Labels only(Collection<String> names) {
        var kept = new ArrayList<String>(pairs.length);
        for (int i = 0; i < pairs.length; i += 2) {
            if (names.contains(pairs[i])) {
                kept.add(pairs[i]);
                kept.add(pairs[i + 1]);
            }
        }
        return kept.size() == pairs.length ? this : ofSorted(kept.toArray(String[]::new));
    }

    /// All but the named labels.
    public Labels withoutAll(Collection<String> names) {
        var kept = new ArrayList<String>(pairs.length);
        for (int i = 0; i < pairs.length; i += 2) {
            if (!names.contains(pairs[i])) {
                kept.add(pairs[i]);
                kept.add(pairs[i + 1]);
            }
        }
        return kept.size() == pairs.length ? this : ofSorted(kept.toArray(String[]::new));
    }

    public Builder toBuilder() {
        var builder = new Builder();
        for (int i = 0; i < pairs.length; i += 2) {
            builder.pairs.put(pairs[i], pairs[i + 1]);
        }
        return builder;
    }

    public static Builder builder() {
        return new Builder();
    }

    /// Name to value, in name order.
    public Map<String, String> toMap() {
        var map = new LinkedHashMap<String, String>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return map;
    }

    @Override
    public int compareTo(Labels other) {
        int common = Math.min(pairs.length, other.pairs.length);
        for (int i = 0; i < common; i++) {
            int order = pairs[i].compareTo(other.pairs[i]);
            if (order != 0) {
                return order;
            }
        }
        return pairs.length - other.pairs.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Labels labels
                && hash == labels.hash
                && Arrays.equals(pairs, labels.pairs);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /// As in a query: `up{job="node"}`.
    @Override
    public String toString() {
        var text = new StringBuilder(metricName());
        var rest = new ArrayList<String>();
        for (int i = 0; i < pairs.length; i += 2) {
            if (!pairs[i].equals(NAME)) {
                rest.add(pairs[i] + "=" + quote(pairs[i + 1]));
            }
        }
        if (!rest.isEmpty() || text.isEmpty()) {
            text.append('{').append(String.join(", ", rest)).append('}');
        }
        return text.toString();
    }

    /// A string as Go's `strconv.Quote` writes it.
    public static String quote(String value) {
        var out = new StringBuilder(value.length() + 2).append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case 7 -> out.append("\\a");
                case 8 -> out.append("\\b");
                case 11 -> out.append("\\v");
                case 12 -> out.append("\\f");
                default -> {
                    if (c < 0x20 || c == 0x7f) {
                        out.append("\\x%02x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }

    /// Assembles a label set step by step. Not thread-safe.
    public static final class Builder {
        private final TreeMap<String, String> pairs = new TreeMap<>();

        /// Sets a label; an empty value removes it.
        public Builder set(String name, String value) {
            if (value.isEmpty()) {
                pairs.remove(name);
            } else {
                pairs.put(name, value);
            }
            return this;
        }

        public Builder remove(String name) {
            pairs.remove(name);
            return this;
        }

        /// The value set so far, or `""`.
        public String get(String name) {
            return pairs.getOrDefault(name, "");
        }

        /// Names set so far, sorted; a copy.
        public List<String> names() {
            return List.copyOf(pairs.keySet());
        }

        public Labels build() {
            if (pairs.isEmpty()) {
                return EMPTY;
            }
            var sorted = new String[pairs.size() * 2];
            int i = 0;
            for (var pair : pairs.entrySet()) {
                sorted[i++] = pair.getKey();
                sorted[i++] = pair.getValue();
            }
            return new Labels(sorted);
        }
    }
}
