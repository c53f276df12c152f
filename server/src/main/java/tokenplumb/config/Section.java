package tokenplumb.config;

import tokenplumb.yaml.Position;
import tokenplumb.yaml.YamlNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A mapping of the user's file, read key by key. A wrong value is noted as a problem and its
/// default returned, so that one reading finds every problem; [Config#read] throws them in the end.
/// A key that is absent or null takes its default. Sections handed out are finished with their
/// parent: keys nobody asked for are problems. Not thread-safe.
public final class Section {
    private final YamlNode.Mapping mapping;
    private final String name;
    private final boolean present;
    private final List<ConfigError.Problem> problems;
    private final Set<String> known = new LinkedHashSet<>();
    private final List<Section> children = new ArrayList<>();
    private final Map<String, Section> named = new HashMap<>();

    private Section(
            YamlNode.Mapping mapping,
            String name,
            boolean present,
            List<ConfigError.Problem> problems) {
        this.mapping = mapping;
        this.name = name;
        this.present = present;
        this.problems = problems;
    }

    static Section of(YamlNode node, String name, List<ConfigError.Problem> problems) {
        if (node instanceof YamlNode.Mapping mapping) {
            return new Section(mapping, name, true, problems);
        }
        boolean isNull = node instanceof YamlNode.Scalar scalar && scalar.isNull();
        if (!isNull) {
            problems.add(
                    new ConfigError.Problem(
                            node.where(),
                            "%s must be a mapping (key: value lines), not %s"
                                    .formatted(name, kind(node))));
        }
        var empty = new YamlNode.Mapping(Map.of(), Map.of(), node.where());
        return new Section(empty, name, false, problems);
    }

    private static String kind(YamlNode node) {
        return switch (node) {
            case YamlNode.Mapping mapping -> "a mapping";
            case YamlNode.Sequence sequence -> "a list";
            case YamlNode.Scalar scalar -> "the text \"" + scalar.text() + "\"";
        };
    }

    /// Whether the section was written at all.
    public boolean isPresent() {
        return present;
    }

    public Position where() {
        return mapping.where();
    }

    /// Where a key stands; where the section stands when it is absent.
    public Position where(String key) {
        return mapping.keys().getOrDefault(key, mapping.where());
    }

    /// Whether the key is there with a value other than null.
    public boolean has(String key) {
        known.add(key);
        return node(key).isPresent();
    }

    /// All keys written, in order. Asking does not make them known.
    public Set<String> keys() {
        return Set.copyOf(mapping.entries().keySet());
    }

    /// The raw node, unless absent or null.
    public Optional<YamlNode> node(String key) {
        known.add(key);
        var node = mapping.entries().get(key);
        if (node == null || node instanceof YamlNode.Scalar scalar && scalar.isNull()) {
            return Optional.empty();
        }
        return Optional.of(node);
    }

    /// Notes a problem with a key's value.
    public void problem(String key, String what) {
        var at = mapping.entries().containsKey(key) ? mapping.entries().get(key).where() : where();
        problems.add(new ConfigError.Problem(at, what));
    }

    /// Notes a problem with the section as a whole.
    public void problem(String what) {
        problems.add(new ConfigError.Problem(where(), what));
    }

    /// Notes a problem somewhere in the file.
    public void problem(Position where, String what) {
        problems.add(new ConfigError.Problem(where, what));
    }

    /// Keys that are accepted and read elsewhere, or have no effect here.
    public void ignore(String... keys) {
        known.addAll(List.of(keys));
    }

    private Optional<YamlNode.Scalar> scalar(String key, String wanted) {
        var node = node(key);
        if (node.isEmpty()) {
            return Optional.empty();
        }
        if (node.get() instanceof YamlNode.Scalar scalar) {
            return Optional.of(scalar);
        }
        problem(key, "%s must be %s, not %s".formatted(key, wanted, kind(node.get())));
        return Optional.empty();
    }

    public String text(String key, String otherwise) {
        return scalar(key, "a text").map(YamlNode.Scalar::text).orElse(otherwise);
    }

    /// A text that must be there and not be empty.
    public String text(String key) {
        var value = text(key, "");
        if (value.isEmpty()) {
            problem("%s is missing in %s".formatted(key, name));
        }
        return value;
    }

    public Secret secret(String key) {
        return Secret.of(text(key, ""));
    }

    /// A Prometheus duration (`15s`, `1h30m`).
    public Duration duration(String key, Duration otherwise) {
        var value = scalar(key, "a duration like 15s");
        if (value.isEmpty()) {
            return otherwise;
        }
        try {
            return Durations.parse(value.get().text());
        } catch (IllegalArgumentException e) {
            problem(key, key + ": " + e.getMessage());
            return otherwise;
        }
    }

    public long integer(String key, long otherwise) {
        var value = scalar(key, "a whole number");
        if (value.isEmpty()) {
            return otherwise;
        }
        try {
            return Long.parseLong(value.get().text().replace("_", ""));
        } catch (NumberFormatException e) {
            problem(
                    key,
                    "%s must be a whole number, not \"%s\"".formatted(key, value.get().text()));
            return otherwise;
        }
    }

    public double number(String key, double otherwise) {
        var value = scalar(key, "a number");
        if (value.isEmpty()) {
            return otherwise;
        }
        try {
            return Double.parseDouble(value.get().text());
        } catch (NumberFormatException e) {
            problem(key, "%s must be a number, not \"%s\"".formatted(key, value.get().text()));
            return otherwise;
        }
    }

    public boolean bool(String key, boolean otherwise) {
        var value = scalar(key, "true or false");
        if (value.isEmpty()) {
            return otherwise;
        }
        return switch (value.get().text()) {
            case "true", "True", "TRUE", "yes", "on" -> true;
            case "false", "False", "FALSE", "no", "off" -> false;
            default -> {
                problem(
                        key,
                        "%s must be true or false, not \"%s\"".formatted(key, value.get().text()));
                yield otherwise;
            }
        };
    }

    /// A size in bytes: a plain number, or with a unit of powers of 1024 (`10MB`, `1.5GiB`).
    public long bytes(String key, long otherwise) {
        var value = scalar(key, "a size like 10MB");
        if (value.isEmpty()) {
            return otherwise;
        }
        try {
            return Bytes.parse(value.get().text());
        } catch (IllegalArgumentException e) {
            problem(key, key + ": " + e.getMessage());
            return otherwise;
        }
    }

    /// A list of texts; empty when absent.
    public List<String> texts(String key) {
        var texts = new ArrayList<String>();
        for (var node : nodes(key)) {
            if (node instanceof YamlNode.Scalar scalar && !scalar.isNull()) {
                texts.add(scalar.text());
            } else {
                problem(
                        node.where(),
                        "%s must be a list of texts, not of %s".formatted(key, kind(node)));
            }
        }
        return texts;
    }

    /// The items of a list, as written; empty when absent.
    public List<YamlNode> nodes(String key) {
        var node = node(key);
        if (node.isEmpty()) {
            return List.of();
        }
        if (node.get() instanceof YamlNode.Sequence sequence) {
            return sequence.items();
        }
        problem(key, "%s must be a list, not %s".formatted(key, kind(node.get())));
        return List.of();
    }

    /// A mapping of texts, in order; empty when absent.
    public Map<String, String> map(String key) {
        var node = node(key);
        if (node.isEmpty()) {
            return Map.of();
        }
        if (!(node.get() instanceof YamlNode.Mapping texts)) {
            problem(key, "%s must be a mapping, not %s".formatted(key, kind(node.get())));
            return Map.of();
        }
        texts.entries()
                .forEach((label, value) -> {
                    if (!(value instanceof YamlNode.Scalar)) {
                        problem(
                                value.where(),
                                "%s.%s must be a text, not %s".formatted(key, label, kind(value)));
                    }
                });
        return Config.texts(texts);
    }

    /// A section below this one, the same whenever it is asked for; one that is not [#isPresent]
    /// when absent.
    public Section section(String key) {
        var known = named.get(key);
        if (known != null) {
            return known;
        }
        var node = node(key);
        var child =
                node.isPresent()
                        ? of(node.get(), key, problems)
                        : new Section(
                                new YamlNode.Mapping(Map.of(), Map.of(), where(key)),
                                key,
                                false,
                                problems);
        named.put(key, child);
        children.add(child);
        return child;
    }

    /// A list of sections; empty when absent. A null item is a section that is not [#isPresent].
    public List<Section> sections(String key) {
        var sections = new ArrayList<Section>();
        for (var item : nodes(key)) {
            sections.add(of(item, "an item of " + key, problems));
        }
        children.addAll(sections);
        return sections;
    }

    /// Notes every key that nobody asked for, here and below. [Config#read] calls it on the top
    /// level.
    void finish() {
        for (var key : mapping.entries().keySet()) {
            if (!known.contains(key)) {
                problems.add(
                        new ConfigError.Problem(
                                where(key),
                                "%s has no key \"%s\"%s".formatted(name, key, hint(key))));
            }
        }
        children.forEach(Section::finish);
    }

    private String hint(String key) {
        var nearest = Nearest.of(key, known);
        return nearest.isPresent()
                ? "; did you mean \"" + nearest.get() + "\"?"
                : "; known keys: " + String.join(", ", known);
    }
}
