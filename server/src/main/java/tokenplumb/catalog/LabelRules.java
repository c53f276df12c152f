package tokenplumb.catalog;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Regex;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// How the labels of one origin become canonical, and how a condition on a canonical label becomes
/// one on raw labels. In order: drop, rename (the first raw label that is there wins), replace
/// values, fill in defaults, set constants.
final class LabelRules {
    /// Nothing changes.
    static final LabelRules NONE =
            new LabelRules(Map.of(), List.of(), Map.of(), Map.of(), Map.of(), BigDecimal.ONE);

    private final Map<String, List<String>> sources; // canonical label -> raw labels, best first
    private final Map<String, String> consumedBy = new TreeMap<>(); // raw label -> canonical label
    private final List<Regex> drop;
    private final Map<String, Map<String, String>> values;
    private final Map<String, String> defaults;
    private final Map<String, String> constants;
    private final BigDecimal boundScale; // of le; 1 leaves it alone

    LabelRules(
            Map<String, List<String>> sources,
            List<Regex> drop,
            Map<String, Map<String, String>> values,
            Map<String, String> defaults,
            Map<String, String> constants,
            BigDecimal boundScale) {
        this.sources = new TreeMap<>();
        this.drop = drop;
        this.values = values;
        this.defaults = defaults;
        this.constants = constants;
        this.boundScale = boundScale;
        sources.forEach((label, raw) -> raw.forEach(name -> consumedBy.put(name, label)));
        sources.forEach((label, raw) -> {
            var all = new ArrayList<>(raw);
            if (!consumedBy.containsKey(label)) {
                all.add(label); // what already has the canonical name serves last
                consumedBy.put(label, label);
            }
            this.sources.put(label, List.copyOf(all));
        });
    }

    /// All rules of an origin; `bounds` when its series are buckets.
    static LabelRules of(Source source, Source.Origin origin, boolean bounds) {
        var sources = new TreeMap<>(source.identity());
        origin.rename().forEach((raw, label) -> sources.put(label, List.of(raw)));
        var drop = new ArrayList<>(source.drop());
        drop.addAll(origin.drop());
        var constants = new TreeMap<>(source.constants());
        constants.putAll(origin.add());
        var values = new TreeMap<>(source.values());
        values.putAll(origin.values());
        return new LabelRules(
                sources,
                List.copyOf(drop),
                values,
                source.defaults(),
                constants,
                bounds ? BigDecimal.valueOf(origin.scale()) : BigDecimal.ONE);
    }

    /// Only what tells one thing from another, for finding a series again under another name.
    static LabelRules identityOf(Source source) {
        return new LabelRules(
                source.identity(),
                List.of(),
                source.values(),
                source.defaults(),
                Map.of(),
                BigDecimal.ONE);
    }

    /// The canonical labels of a raw series, under the given name.
    Labels apply(Labels raw, String name) {
        var out = Labels.builder();
        var renamed = new TreeMap<String, String>();
        for (int i = 0; i < raw.size(); i++) {
            var label = raw.name(i);
            if (label.equals(Labels.NAME) || isDropped(label)) {
                continue;
            }
            if (consumedBy.containsKey(label)) {
                renamed.put(label, raw.value(i));
            } else {
                out.set(label, raw.value(i));
            }
        }
        if (!renamed.isEmpty()) {
            sources.forEach((label, candidates) ->
                    candidates.stream()
                            .filter(renamed::containsKey)
                            .findFirst()
                            .ifPresent(first -> out.set(label, renamed.get(first))));
        }
        values.forEach(
                (label, map) -> out.set(label, map.getOrDefault(out.get(label), out.get(label))));
        defaults.forEach((label, value) -> {
            if (out.get(label).isEmpty()) {
                out.set(label, value);
            }
        });
        constants.forEach(out::set);
        if (boundScale.compareTo(BigDecimal.ONE) != 0) {
            out.set("le", scaled(out.get("le")));
        }
        return out.set(Labels.NAME, name).build();
    }

    private String scaled(String bound) {
        try {
            return new BigDecimal(bound).multiply(boundScale).stripTrailingZeros().toPlainString();
        } catch (NumberFormatException infinite) {
            return bound; // +Inf
        }
    }

    private boolean isDropped(String label) {
        for (var pattern : drop) {
            if (pattern.matches(label)) {
                return true;
            }
        }
        return false;
    }

    /// The raw labels that a canonical label is taken from, best first; empty when nothing renames
    /// into it.
    List<String> sourcesOf(String label) {
        return sources.getOrDefault(label, List.of());
    }

    /// The canonical label that a raw one becomes, when that is another.
    Optional<String> becomes(String rawLabel) {
        var label = consumedBy.getOrDefault(rawLabel, rawLabel);
        return label.equals(rawLabel) ? Optional.empty() : Optional.of(label);
    }

    boolean drops(String rawLabel) {
        return isDropped(rawLabel);
    }

    /// The constant that a label always has here.
    Optional<String> constant(String label) {
        return Optional.ofNullable(constants.get(label));
    }

    /// Raw selectors, none overlapping, that together find every series which can pass the
    /// canonical conditions; the caller still has to check the conditions on the canonical labels.
    /// Empty when nothing can pass.
    List<List<Matcher>> push(List<Matcher> conditions) {
        var common = new ArrayList<Matcher>();
        List<List<Matcher>> split = List.of(List.of());
        for (var condition : conditions) {
            var label = condition.name();
            var constant = constants.get(label);
            if (constant != null || isGone(label)) {
                if (!condition.matches(constant == null ? "" : constant)) {
                    return List.of();
                }
            } else if (sources.containsKey(label)) {
                if (split.size() == 1 && isPushable(condition)) {
                    split = alternatives(condition);
                }
            } else if (!values.containsKey(label)
                    && !defaults.containsKey(label)
                    && !(label.equals("le") && boundScale.compareTo(BigDecimal.ONE) != 0)) {
                common.add(condition);
            }
        }
        var selectors = new ArrayList<List<Matcher>>();
        for (var part : split) {
            var selector = new ArrayList<>(common);
            selector.addAll(part);
            selectors.add(selector);
        }
        return selectors;
    }

    /// Whether a label never appears in the result: renamed away or dropped.
    private boolean isGone(String label) {
        return becomes(label).isPresent() || isDropped(label);
    }

    private boolean isPushable(Matcher condition) {
        var label = condition.name();
        return !condition.matchesEmpty()
                && !values.containsKey(label)
                && !condition.matches(defaults.getOrDefault(label, ""));
    }

    /// The first raw label passes, or it is absent and the second one passes, and so on.
    List<List<Matcher>> alternatives(Matcher condition) {
        var alternatives = new ArrayList<List<Matcher>>();
        var before = new ArrayList<Matcher>();
        for (var raw : sourcesOf(condition.name())) {
            var alternative = new ArrayList<>(before);
            alternative.add(Matcher.of(condition.type(), raw, condition.value()));
            alternatives.add(alternative);
            before.add(Matcher.equal(raw, ""));
        }
        return alternatives;
    }
}
