package tokenplumb.tsdb.block;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Finds series in a block, as its tombstones were when it was opened.
final class BlockKept implements KeptQuerier {
    private final Block block;
    private final IndexFile index;
    private final Postings postings;
    private final FoldedFile folded;
    private final Tombstones tombstones;

    BlockKept(Block block, Tombstones tombstones) {
        this.block = block;
        this.index = block.index();
        this.postings = block.postings();
        this.folded = block.folded();
        this.tombstones = tombstones;
    }

    private boolean isOutside(long from, long to) {
        return from >= block.meta().maxTime() || to < block.meta().minTime() || from > to;
    }

    @Override
    public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
        if (isOutside(from, to)) {
            return List.of();
        }
        return series(plainIds(matchers), from, to);
    }

    private int[] plainIds(List<Matcher> matchers) {
        return guarded(() -> Postings.without(postings.select(matchers), folded.series()));
    }

    @Override
    public List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
        if (isOutside(from, to) || folded.series().length == 0) {
            return List.of();
        }
        return series(guarded(() -> foldedIds(families, matchers)), from, to);
    }

    private int[] foldedIds(Optional<Set<String>> families, List<Matcher> matchers) {
        if (families.isEmpty()) {
            return postings.select(folded.series(), matchers);
        }
        int[] all = {};
        for (var family : families.get()) {
            long place = index.find(Labels.NAME, family);
            if (place != 0) {
                all = joined(all, Postings.both(postings.list(place), folded.series()));
            }
        }
        return postings.select(all, matchers);
    }

    private static int[] joined(int[] a, int[] b) {
        var both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        Arrays.sort(both);
        return both;
    }

    /// Finds series' numbers.
    private interface Search {
        int[] ids();
    }

    /// Damage in the index costs what it hits, never the query.
    private int[] guarded(Search search) {
        try {
            return search.ids();
        } catch (IndexOutOfBoundsException | InternalError e) {
            block.damage().damaged(index.name(), 0, String.valueOf(e.getMessage()));
            return new int[0];
        }
    }

    private List<KeptSeries> series(int[] ids, long from, long to) {
        var found = new ArrayList<KeptSeries>(ids.length);
        var texts = new HashMap<Integer, String>();
        var scratch = block.lend();
        try {
            var entry = scratch.entry;
            for (int id : ids) {
                long[] deleted = tombstones.of(id);
                if (!block.read(id, entry) || !entry.hasAnyIn(from, to, deleted)) {
                    continue;
                }
                try {
                    var labels = block.labels(entry, texts);
                    found.add(new BlockSeries(block, id, labels, folded.layout(id), deleted));
                } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
                    damaged(id, e);
                }
            }
        } finally {
            block.giveBack(scratch);
        }
        return found;
    }

    private void damaged(int id, RuntimeException e) {
        block.damage().damaged(index.name(), IndexFile.offset(id), String.valueOf(e.getMessage()));
    }

    @Override
    public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
        if (isOutside(from, to)) {
            return List.of();
        }
        if (matchers.isEmpty() && folded.series().length == 0) {
            var names = new TreeSet<String>();
            index.labelNames().forEach(names::add);
            return names;
        }
        return symbols(plainIds(matchers), from, to, "");
    }

    @Override
    public Collection<String> labelValues(
            String label, long from, long to, List<Matcher> matchers) {
        if (isOutside(from, to)) {
            return List.of();
        }
        if (!matchers.isEmpty()) {
            return symbols(plainIds(matchers), from, to, label);
        }
        var values = new TreeSet<String>();
        guarded(() -> {
            index.forEachValue(
                    label,
                    (value, place) -> {
                        if (hasPlain(place)) {
                            values.add(value);
                        }
                    });
            return new int[0];
        });
        return values;
    }

    private boolean hasPlain(long place) {
        return folded.series().length == 0
                || Postings.without(postings.list(place), folded.series()).length > 0;
    }

    @Override
    public Collection<String> foldedLabelNames(long from, long to) {
        return isOutside(from, to) ? List.of() : symbols(folded.series(), from, to, "");
    }

    @Override
    public Collection<String> foldedLabelValues(String label, long from, long to) {
        return isOutside(from, to) ? List.of() : symbols(folded.series(), from, to, label);
    }

    /// The values some series have of a label; of no label (`""`): the names of their labels.
    private Collection<String> symbols(int[] ids, long from, long to, String label) {
        var seen = new BitSet();
        var names = new HashMap<Integer, String>();
        var found = new TreeSet<String>();
        var scratch = block.lend();
        try {
            var entry = scratch.entry;
            for (int id : ids) {
                if (!block.read(id, entry) || !entry.hasAnyIn(from, to, tombstones.of(id))) {
                    continue;
                }
                for (int i = 0; i < entry.pairs; i++) {
                    var name = names.computeIfAbsent(entry.symbols[2 * i], index::symbol);
                    if (label.isEmpty()) {
                        found.add(name);
                    } else if (name.equals(label)) {
                        int value = entry.symbols[2 * i + 1];
                        if (!seen.get(value)) {
                            seen.set(value);
                            found.add(index.symbol(value));
                        }
                        break;
                    }
                }
            }
        } catch (IndexOutOfBoundsException | InternalError e) {
            block.damage().damaged(index.name(), 0, String.valueOf(e.getMessage()));
        } finally {
            block.giveBack(scratch);
        }
        return found;
    }

    @Override
    public void close() {}
}
