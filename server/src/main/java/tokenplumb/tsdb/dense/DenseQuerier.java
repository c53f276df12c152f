package tokenplumb.tsdb.dense;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Finds series in a dense block. Thread-safe.
final class DenseQuerier implements KeptQuerier {
    private final DenseBlock block;

    DenseQuerier(DenseBlock block) {
        this.block = block;
    }

    @Override
    public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
        var onName = matchers.stream().filter(each -> each.name().equals(Labels.NAME)).toList();
        var others = matchers.stream().filter(each -> !each.name().equals(Labels.NAME)).toList();
        return select(from, to, false, name -> passes(onName, name), others);
    }

    private static boolean passes(List<Matcher> matchers, String value) {
        return matchers.stream().allMatch(each -> each.matches(value));
    }

    @Override
    public List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
        return select(
                from,
                to,
                true,
                name -> families.isEmpty() || families.orElseThrow().contains(name),
                matchers);
    }

    private List<KeptSeries> select(
            long from, long to, boolean folded, Predicate<String> isSought, List<Matcher> others) {
        var labels = block.labels();
        var families = families(labels, folded, isSought);
        if (families.isEmpty()) {
            return List.of();
        }
        var sets = labels.matching(others);
        var found = new ArrayList<DenseSeries>();
        if (!sets.isEmpty()) {
            var reader = new FamilyReader(block, labels, block.tombstones());
            for (var family : families) {
                reader.select(family, sets, from, to, found);
            }
        }
        return List.copyOf(found);
    }

    private List<Families.Family> families(
            LabelsReader labels, boolean folded, Predicate<String> isSought) {
        var sought = new ArrayList<Families.Family>();
        for (var family : block.families()) {
            try {
                if (family.isFolded() == folded && isSought.test(labels.symbol(family.name()))) {
                    sought.add(family);
                }
            } catch (Damaged e) {
                block.damage().tell(e); // costs this family
            }
        }
        return sought;
    }

    @Override
    public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
        var onName = matchers.stream().filter(each -> each.name().equals(Labels.NAME)).toList();
        var others = matchers.stream().filter(each -> !each.name().equals(Labels.NAME)).toList();
        return names(from, to, false, name -> passes(onName, name), others);
    }

    @Override
    public Collection<String> labelValues(
            String label, long from, long to, List<Matcher> matchers) {
        var onName = matchers.stream().filter(each -> each.name().equals(Labels.NAME)).toList();
        var others = matchers.stream().filter(each -> !each.name().equals(Labels.NAME)).toList();
        return values(label, from, to, false, name -> passes(onName, name), others);
    }

    @Override
    public Collection<String> foldedLabelNames(long from, long to) {
        return names(from, to, true, name -> true, List.of());
    }

    @Override
    public Collection<String> foldedLabelValues(String label, long from, long to) {
        return values(label, from, to, true, name -> true, List.of());
    }

    private Collection<String> names(
            long from, long to, boolean folded, Predicate<String> isSought, List<Matcher> others) {
        var labels = block.labels();
        var found = new HashSet<Integer>();
        var sets = new BitSet();
        boolean isNamed = false;
        var within = labels.matching(others);
        var reader = new FamilyReader(block, labels, block.tombstones());
        for (var family : families(labels, folded, isSought)) {
            int before = sets.cardinality();
            var its = new BitSet();
            reader.sets(family, within, from, to, its);
            sets.or(its);
            isNamed |= !its.isEmpty() && !nameOf(family, labels).isEmpty();
            assert sets.cardinality() >= before : "bug: sets got lost";
        }
        each(
                labels,
                sets,
                set -> {
                    for (int i = 0; i < set.length; i += 2) {
                        found.add(set[i]);
                    }
                });
        var names = new TreeSet<String>();
        texts(labels, found, names);
        if (isNamed) {
            names.add(Labels.NAME);
        }
        return names;
    }

    private String nameOf(Families.Family family, LabelsReader labels) {
        try {
            return labels.symbol(family.name());
        } catch (Damaged e) {
            block.damage().tell(e);
            return "";
        }
    }

    private Collection<String> values(
            String label,
            long from,
            long to,
            boolean folded,
            Predicate<String> isSought,
            List<Matcher> others) {
        var labels = block.labels();
        var within = labels.matching(others);
        var reader = new FamilyReader(block, labels, block.tombstones());
        var values = new TreeSet<String>();
        var sets = new BitSet();
        for (var family : families(labels, folded, isSought)) {
            var its = new BitSet();
            reader.sets(family, within, from, to, its);
            sets.or(its);
            if (label.equals(Labels.NAME) && !its.isEmpty()) {
                var name = nameOf(family, labels);
                if (!name.isEmpty()) {
                    values.add(name);
                }
            }
        }
        if (label.equals(Labels.NAME)) {
            return values;
        }
        try {
            int symbol = labels.find(label);
            var found = new HashSet<Integer>();
            each(
                    labels,
                    sets,
                    set -> {
                        for (int i = 0; i < set.length; i += 2) {
                            if (set[i] == symbol) {
                                found.add(set[i + 1]);
                            }
                        }
                    });
            texts(labels, found, values);
        } catch (Damaged e) {
            block.damage().tell(e);
        }
        return values;
    }

    private interface Sets {
        void add(int[] symbols);
    }

    private void each(LabelsReader labels, BitSet sets, Sets to) {
        for (int set = sets.nextSetBit(0); set >= 0; set = sets.nextSetBit(set + 1)) {
            try {
                to.add(labels.set(set));
            } catch (Damaged e) {
                block.damage().tell(e);
            }
        }
    }

    private void texts(LabelsReader labels, Set<Integer> symbols, Set<String> into) {
        for (int symbol : symbols) {
            try {
                into.add(labels.symbol(symbol));
            } catch (Damaged e) {
                block.damage().tell(e);
            }
        }
    }

    /// Nothing to give back: the block outlives its queriers.
    @Override
    public void close() {}
}
