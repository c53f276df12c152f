package tokenplumb.promql.exec;

import tokenplumb.promql.QueryError;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/// Counts the samples a query holds in memory, which its limit bounds, and those it has read.
/// Thread-safe.
final class Budget {
    private final long limit;
    private final AtomicLong held = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();
    private final LongAdder seen = new LongAdder();

    Budget(long limit) {
        this.limit = limit;
    }

    /// Before the memory is taken.
    void hold(long samples) {
        long now = held.addAndGet(samples);
        if (now > limit) {
            throw new QueryError(
                    QueryError.Kind.EXECUTION,
                    "query processing would load too many samples into memory in query execution:"
                            + " more than the "
                            + limit
                            + " that --query.max-samples allows; ask for a shorter range, a longer"
                            + " step or fewer series, or raise that limit");
        }
        if (now > peak.get()) {
            peak.accumulateAndGet(now, Math::max);
        }
    }

    void release(long samples) {
        held.addAndGet(-samples);
    }

    long held() {
        return held.get();
    }

    /// Sets back to what was held before, when all but `kept` of it has become garbage.
    void shrink(long before, long kept) {
        held.set(before + kept);
    }

    void see(long samples) {
        seen.add(samples);
    }

    long peak() {
        return peak.get();
    }

    long seen() {
        return seen.sum();
    }
}
