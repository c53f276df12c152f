package tokenplumb.scrape;

import java.util.Arrays;

/// The folded histograms of one target. The members of each have slots, numbered through all
/// groups: its buckets in ascending order, then count and sum. Not thread-safe.
final class Groups {
    private static final int[] NONE = {};

    private int[] bases = {0}; // first slot of each, and one more
    private int[] rows = {}; // -1: the store has not been asked
    private long[] keys = {}; // a hash of the labels its members share
    private int[][] members = {}; // rows of its members when they went one by one, by slot, or NONE
    private int size;

    int size() {
        return size;
    }

    /// All slots of all groups.
    int slots() {
        return bases[size];
    }

    int base(int group) {
        return bases[group];
    }

    /// Members of a group.
    int width(int group) {
        return bases[group + 1] - bases[group];
    }

    int row(int group) {
        return rows[group];
    }

    void row(int group, int row) {
        rows[group] = row;
    }

    long key(int group) {
        return keys[group];
    }

    /// The group a slot belongs to.
    int ofSlot(int slot) {
        int found = Arrays.binarySearch(bases, 0, size + 1, slot);
        return found >= 0 ? found : -found - 2;
    }

    /// The row of a single member, or -1.
    int member(int group, int slot) {
        return members[group].length == 0 ? -1 : members[group][slot - bases[group]];
    }

    void member(int group, int slot, int row) {
        if (members[group].length == 0) {
            members[group] = new int[width(group)];
            Arrays.fill(members[group], -1);
        }
        members[group][slot - bases[group]] = row;
    }

    /// The rows of all single members, by slot, or empty; to be changed in place.
    int[] members(int group) {
        return members[group];
    }

    /// Forgets the rows of single members.
    void clearMembers(int group) {
        members[group] = NONE;
    }

    int add(long key, int width) {
        if (size == rows.length) {
            resize(Math.max(4, size + (size >> 1)));
        }
        bases[size + 1] = bases[size] + width;
        rows[size] = -1;
        keys[size] = key;
        members[size] = NONE;
        return size++;
    }

    private void resize(int capacity) {
        bases = Arrays.copyOf(bases, capacity + 1);
        rows = Arrays.copyOf(rows, capacity);
        keys = Arrays.copyOf(keys, capacity);
        members = Arrays.copyOf(members, capacity);
    }

    /// Forgets the groups from `count` on, and rows from `rowsBefore` on.
    void truncate(int count, int rowsBefore) {
        size = count;
        for (int group = 0; group < size; group++) {
            rows[group] = rows[group] < rowsBefore ? rows[group] : -1;
            for (int i = 0; i < members[group].length; i++) {
                members[group][i] = members[group][i] < rowsBefore ? members[group][i] : -1;
            }
        }
    }

    /// Keeps only the groups that are marked; answers the new number of each slot (a slot of a
    /// group that goes has none).
    int[] keepOnly(boolean[] marked) {
        var numbers = new int[slots()];
        int kept = 0;
        for (int group = 0; group < size; group++) {
            int base = bases[group];
            int width = bases[group + 1] - base;
            if (!marked[group]) {
                continue;
            }
            for (int i = 0; i < width; i++) {
                numbers[base + i] = bases[kept] + i;
            }
            rows[kept] = rows[group];
            keys[kept] = keys[group];
            members[kept] = members[group];
            kept++;
            bases[kept] = bases[kept - 1] + width;
        }
        size = kept;
        if (rows.length != size) {
            resize(size);
        }
        return numbers;
    }
}
