package tokenplumb.catalog;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Regex;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// How the labels of one origin become canonical, and how a condition on a canonical label becomes
/// one on raw labels. In order: drop, rename (the first raw label that is there wins), replace
/// values, fill in defaults, set constants.
final class LabelRules {
    /// Nothing changes.
    static final LabelRules NONE =
            new LabelRules(Map.of(), List.of(), Map.of(), Map.of(), Map.of(), BigDecimal.ONE);

    private static final int MOST_FATES = 1000;

    private final Map<String, List<String>> sources; // canonical label -> raw labels, best first
    private final Map<String, String> consumedBy = new TreeMap<>(); // raw label -> canonical label
    private final List<Regex> drop;
    private final Map<String, Map<String, String>> values;
    private final Map<String, String> defaults;
    private final Map<String, String> constants;
    private final BigDecimal boundScale; // of le; 1 leaves it alone
    private final boolean scalesBounds;
    private final String[] slots; // the canonical labels that have sources
    private final Map<String, Fate> fates = new ConcurrentHashMap<>(); // of raw labels met so far

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
        this.slots = this.sources.keySet().toArray(String[]::new);
        this.scalesBounds = boundScale.compareTo(BigDecimal.ONE) != 0;
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

    /// What becomes of one raw label: `slot` is the canonical label it may fill, `KEPT` or
    /// `DROPPED`; of several that fill one slot the one with the smallest `place` does.
    private record Fate(int slot, int place) {}

    private static final int KEPT = -1;
    private static final int DROPPED = -2;

    private Fate fate(String rawLabel) {
        if (rawLabel.equals(Labels.NAME) || isDropped(rawLabel)) {
            return new Fate(DROPPED, 0);
        }
        int slot = 0;
        for (var candidates : sources.values()) {
            int place = candidates.indexOf(rawLabel);
            if (place >= 0) {
                return new Fate(slot, place);
            }
            slot++;
        }
        return new Fate(KEPT, 0);
    }

    private Fate rememberedFate(String rawLabel) {
        var fate = fates.get(rawLabel);
        if (fate == null) {
            fate = fate(rawLabel);
            if (fates.size() < MOST_FATES) {
                fates.put(rawLabel, fate);
            }
        }
        return fate;
    }

    /// The canonical labels of a raw series, under the given name.
    Labels apply(Labels raw, String name) {
        var out =
                new Pairs(
                        raw.size()
                                + slots.length
                                + values.size()
                                + defaults.size()
                                + constants.size()
                                + 1);
        out.set(Labels.NAME, name);
        var filled = new String[slots.length];
        var places = new int[slots.length];
        for (int i = 0; i < raw.size(); i++) {
            var fate = rememberedFate(raw.name(i));
            if (fate.slot == KEPT) {
                out.set(raw.name(i), raw.value(i));
            } else if (fate.slot != DROPPED
                    && (filled[fate.slot] == null || fate.place < places[fate.slot])) {
                filled[fate.slot] = raw.value(i);
                places[fate.slot] = fate.place;
            }
        }
        for (int i = 0; i < slots.length; i++) {
            if (filled[i] != null) {
                out.set(slots[i], filled[i]);
            }
        }
        values.forEach(
                (label, map) -> out.set(label, map.getOrDefault(out.get(label), out.get(label))));
        defaults.forEach((label, value) -> {
            if (out.get(label).isEmpty()) {
                out.set(label, value);
            }
        });
        constants.forEach(out::set);
        if (scalesBounds) {
            out.set("le", scaled(out.get("le")));
        }
        return out.labels();
    }

    /// The same labels under another name.
    static Labels renamed(Labels labels, String name) {
        var out = new Pairs(labels.size() + 1);
        for (int i = 0; i < labels.size(); i++) {
            out.set(labels.name(i), labels.value(i));
        }
        out.set(Labels.NAME, name);
        return out.labels();
    }

    /// A few label pairs in the making. Linear, because they are few.
    private static final class Pairs {
        private final String[] pairs;
        private int size;

        Pairs(int most) {
            this.pairs = new String[2 * most];
        }

        private int find(String name) {
            for (int i = 0; i < size; i += 2) {
                if (pairs[i].equals(name)) {
                    return i;
                }
            }
            return -1;
        }

        String get(String name) {
            int at = find(name);
            return at < 0 ? "" : pairs[at + 1];
        }

        void set(String name, String value) {
            int at = find(name);
            if (at >= 0) {
                pairs[at + 1] = value;
            } else if (!value.isEmpty()) {
                pairs[size] = name;
                pairs[size + 1] = value;
                size += 2;
            }
        }

        /// Sorted by insertion, as most pairs came sorted.
        Labels labels() {
            int end = 0;
            for (int i = 0; i < size; i += 2) {
                if (pairs[i + 1].isEmpty()) {
                    continue;
                }
                var name = pairs[i];
                var value = pairs[i + 1];
                int at = end;
                while (at > 0 && pairs[at - 2].compareTo(name) > 0) {
                    pairs[at] = pairs[at - 2];
                    pairs[at + 1] = pairs[at - 1];
                    at -= 2;
                }
                pairs[at] = name;
                pairs[at + 1] = value;
                end += 2;
            }
            return Labels.ofSorted(Arrays.copyOf(pairs, end));
        }
    }

    /// An observation in the unit of the bounds.
    double scaled(double observation) {
        return scalesBounds ? observation * boundScale.doubleValue() : observation;
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
                    && !(label.equals("le") && scalesBounds)) {
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
