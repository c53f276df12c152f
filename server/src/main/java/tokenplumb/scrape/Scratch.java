package tokenplumb.scrape;

import tokenplumb.exposition.Exposition;
import tokenplumb.signal.Exemplar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What a round needs only while it reads a body: lent to one target after the other, so that
/// hundreds of them keep as many as are read at one moment. Not thread-safe.
final class Scratch {
    /// Of a slot that no line has filled: a NaN that no number is read as.
    static final long UNSEEN = 0x7ff8_0000_5eed_1e55L;

    /// An exemplar of a folded histogram's member.
    record Held(int slot, Exemplar exemplar) {}

    private static final int MOST_KEPT_SLOTS = 1 << 17;

    final Exposition exposition = new Exposition();
    final List<Held> exemplars = new ArrayList<>();
    long[] slots = {}; // the value's bits, or UNSEEN
    int[] positions = {}; // where in the body the line begins
    long[] counts = new long[64];

    /// All slots up to `count` are unseen.
    void begin(int count) {
        makeRoom(count);
        Arrays.fill(slots, 0, count, UNSEEN);
    }

    /// More slots, all unseen.
    void grow(int from, int to) {
        makeRoom(to);
        Arrays.fill(slots, from, to, UNSEEN);
    }

    private void makeRoom(int count) {
        if (slots.length < count) {
            int capacity = Math.max(count, slots.length + (slots.length >> 1));
            slots = Arrays.copyOf(slots, capacity);
            positions = Arrays.copyOf(positions, capacity);
        }
    }

    /// Those that are free now. Thread-safe.
    static final class Pool {
        private static final int MOST = 16;

        private final ArrayDeque<Scratch> free = new ArrayDeque<>(); // guarded by this

        synchronized Scratch take() {
            var scratch = free.pollLast();
            return scratch == null ? new Scratch() : scratch;
        }

        void give(Scratch scratch) {
            scratch.exposition.release();
            scratch.exemplars.clear();
            if (scratch.slots.length > MOST_KEPT_SLOTS) {
                return;
            }
            synchronized (this) {
                if (free.size() < MOST) {
                    free.addLast(scratch);
                }
            }
        }
    }
}
