package tokenplumb.tsdb;

/// What the store looked like to a querier when it was opened. Samples of a series only ever come
/// later in time, so the newest time a series had then says which of its samples the querier sees.
/// That time is noted when the series is appended to for the first time since, and only while
/// queriers are open: a store nobody asks pays nothing.
///
/// Snapshots form a chain from old to new; commits note into the newest. A querier looks through
/// its own snapshot and the later ones: the first note is the one that counts.
///
/// Guarded by the head's lock.
final class Snapshot {
    /// Beyond this many notes a querier may see single commits that came after it.
    private static final int MOST = 2_000_000;

    final int commit; // the last one it sees
    Snapshot next; // the later one, null while this is the newest
    int users;

    private int[] rows = new int[64]; // row + 1, hashed; 0 is free
    private long[] newest = new long[64];
    private int size;

    Snapshot(int commit) {
        this.commit = commit;
    }

    void note(int row, long newestTime) {
        if (size == MOST) {
            return;
        }
        if (size * 2 >= rows.length) {
            grow();
        }
        int slot = slot(row);
        if (rows[slot] == 0) {
            rows[slot] = row + 1;
            newest[slot] = newestTime;
            size++;
        }
    }

    private int slot(int row) {
        int mask = rows.length - 1;
        int slot = row * 0x9e3779b9 >>> 7 & mask;
        while (rows[slot] != 0 && rows[slot] != row + 1) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        int[] oldRows = rows;
        long[] oldNewest = newest;
        rows = new int[oldRows.length * 2];
        newest = new long[rows.length];
        for (int i = 0; i < oldRows.length; i++) {
            if (oldRows[i] != 0) {
                int slot = slot(oldRows[i] - 1);
                rows[slot] = oldRows[i];
                newest[slot] = oldNewest[i];
            }
        }
    }

    /// The newest time of a series that this snapshot sees.
    long visibleTo(int row) {
        for (var each = this; each != null; each = each.next) {
            if (each.size > 0) {
                int slot = each.slot(row);
                if (each.rows[slot] != 0) {
                    return each.newest[slot];
                }
            }
        }
        return Long.MAX_VALUE;
    }
}
