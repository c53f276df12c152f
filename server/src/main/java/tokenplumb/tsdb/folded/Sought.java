package tokenplumb.tsdb.folded;

import tokenplumb.signal.Bound;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A selector taken apart: what it means for plain series, and which members of which folded
/// histograms it asks for. Not thread-safe.
final class Sought {
    private static final int ALL = Kind.BUCKET.bit() | Kind.COUNT.bit() | Kind.SUM.bit();

    private final List<KeptQuerier> sources;
    private final long from;
    private final long to;
    private final List<Matcher> onName = new ArrayList<>();
    private final List<Bound> onLe = new ArrayList<>();
    private final List<Matcher> others = new ArrayList<>(); // of a folded histogram's own labels
    private final List<Matcher> plain = new ArrayList<>();
    private final int kindsByLe;
    private final Map<String, Integer> families; // null: every one, as far as le lets it
    private final Map<BucketLayout, int[]> buckets = new HashMap<>();

    Sought(List<KeptQuerier> sources, long from, long to, List<Matcher> matchers) {
        this.sources = sources;
        this.from = from;
        this.to = to;
        for (var matcher : matchers) {
            var label = matcher.name();
            var asTexts = Bound.isOn(label) ? asTexts(matcher) : matcher;
            plain.add(asTexts);
            if (label.equals(Labels.NAME)) {
                onName.add(matcher);
            } else if (label.equals(Bound.LE)) {
                onLe.add(Bound.of(matcher));
            } else {
                others.add(asTexts);
            }
        }
        kindsByLe = passLe("") ? ALL : Kind.BUCKET.bit();
        families = families();
    }

    /// For places that compare texts.
    private Matcher asTexts(Matcher matcher) {
        var bound = Bound.of(matcher);
        if (!bound.isNumeric()) {
            return matcher;
        }
        var values = new HashSet<String>();
        for (var source : sources) {
            values.addAll(source.labelValues(matcher.name(), from, to, List.of()));
            if (!matcher.name().equals(Bound.LE)) {
                values.addAll(source.foldedLabelValues(matcher.name(), from, to));
            }
        }
        return bound.among(values);
    }

    private boolean passLe(String value) {
        for (var bound : onLe) {
            if (!bound.passes(value)) {
                return false;
            }
        }
        return true;
    }

    /// Families and the kinds of members (bits) that are asked for.
    private Map<String, Integer> families() {
        if (onName.isEmpty()) {
            return null;
        }
        var found = new HashMap<String, Integer>();
        var names = namedOutright();
        if (names.isPresent()) {
            for (var name : names.get()) {
                add(name, found);
            }
            return found;
        }
        var all = new HashSet<String>();
        for (var source : sources) {
            all.addAll(source.foldedLabelValues(Labels.NAME, from, to));
        }
        for (var family : all) {
            for (var kind : Kind.values()) {
                add(kind.name(family), found);
            }
        }
        return found;
    }

    /// The only names that can pass, where that can be told without looking.
    private Optional<Collection<String>> namedOutright() {
        for (var matcher : onName) {
            if (matcher.type() == Matcher.Type.EQUAL) {
                return Optional.of(List.of(matcher.value()));
            }
        }
        for (var matcher : onName) {
            if (matcher.type() == Matcher.Type.REGEX && !matcher.regex().literals().isEmpty()) {
                return Optional.of(matcher.regex().literals());
            }
        }
        return Optional.empty();
    }

    private void add(String name, Map<String, Integer> into) {
        var kind = Kind.ofMember(name);
        if (kind.isEmpty() || (kindsByLe & kind.get().bit()) == 0) {
            return;
        }
        for (var matcher : onName) {
            if (!matcher.matches(name)) {
                return;
            }
        }
        into.merge(kind.get().family(name), kind.get().bit(), (a, b) -> a | b);
    }

    /// What plain series must pass, as texts.
    List<Matcher> plain() {
        return plain;
    }

    /// What the own labels of a folded histogram must pass, `__name__` and `le` apart.
    List<Matcher> others() {
        return others;
    }

    /// Whether it asks for all buckets of histograms of one family, and for nothing else of them.
    boolean isWholeBuckets() {
        return onLe.isEmpty()
                && families != null
                && families.size() == 1
                && families.values().iterator().next() == Kind.BUCKET.bit();
    }

    /// Whether no member of any folded histogram can pass.
    boolean isPlainOnly() {
        return families != null && families.isEmpty();
    }

    /// The families asked for; absent: all.
    Optional<Set<String>> familyNames() {
        return Optional.ofNullable(families).map(Map::keySet);
    }

    /// Whether a family's members of a kind are asked for.
    boolean wants(String family, Kind kind) {
        int kinds = families == null ? kindsByLe : families.getOrDefault(family, 0);
        return (kinds & kind.bit()) != 0;
    }

    /// The buckets that are asked for.
    int[] buckets(BucketLayout layout) {
        return buckets.computeIfAbsent(layout, this::passing);
    }

    private int[] passing(BucketLayout layout) {
        var passing = new int[layout.size()];
        int size = 0;
        for (int i = 0; i < passing.length; i++) {
            if (passLe(layout.le(i))) {
                passing[size++] = i;
            }
        }
        return java.util.Arrays.copyOf(passing, size);
    }
}
