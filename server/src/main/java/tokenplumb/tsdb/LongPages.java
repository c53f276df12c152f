package tokenplumb.tsdb;

import java.util.Arrays;

/// An array of longs that grows page by page and so never copies what it holds. Grown under a lock
/// of the owner; read by anyone: an entry is at worst a moment old.
final class LongPages {
    private static final int SHIFT = 13;
    private static final int MASK = (1 << SHIFT) - 1;

    private volatile long[][] pages = new long[0][];
    private long[][] locked = pages; // the same, for holders of the lock: a plain field is quicker

    /// Makes room for `size` entries; new ones are 0.
    void ensure(long size) {
        int wanted = (int) ((size + MASK) >>> SHIFT);
        var now = pages;
        if (wanted <= now.length) {
            return;
        }
        var more = Arrays.copyOf(now, wanted);
        for (int i = now.length; i < wanted; i++) {
            more[i] = new long[1 << SHIFT];
        }
        pages = more;
        locked = more;
    }

    /// The page that holds an entry; the entry stands there at [#in].
    long[] page(long index) {
        return pages[(int) (index >>> SHIFT)];
    }

    /// As [#page], for holders of the owner's lock.
    long[] lockedPage(long index) {
        return locked[(int) (index >>> SHIFT)];
    }

    static int in(long index) {
        return (int) index & MASK;
    }

    long get(long index) {
        return page(index)[in(index)];
    }

    void set(long index, long value) {
        page(index)[in(index)] = value;
    }

    long size() {
        return (long) pages.length << SHIFT;
    }
}
