package tokenplumb.simulator;

/// The KV cache of one replica: blocks of sixteen tokens, counted by their users, found again by
/// what they hold.
///
/// As in vLLM's block pool, a block that nobody uses keeps its content and waits in a queue, the
/// one longest unused first; whoever needs a block takes the first of that queue, which forgets
/// what it held. So "free" and "cached" are one and the same, and a full cache is one in which
/// every block has a user. Law: used + free = all, at any time.
///
/// A simulated hour touches tens of millions of blocks all over memory, so what one operation needs
/// of a block lies in one cache line: its content's key, its place in the queue, its users and the
/// next block of its hash chain. The chains' heads alone lie apart, and are small.
final class BlockPool {
    static final int TOKENS = 16;
    static final int NONE = -1;
    private static final int STRIDE = 4; // longs for each block
    private static final int KEY = 0; // what a block holds; 0: nothing that can be found again
    private static final int QUEUE = 1; // before (upper half) and behind (lower half) it, if free
    private static final int USERS = 2;
    private static final int NEXT = 3; // of the same hash chain, or NONE
    private static final int MOST = Integer.MAX_VALUE / STRIDE;

    private final int size;
    private final long[] cells;
    private final int[] heads; // of the hash chains: block + 1; 0: empty
    private int first = NONE; // to be taken next
    private int last = NONE;
    private int free;

    BlockPool(int blocks) {
        if (blocks <= 0 || blocks > MOST) {
            throw new IllegalArgumentException(
                    "a KV cache of %d blocks is not possible: give the model more memory, or fewer GPUs"
                            .formatted(blocks));
        }
        size = blocks;
        cells = new long[STRIDE * blocks];
        heads = new int[Integer.highestOneBit(Math.max(2, blocks) - 1) * 2];
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
        int block = heads[chain(key)] - 1;
        while (block != NONE && cells[STRIDE * block + KEY] != key) {
            block = (int) cells[STRIDE * block + NEXT];
        }
        return block;
    }

    boolean isFree(int block) {
        return cells[STRIDE * block + USERS] == 0;
    }

    /// Adds a user to a block.
    void share(int block) {
        if (cells[STRIDE * block + USERS]++ == 0) {
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
        cells[STRIDE * block + USERS] = 1;
        return block;
    }

    /// Removes a user; without users a block is free but keeps its content.
    void release(int block) {
        long users = --cells[STRIDE * block + USERS];
        if (users == 0) {
            enqueue(block);
        } else if (users < 0) {
            throw new IllegalStateException("bug: released a free KV block");
        }
    }

    /// Remembers what a full block holds, unless another block holds the same already.
    void name(int block, long key) {
        if (cells[STRIDE * block + KEY] != 0 || find(key) != NONE) {
            return;
        }
        int chain = chain(key);
        cells[STRIDE * block + KEY] = key;
        cells[STRIDE * block + NEXT] = heads[chain] - 1;
        heads[chain] = block + 1;
    }

    private void forget(int block) {
        long key = cells[STRIDE * block + KEY];
        if (key == 0) {
            return;
        }
        cells[STRIDE * block + KEY] = 0;
        long next = cells[STRIDE * block + NEXT];
        int chain = chain(key);
        int before = heads[chain] - 1;
        if (before == block) {
            heads[chain] = (int) next + 1;
            return;
        }
        while (cells[STRIDE * before + NEXT] != block) {
            before = (int) cells[STRIDE * before + NEXT];
        }
        cells[STRIDE * before + NEXT] = next;
    }

    private int chain(long key) {
        return (int) key & (heads.length - 1);
    }

    private void enqueue(int block) {
        cells[STRIDE * block + QUEUE] = pair(last, NONE);
        if (last == NONE) {
            first = block;
        } else {
            int at = STRIDE * last + QUEUE;
            cells[at] = pair((int) (cells[at] >> 32), block);
        }
        last = block;
        free++;
    }

    private void dequeue(int block) {
        long around = cells[STRIDE * block + QUEUE];
        int before = (int) (around >> 32);
        int behind = (int) around;
        if (before == NONE) {
            first = behind;
        } else {
            int at = STRIDE * before + QUEUE;
            cells[at] = pair((int) (cells[at] >> 32), behind);
        }
        if (behind == NONE) {
            last = before;
        } else {
            int at = STRIDE * behind + QUEUE;
            cells[at] = pair(before, (int) cells[at]);
        }
        free--;
    }

    private static long pair(int before, int behind) {
        return (long) before << 32 | behind & 0xFFFFFFFFL;
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
