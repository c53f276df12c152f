package tokenplumb.scrape;

import java.util.Arrays;

/// What one target has in storage, series and folded histograms: for each its reference, the round
/// that last saw it, and whether it needs a stale marker once it is gone. Not thread-safe.
final class Rows {
    private static final byte ALIVE = 1;
    private static final byte FOLDED = 2;

    private long[] references = new long[16];
    private int[] seen = new int[16];
    private byte[] flags = new byte[16];
    private int size;

    private int[] index = {}; // row + 1 by reference, 0: none; empty: to be made when needed

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
        return (flags[row] & ALIVE) != 0;
    }

    void alive(int row, boolean isAlive) {
        flags[row] = (byte) (isAlive ? flags[row] | ALIVE : flags[row] & ~ALIVE);
    }

    /// Whether it is a folded histogram.
    boolean isFolded(int row) {
        return (flags[row] & FOLDED) != 0;
    }

    /// The row of a reference, made if need be.
    int of(long reference, boolean isFolded) {
        if (index.length == 0) {
            reindex();
        }
        int slot = slot(reference, isFolded);
        if (index[slot] != 0) {
            return index[slot] - 1;
        }
        if (size == references.length) {
            resize(Math.max(16, size + (size >> 1)));
        }
        references[size] = reference;
        seen[size] = 0;
        flags[size] = isFolded ? FOLDED : 0;
        index[slot] = ++size;
        if (size * 2 > index.length) {
            reindex();
        }
        return size - 1;
    }

    private void resize(int capacity) {
        references = Arrays.copyOf(references, capacity);
        seen = Arrays.copyOf(seen, capacity);
        flags = Arrays.copyOf(flags, capacity);
    }

    /// The store knows the series under another reference now.
    void renew(int row, long reference) {
        references[row] = reference;
        index = new int[0];
    }

    private int slot(long reference, boolean isFolded) {
        int mask = index.length - 1;
        int slot = (int) (reference * 0x9e3779b97f4a7c15L >>> 32) & mask;
        while (index[slot] != 0
                && (references[index[slot] - 1] != reference
                        || isFolded(index[slot] - 1) != isFolded)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void reindex() {
        index = new int[Math.max(64, Integer.highestOneBit(Math.max(1, size)) * 4)];
        for (int row = 0; row < size; row++) {
            int slot = slot(references[row], isFolded(row));
            if (index[slot] == 0) {
                index[slot] = row + 1;
            }
        }
    }

    /// Forgets the rows from `count` on.
    void truncate(int count) {
        if (count < size) {
            size = count;
            index = new int[0];
        }
    }

    /// Forgets every row that is neither alive nor has a mark in `numbers`, and writes the new
    /// number of each into it.
    void keepOnly(int[] numbers) {
        int kept = 0;
        for (int row = 0; row < size; row++) {
            if (numbers[row] != 0 || isAlive(row)) {
                references[kept] = references[row];
                seen[kept] = seen[row];
                flags[kept] = flags[row];
                numbers[row] = kept++;
            }
        }
        size = kept;
        if (references.length != size) {
            resize(size);
        }
    }

    /// Gives back what is only needed while rows are looked for.
    void trim() {
        index = new int[0];
    }
}
