package tokenplumb.simulator;

/// The KV cache of one replica: blocks of sixteen tokens, counted by their users, found again by
/// what they hold.
///
/// As in vLLM's block pool, a block that nobody uses keeps its content and waits in a queue, the
/// one longest unused first; whoever needs a block takes the first of that queue, which forgets
/// what it held. So "free" and "cached" are one and the same, and a full cache is one in which
/// every block has a user. Law: used + free = all, at any time.
///
/// A simulated hour touches tens of millions of blocks all over memory, so what belongs together
/// lies together: a block's users and its place in the queue side by side, and the hash table as
/// one array of entries that need no second look (40 bits of the key, 24 bits of block).
final class BlockPool {
    static final int TOKENS = 16;
    static final int NONE = -1;
    private static final int BLOCK_BITS = 24;
    private static final long BLOCK_MASK = (1L << BLOCK_BITS) - 1;
    private static final int STRIDE = 4;
    private static final int USERS = 0;
    private static final int BEFORE = 1;
    private static final int BEHIND = 2;

    private final int size;
    private final int[] state; // STRIDE for each block: users, and the queue linked both ways
    private final long[] keys; // what a block holds; 0: nothing that can be found again
    private final long[] table; // open addressing: upper bits of the key, block + 1; 0: empty
    private int first = NONE; // to be taken next
    private int last = NONE;
    private int free;

    BlockPool(int blocks) {
        if (blocks <= 0 || blocks >= BLOCK_MASK) {
            throw new IllegalArgumentException(
                    "a KV cache of %d blocks is not possible: give the model more memory, or fewer GPUs"
                            .formatted(blocks));
        }
        size = blocks;
        state = new int[STRIDE * blocks];
        keys = new long[blocks];
        table = new long[Integer.highestOneBit(blocks * 2 - 1) * 2];
        for (int block = 0; block < blocks; block++) {
            enqueue(block);
        }
    }

    static int blocksFor(int tokens) {
        return (tokens + TOKENS - 1) / TOKENS;
    }

    int size() {
        return size;
    }

    int free() {
        return free;
    }

    /// The share of blocks that have a user, 0 to 1.
    double usage() {
        return 1 - (double) free / size;
    }

    /// The block that holds this content, or [#NONE].
    int find(long key) {
        for (int slot = slot(key); table[slot] != 0; slot = next(slot)) {
            if ((table[slot] ^ key) >>> BLOCK_BITS == 0) {
                return (int) (table[slot] & BLOCK_MASK) - 1;
            }
        }
        return NONE;
    }

    boolean isFree(int block) {
        return state[STRIDE * block + USERS] == 0;
    }

    /// Adds a user to a block.
    void share(int block) {
        if (state[STRIDE * block + USERS]++ == 0) {
            dequeue(block);
        }
    }

    /// The free block longest unused, with one user and no content.
    int take() {
        int block = first;
        if (block == NONE) {
            throw new IllegalStateException("bug: took a block from a full KV cache");
        }
        dequeue(block);
        forget(block);
        state[STRIDE * block + USERS] = 1;
        return block;
    }

    /// Removes a user; without users a block is free but keeps its content.
    void release(int block) {
        int users = --state[STRIDE * block + USERS];
        if (users == 0) {
            enqueue(block);
        } else if (users < 0) {
            throw new IllegalStateException("bug: released a free KV block");
        }
    }

    /// Remembers what a full block holds, unless another block holds the same already.
    void name(int block, long key) {
        if (keys[block] != 0) {
            return;
        }
        int slot = slot(key);
        for (; table[slot] != 0; slot = next(slot)) {
            if ((table[slot] ^ key) >>> BLOCK_BITS == 0) {
                return;
            }
        }
        keys[block] = key;
        table[slot] = (key & ~BLOCK_MASK) | (block + 1);
    }

    private void forget(int block) {
        long key = keys[block];
        if (key == 0) {
            return;
        }
        int hole = slot(key);
        while ((table[hole] & BLOCK_MASK) != block + 1) {
            hole = next(hole);
        }
        keys[block] = 0;
        // Close the gap, so that no search stops too early.
        for (int slot = next(hole); table[slot] != 0; slot = next(slot)) {
            int home = slot(table[slot]);
            boolean reachable =
                    hole <= slot ? hole < home && home <= slot : hole < home || home <= slot;
            if (!reachable) {
                table[hole] = table[slot];
                hole = slot;
            }
        }
        table[hole] = 0;
    }

    private int slot(long key) {
        return (int) (key >>> BLOCK_BITS) & (table.length - 1);
    }

    private int next(int slot) {
        return (slot + 1) & (table.length - 1);
    }

    private void enqueue(int block) {
        state[STRIDE * block + BEFORE] = last;
        state[STRIDE * block + BEHIND] = NONE;
        if (last == NONE) {
            first = block;
        } else {
            state[STRIDE * last + BEHIND] = block;
        }
        last = block;
        free++;
    }

    private void dequeue(int block) {
        int before = state[STRIDE * block + BEFORE];
        int behind = state[STRIDE * block + BEHIND];
        if (before == NONE) {
            first = behind;
        } else {
            state[STRIDE * before + BEHIND] = behind;
        }
        if (behind == NONE) {
            last = before;
        } else {
            state[STRIDE * behind + BEFORE] = before;
        }
        free--;
    }

    /// Counts blocks with users the slow way; for tests of the law.
    int countUsed() {
        int used = 0;
        for (int block = 0; block < size; block++) {
            used += isFree(block) ? 0 : 1;
        }
        return used;
    }
}
