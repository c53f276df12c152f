package tokenplumb.tsdb.folded;

import tokenplumb.signal.FoldedSamples;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;

/// The decoded rows of one querier, bounded in bytes: where a reader goes from row to row without
/// reading each one's members to the end, those decoded first are forgotten and decoded anew when
/// they are asked again. Thread-safe; a row's lock is taken before this one's.
final class Decoded {
    private static final long MOST_BYTES = 16 << 20;
    private static final int MOST_IDLE = 4;

    private final long mostBytes;
    private final Map<Row, Long> held = new LinkedHashMap<>(); // guarded by this
    private final ArrayDeque<FoldedSamples> idle = new ArrayDeque<>(); // guarded by this
    private long bytes; // guarded by this
    private final Narrow narrow = new Narrow();

    Decoded() {
        this(MOST_BYTES);
    }

    Decoded(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /// Room to decode into.
    synchronized FoldedSamples take() {
        var samples = idle.poll();
        return samples == null ? new FoldedSamples() : samples;
    }

    /// Notes that a row, whose lock the caller holds, is decoded; makes others go when that is too
    /// much.
    void hold(Row row, long ofBytes) {
        Row oldest;
        synchronized (this) {
            held.put(row, ofBytes);
            bytes += ofBytes;
            oldest = tooMuch(row);
        }
        while (oldest != null) {
            if (!oldest.lock.tryLock()) {
                return; // it is being read and will go by itself
            }
            try {
                oldest.letGo();
            } finally {
                oldest.lock.unlock();
            }
            synchronized (this) {
                oldest = tooMuch(row);
            }
        }
    }

    private Row tooMuch(Row newest) {
        if (bytes <= mostBytes) {
            return null;
        }
        var first = held.keySet().iterator().next();
        return first == newest ? null : first;
    }

    /// Notes that a row is not decoded any more.
    synchronized void release(Row row, long ofBytes, FoldedSamples samples) {
        if (held.remove(row) != null) {
            bytes -= ofBytes;
        }
        give(samples);
    }

    /// Takes back what [#take] gave.
    synchronized void give(FoldedSamples samples) {
        if (idle.size() < MOST_IDLE) {
            idle.push(samples);
        }
    }

    Narrow narrow() {
        return narrow;
    }

    /// Bytes held.
    synchronized long bytes() {
        return bytes;
    }
}
