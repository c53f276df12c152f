package tokenplumb.tsdb;

import org.roaringbitmap.RoaringBitmap;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// Which series there are: from labels to row, from row to labels, and from each label pair to the
/// rows that carry it. A series' labels are an array of pair numbers, so that each name and value
/// is held once however many series carry it.
///
/// Readers hold [#lock] for reading, writers for writing; it is taken before the head's lock.
final class Index {
    static final int ABSENT = -1;

    final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    private final Map<String, LabelName> names = new HashMap<>();
    private Pair[] pairs = new Pair[64];
    private int pairsUsed;
    private final BitSet freePairs = new BitSet();
    private int pairCount;

    private int[][] labelsOf = new int[64][]; // by row; null when the row is free
    private int[] hashes = new int[64];
    private final RoaringBitmap rows = new RoaringBitmap();
    private final RoaringBitmap folded = new RoaringBitmap(); // those of folded histograms
    private final Map<String, BucketLayout> layouts = new HashMap<>(); // by FoldedLabels.LAYOUT
    private int size; // series
    private int rowsUsed;
    private final BitSet freeRows = new BitSet();

    private int[] table = new int[128]; // row + 1, or 0
    private static final int LEAST_TABLE = 128;

    /// Series held.
    int size() {
        return size;
    }

    /// Label pairs in use.
    int pairCount() {
        return pairCount;
    }

    Map<String, LabelName> names() {
        return names;
    }

    /// All rows in use; not to be changed.
    RoaringBitmap rows() {
        return rows;
    }

    /// The rows of folded histograms; not to be changed.
    RoaringBitmap folded() {
        return folded;
    }

    /// The buckets of a folded histogram, [BucketLayout#NONE] of a plain series.
    BucketLayout layout(int row) {
        int[] ids = labelsOf[row];
        if (ids.length < 2 || !pairs[ids[1]].name.name.equals(FoldedLabels.LAYOUT)) {
            return BucketLayout.NONE;
        }
        return layouts.getOrDefault(pairs[ids[1]].value, BucketLayout.NONE);
    }

    boolean has(int row) {
        return row < labelsOf.length && labelsOf[row] != null;
    }

    /// The row of a series, or [#ABSENT].
    int find(Labels labels) {
        int hash = mix(labels.hashCode());
        int mask = table.length - 1;
        for (int slot = hash & mask; table[slot] != 0; slot = slot + 1 & mask) {
            int row = table[slot] - 1;
            if (hashes[row] == hash && equal(labelsOf[row], labels)) {
                return row;
            }
        }
        return ABSENT;
    }

    private boolean equal(int[] ids, Labels labels) {
        if (ids.length != labels.size()) {
            return false;
        }
        for (int i = ids.length - 1; i >= 0; i--) {
            var pair = pairs[ids[i]];
            if (!pair.value.equals(labels.value(i)) || !pair.name.name.equals(labels.name(i))) {
                return false;
            }
        }
        return true;
    }

    /// The row of a series given as pair numbers, or [#ABSENT].
    int find(int[] ids) {
        int hash = hash(ids);
        int mask = table.length - 1;
        for (int slot = hash & mask; table[slot] != 0; slot = slot + 1 & mask) {
            int row = table[slot] - 1;
            if (hashes[row] == hash && Arrays.equals(labelsOf[row], ids)) {
                return row;
            }
        }
        return ABSENT;
    }

    /// The pair numbers of a label set, made if need be.
    int[] intern(Labels labels) {
        var ids = new int[labels.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = intern(labels.name(i), labels.value(i));
        }
        return ids;
    }

    /// The number of a pair, made if need be.
    int intern(String name, String value) {
        var labelName = names.get(name);
        if (labelName == null) {
            labelName = new LabelName(name);
            names.put(name, labelName);
        }
        var pair = labelName.values.get(value);
        if (pair == null) {
            int id = freePairs.nextSetBit(0);
            if (id >= 0) {
                freePairs.clear(id);
            } else {
                id = pairsUsed++;
            }
            if (id == pairs.length) {
                pairs = Arrays.copyOf(pairs, id * 2);
            }
            pair = new Pair(id, labelName, value);
            pairs[id] = pair;
            pairCount++;
            labelName.add(pair);
        }
        return pair.id;
    }

    /// Adds a series that is not there yet, under a free row.
    int add(int[] ids) {
        int row = freeRows.nextSetBit(0);
        if (row < 0) {
            row = rowsUsed;
        }
        add(ids, row);
        return row;
    }

    /// Adds a series that is not there yet, under a row that is free.
    void add(int[] ids, int row) {
        assert !has(row) : "bug: row is taken";
        if (row < rowsUsed) {
            freeRows.clear(row);
        } else {
            freeRows.set(rowsUsed, row);
            rowsUsed = row + 1;
        }
        if (row >= labelsOf.length) {
            int wanted = Math.max(row + 1, labelsOf.length + (labelsOf.length >> 1));
            labelsOf = Arrays.copyOf(labelsOf, wanted);
            hashes = Arrays.copyOf(hashes, wanted);
        }
        labelsOf[row] = ids;
        hashes[row] = hash(ids);
        rows.add(row);
        if (ids.length > 1 && pairs[ids[1]].name.name.equals(FoldedLabels.LAYOUT)) {
            folded.add(row);
            layouts.computeIfAbsent(pairs[ids[1]].value, FoldedLabels::layout);
        }
        size++;
        for (int id : ids) {
            pairs[id].add(row);
        }
        if (size * 3L > table.length * 2L) {
            rebuild(table.length * 2);
        } else {
            link(row);
        }
    }

    private void link(int row) {
        int mask = table.length - 1;
        int slot = hashes[row] & mask;
        while (table[slot] != 0) {
            slot = slot + 1 & mask;
        }
        table[slot] = row + 1;
    }

    private void rebuild(int length) {
        table = new int[length];
        for (var all = rows.getIntIterator(); all.hasNext(); ) {
            link(all.next());
        }
    }

    /// Removes series, and (`dropPairs`) the pairs that none carries any more.
    void remove(RoaringBitmap gone, boolean dropPairs) {
        for (var each = gone.getIntIterator(); each.hasNext(); ) {
            int row = each.next();
            for (int id : labelsOf[row]) {
                var pair = pairs[id];
                pair.remove(row);
                if (dropPairs && pair.cardinality() == 0) {
                    remove(pair);
                }
            }
            labelsOf[row] = null;
            freeRows.set(row);
            size--;
        }
        rows.andNot(gone);
        folded.andNot(gone);
        int length = LEAST_TABLE;
        while (size * 3L > length * 2L) {
            length *= 2;
        }
        rebuild(length);
    }

    /// Removes the pairs that no series carries.
    void dropEmptyPairs() {
        for (int id = 0; id < pairsUsed; id++) {
            if (pairs[id] != null && pairs[id].cardinality() == 0) {
                remove(pairs[id]);
            }
        }
    }

    private void remove(Pair pair) {
        pair.name.remove(pair);
        if (pair.name.name.equals(FoldedLabels.LAYOUT)) {
            layouts.remove(pair.value);
        }
        if (pair.name.values.isEmpty()) {
            names.remove(pair.name.name);
        }
        pairs[pair.id] = null;
        freePairs.set(pair.id);
        pairCount--;
    }

    /// The pair numbers of a series; not to be changed.
    int[] idsOf(int row) {
        return labelsOf[row];
    }

    Pair pair(int id) {
        return pairs[id];
    }

    Labels labels(int row) {
        int[] ids = labelsOf[row];
        var sorted = new String[ids.length * 2];
        for (int i = 0; i < ids.length; i++) {
            var pair = pairs[ids[i]];
            sorted[2 * i] = pair.name.name;
            sorted[2 * i + 1] = pair.value;
        }
        return Labels.ofSorted(sorted);
    }

    /// The value of one label of a series, or `""`.
    String value(int row, LabelName name) {
        for (int id : labelsOf[row]) {
            if (pairs[id].name == name) {
                return pairs[id].value;
            }
        }
        return "";
    }

    /// The same as of the equal [Labels].
    private int hash(int[] ids) {
        int hash = 1;
        for (int id : ids) {
            var pair = pairs[id];
            hash = 31 * hash + pair.name.name.hashCode();
            hash = 31 * hash + pair.value.hashCode();
        }
        return mix(hash);
    }

    private static int mix(int hash) {
        int mixed = hash * 0x9e3779b9;
        return mixed ^ mixed >>> 15;
    }
}
