package tokenplumb.promql;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/// Remembers the last queries that took long, and tells the log of them: who asked what, and where
/// the time went. Thread-safe.
final class SlowQueries {
    private static final System.Logger LOG = System.getLogger("tokenplumb.promql");
    private static final int MOST = 100;
    private static final int LONGEST = 1_000;

    private final double threshold;
    private final Deque<EndedQuery> last = new ArrayDeque<>(); // guarded by this

    /// Zero remembers none.
    SlowQueries(Duration threshold) {
        this.threshold = threshold.isZero() ? Double.POSITIVE_INFINITY : threshold.toNanos() / 1e9;
    }

    boolean isSlow(double seconds) {
        return seconds >= threshold;
    }

    void ended(EndedQuery query) {
        if (!isSlow(query.took().toNanos() / 1e9)) {
            return;
        }
        synchronized (this) {
            last.addFirst(query);
            if (last.size() > MOST) {
                last.removeLast();
            }
        }
        if (LOG.isLoggable(Level.WARNING)) {
            LOG.log(Level.WARNING, line(query));
        }
    }

    synchronized List<EndedQuery> last() {
        return new ArrayList<>(last);
    }

    private static String line(EndedQuery ended) {
        var query = ended.query();
        var stats = ended.stats();
        var text =
                query.query().length() <= LONGEST
                        ? query.query()
                        : query.query().substring(0, LONGEST) + "…";
        return String.format(
                Locale.ROOT,
                "slow query: %.2fs (queue %.2fs, select %.2fs, evaluate %.2fs), %d steps, %d"
                        + " samples, %d bytes at most, asked by %s%s%s: %s",
                ended.took().toNanos() / 1e9,
                stats.queueSeconds(),
                stats.selectSeconds(),
                stats.evalSeconds(),
                query.steps(),
                stats.totalSamples(),
                stats.peakBytes(),
                query.asker().name(),
                ended.error().map(e -> ", " + e.kind().text()).orElse(""),
                ended.plan().map(SlowQueries::costliest).orElse(""),
                text);
    }

    private static String costliest(Plan plan) {
        var node = plan.costliest();
        return String.format(
                Locale.ROOT, ", most of it %.2fs in %s", node.ownSeconds(), node.expression());
    }
}
