package tokenplumb.promql.exec;

import java.util.concurrent.atomic.AtomicLong;

/// What one query has taken out of the [Pool]. It takes a megabyte at a time, so that queries
/// seldom meet at the pool. Closing gives everything back. Thread-safe.
public final class Account implements AutoCloseable {
    private static final long SLAB = 1 << 20;

    private final Pool pool;
    private final boolean ofRules;
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong taken = new AtomicLong();
    private volatile boolean stopped;

    Account(Pool pool, boolean ofRules) {
        this.pool = pool;
        this.ofRules = ofRules;
    }

    boolean ofRules() {
        return ofRules;
    }

    /// Bytes taken out of the pool.
    long held() {
        return taken.get();
    }

    /// Bytes in use.
    public long used() {
        return used.get();
    }

    void hold(long bytes) {
        long now = used.addAndGet(bytes);
        long before = taken.get();
        while (now > before) {
            long more = (now - before + SLAB - 1) / SLAB * SLAB;
            if (taken.compareAndSet(before, before + more)) {
                take(more);
                return;
            }
            before = taken.get();
        }
    }

    private void take(long more) {
        try {
            pool.take(this, more);
        } catch (RuntimeException full) {
            taken.addAndGet(-more);
            throw full;
        }
    }

    void release(long bytes) {
        long now = used.addAndGet(-bytes);
        long before = taken.get();
        if (before - now > 4 * SLAB) {
            long less = (before - now) / SLAB * SLAB - SLAB;
            if (taken.compareAndSet(before, before - less)) {
                pool.giveBack(less);
            }
        }
    }

    boolean isStopped() {
        return stopped;
    }

    /// Asks the query to end, as it holds more than any other and there is not enough for all.
    void stop() {
        stopped = true;
    }

    void check() {
        if (stopped) {
            throw pool.full(held());
        }
    }

    /// Keeps only `bytes`: those of an answer that is still to be sent.
    void keep(long bytes) {
        release(used.get() - bytes);
    }

    @Override
    public void close() {
        pool.close(this);
        pool.giveBack(taken.getAndSet(0));
    }
}
