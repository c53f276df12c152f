package tokenplumb.tsdb.folded;

import tokenplumb.signal.Bound;
import tokenplumb.signal.Labels;

import java.util.Optional;

/// The members of a classic histogram: its buckets, its count, its sum.
public enum Kind {
    BUCKET(1, "_bucket"),
    COUNT(2, "_count"),
    SUM(4, "_sum");

    private final int bit; // of a set of kinds
    private final String suffix;

    Kind(int bit, String suffix) {
        this.bit = bit;
        this.suffix = suffix;
    }

    int bit() {
        return bit;
    }

    /// What kind of member a metric of this name would be.
    static Optional<Kind> ofMember(String name) {
        for (var kind : values()) {
            if (name.endsWith(kind.suffix)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    /// The family of a member of this kind.
    String family(String name) {
        return name.substring(0, name.length() - suffix.length());
    }

    /// The name of the members of this kind.
    public String name(String family) {
        return family + suffix;
    }

    /// The labels of the family's count or sum.
    static Labels member(Labels family, String name) {
        return member(family, name, "");
    }

    /// The labels of a member; `le` is empty unless it is a bucket.
    public static Labels member(Labels family, String name, String le) {
        int size = family.size();
        var pairs = new String[2 * size + (le.isEmpty() ? 0 : 2)];
        int at = 0;
        boolean hasLe = le.isEmpty();
        for (int i = 0; i < size; i++) {
            var label = family.name(i);
            if (!hasLe && label.compareTo(Bound.LE) > 0) {
                pairs[at++] = Bound.LE;
                pairs[at++] = le;
                hasLe = true;
            }
            pairs[at++] = label;
            pairs[at++] = label.equals(Labels.NAME) ? name : family.value(i);
        }
        if (!hasLe) {
            pairs[at++] = Bound.LE;
            pairs[at] = le;
        }
        return Labels.ofSorted(pairs);
    }
}
