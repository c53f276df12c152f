package tokenplumb.app;

import java.time.Duration;
import java.util.function.LongSupplier;

/// Lets the JVM give memory back after a burst.
///
/// The start, a large query or a new fleet make the heap grow, and the collector shrinks it only
/// after a marking cycle, which an even load of little garbage may not need for hours. So when the
/// heap has grown and then stayed as it is for a while, this asks for one full collection, which
/// leaves it compact. It stops everything for about a tenth of a second, so only a heap of modest
/// size is treated so; a larger one is left to the collector. Steady, this does nothing but look.
final class HeapCare implements AutoCloseable {
    /// Growth that is worth the work of collecting everything once.
    private static final long WORTHWHILE = 16 << 20;

    private static final long LARGEST = 1 << 30;

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(15);

    private final LongSupplier committed;
    private final Runnable collect;
    private final Thread thread;
    private long lowest; // since the last collection; the start counts as growth
    private long before;

    HeapCare() {
        this(Runtime.getRuntime()::totalMemory, System::gc);
    }

    /// `committed` is the heap's size now, `collect` collects it.
    HeapCare(LongSupplier committed, Runnable collect) {
        this.committed = committed;
        this.collect = collect;
        this.thread = Thread.ofVirtual().name("heap-care").unstarted(this::keepLooking);
    }

    HeapCare start() {
        thread.start();
        return this;
    }

    private void keepLooking() {
        try {
            while (true) {
                Thread.sleep(BETWEEN_LOOKS);
                look();
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    /// One look; of two that see the same grown heap, the second asks.
    void look() {
        long now = committed.getAsLong();
        boolean isCalm = now <= before;
        before = now;
        if (isCalm && now - lowest > Math.max(WORTHWHILE, lowest / 4) && now <= LARGEST) {
            collect.run();
            lowest = committed.getAsLong();
            before = lowest;
        }
        lowest = Math.min(lowest, now);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
