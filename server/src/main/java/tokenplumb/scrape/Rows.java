package tokenplumb.scrape;

import java.util.Arrays;

/// The series of one target: for each its reference in storage, the round that last saw it, and
/// whether it needs a stale marker once it is gone. Not thread-safe.
final class Rows {
    private long[] references = new long[16];
    private int[] seen = new int[16];
    private boolean[] alive = new boolean[16];
    private int size;

    private int[] index = new int[64]; // row + 1 by reference, 0: none

    int size() {
        return size;
    }

    long reference(int row) {
        return references[row];
    }

    int seen(int row) {
        return seen[row];
    }

    void see(int row, int round) {
        seen[row] = round;
    }

    boolean isAlive(int row) {
        return alive[row];
    }

    void alive(int row, boolean isAlive) {
        alive[row] = isAlive;
    }

    /// The row of a reference, made if need be.
    int of(long reference) {
        int slot = slot(reference);
        if (index[slot] != 0) {
            return index[slot] - 1;
        }
        if (size == references.length) {
            references = Arrays.copyOf(references, size * 2);
            seen = Arrays.copyOf(seen, size * 2);
            alive = Arrays.copyOf(alive, size * 2);
        }
        references[size] = reference;
        seen[size] = 0;
        alive[size] = false;
        index[slot] = ++size;
        if (size * 2 > index.length) {
            reindex();
        }
        return size - 1;
    }

    /// The store knows the series under another reference now.
    void renew(int row, long reference) {
        references[row] = reference;
        reindex();
    }

    private int slot(long reference) {
        int mask = index.length - 1;
        int slot = (int) (reference * 0x9e3779b97f4a7c15L >>> 32) & mask;
        while (index[slot] != 0 && references[index[slot] - 1] != reference) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void reindex() {
        index = new int[Math.max(64, Integer.highestOneBit(Math.max(1, size)) * 4)];
        for (int row = 0; row < size; row++) {
            int slot = slot(references[row]);
            if (index[slot] == 0) {
                index[slot] = row + 1;
            }
        }
    }

    /// Forgets the rows from `count` on.
    void truncate(int count) {
        if (count < size) {
            size = count;
            reindex();
        }
    }

    /// Forgets every row that no sample of the layout names, and numbers the others anew.
    void keepOnly(Layout layout) {
        var numbers = new int[size];
        int kept = 0;
        for (int sample = 0; sample < layout.size(); sample++) {
            int row = layout.row(sample);
            if (row >= 0 && numbers[row] == 0) {
                numbers[row] = 1;
                kept++;
            }
        }
        if (kept == size) {
            return;
        }
        kept = 0;
        for (int row = 0; row < size; row++) {
            if (numbers[row] != 0) {
                references[kept] = references[row];
                seen[kept] = seen[row];
                alive[kept] = alive[row];
                numbers[row] = kept++;
            }
        }
        size = kept;
        for (int sample = 0; sample < layout.size(); sample++) {
            if (layout.row(sample) >= 0) {
                layout.row(sample, numbers[layout.row(sample)]);
            }
        }
        reindex();
    }
}
