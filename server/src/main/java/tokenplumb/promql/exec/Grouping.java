package tokenplumb.promql.exec;

import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Sorts label sets into groups that agree on some labels (`by`, `on`) or on all but some
/// (`without`, `ignoring`), numbering the groups as they come. A label set that joins a known group
/// costs no allocation.
final class Grouping {
    private final List<String> names;
    private final boolean without;
    private final List<Labels> groups = new ArrayList<>();
    private int[] slots = new int[64]; // group + 1, open addressing
    private int[] hashes = new int[16]; // by group

    private Grouping(List<String> names, boolean without) {
        this.names = names;
        this.without = without;
    }

    static Grouping by(List<String> names) {
        return new Grouping(names, false);
    }

    /// All labels but these, the metric's name among them.
    static Grouping all(List<String> but) {
        return new Grouping(but, true);
    }

    /// The metric's name is always among those left out.
    static Grouping without(List<String> names) {
        var all = new ArrayList<>(names);
        all.add(Labels.NAME);
        return new Grouping(all, true);
    }

    int size() {
        return groups.size();
    }

    /// The labels that all members of a group share.
    Labels labels(int group) {
        return groups.get(group);
    }

    int of(Labels labels) {
        int hash = hash(labels);
        int slot = hash & (slots.length - 1);
        while (slots[slot] != 0) {
            int group = slots[slot] - 1;
            if (hashes[group] == hash && matches(labels, groups.get(group))) {
                return group;
            }
            slot = (slot + 1) & (slots.length - 1);
        }
        return add(labels, hash);
    }

    private int add(Labels labels, int hash) {
        int group = groups.size();
        groups.add(without ? labels.withoutAll(names) : labels.only(names));
        if (group == hashes.length) {
            hashes = Arrays.copyOf(hashes, group * 2);
        }
        hashes[group] = hash;
        if (groups.size() * 2 > slots.length) {
            slots = new int[slots.length * 2];
            for (int i = 0; i < groups.size(); i++) {
                put(i);
            }
        } else {
            put(group);
        }
        return group;
    }

    private void put(int group) {
        int slot = hashes[group] & (slots.length - 1);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (slots.length - 1);
        }
        slots[slot] = group + 1;
    }

    private boolean counts(String name) {
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals(name)) {
                return !without;
            }
        }
        return without;
    }

    private int hash(Labels labels) {
        int hash = 17;
        if (!without && names.isEmpty()) {
            return hash;
        }
        for (int i = 0; i < labels.size(); i++) {
            if (counts(labels.name(i))) {
                hash = (hash * 31 + labels.name(i).hashCode()) * 31 + labels.value(i).hashCode();
            }
        }
        return hash ^ (hash >>> 16);
    }

    private boolean matches(Labels labels, Labels group) {
        if (!without && names.isEmpty()) {
            return true;
        }
        int n = 0;
        for (int i = 0; i < labels.size(); i++) {
            if (!counts(labels.name(i))) {
                continue;
            }
            if (n == group.size()
                    || !group.value(n).equals(labels.value(i))
                    || !group.name(n).equals(labels.name(i))) {
                return false;
            }
            n++;
        }
        return n == group.size();
    }
}
