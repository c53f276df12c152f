package tokenplumb.tsdb.block;

/// From whole numbers to whole numbers, without an object for either. Not thread-safe.
final class LongMap {
    private long[] keys = new long[1 << 10];
    private long[] values = new long[1 << 10];
    private boolean[] used = new boolean[1 << 10];
    private int size;

    int size() {
        return size;
    }

    long getOrDefault(long key, long otherwise) {
        int at = slot(key);
        return used[at] ? values[at] : otherwise;
    }

    boolean has(long key) {
        return used[slot(key)];
    }

    void put(long key, long value) {
        if (size * 2 >= keys.length) {
            grow();
        }
        int at = slot(key);
        if (!used[at]) {
            used[at] = true;
            keys[at] = key;
            size++;
        }
        values[at] = value;
    }

    private int slot(long key) {
        int mask = keys.length - 1;
        int at = (int) (key * 0x9E37_79B9_7F4A_7C15L >>> 32) & mask;
        while (used[at] && keys[at] != key) {
            at = at + 1 & mask;
        }
        return at;
    }

    private void grow() {
        long[] oldKeys = keys;
        long[] oldValues = values;
        boolean[] wasUsed = used;
        keys = new long[oldKeys.length * 2];
        values = new long[keys.length];
        used = new boolean[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (wasUsed[i]) {
                int at = slot(oldKeys[i]);
                used[at] = true;
                keys[at] = oldKeys[i];
                values[at] = oldValues[i];
            }
        }
    }
}
