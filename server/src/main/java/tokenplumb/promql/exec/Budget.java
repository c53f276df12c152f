package tokenplumb.promql.exec;

import tokenplumb.promql.Limits;
import tokenplumb.promql.QueryError;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/// Counts the samples and bytes a query holds in memory, which its limits bound, and the samples it
/// has read. What is about to be allocated is held first. Thread-safe.
final class Budget {
    /// Of a column beside its values: itself, its labels, and its place in a list or map.
    private static final long COLUMN = 160;

    /// Of a native histogram beside its buckets.
    private static final long HISTOGRAM = 160;

    /// Of a group beside what it has gathered: its labels and its place in a table.
    static final long GROUP = 300;

    /// Of a series that a selector has found.
    static final long SERIES = 200;

    /// What was held at some time, to which [#shrink] returns.
    record Mark(long samples, long bytes) {}

    private final Limits limits;
    private final Account account;
    private final AtomicLong held = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();
    private final AtomicLong peakBytes = new AtomicLong();
    private final LongAdder seen = new LongAdder();

    Budget(Limits limits, Account account) {
        this.limits = limits;
        this.account = account;
    }

    /// Samples that take 8 bytes each, without labels.
    void hold(long samples) {
        holdSamples(samples);
        holdBytes(8 * samples);
    }

    private void holdSamples(long samples) {
        long now = held.addAndGet(samples);
        if (now > limits.samples()) {
            throw new QueryError(
                    QueryError.Kind.EXECUTION,
                    "query processing would load too many samples into memory in query execution:"
                            + " more than the "
                            + limits.samples()
                            + " that --query.max-samples allows; ask for a shorter range, a longer"
                            + " step or fewer series, or raise that limit");
        }
        if (now > peak.get()) {
            peak.accumulateAndGet(now, Math::max);
        }
    }

    /// Memory that is no sample of the query's.
    void holdBytes(long bytes) {
        long used = account.used() + bytes;
        if (used > limits.bytes()) {
            throw new QueryError(
                    QueryError.Kind.EXECUTION,
                    ("query processing would take too much memory: more than the %s that"
                         + " --query.max-bytes allows; ask for a shorter range, a longer step or"
                         + " fewer series, or raise that limit")
                            .formatted(size(limits.bytes())));
        }
        account.hold(bytes);
        if (used > peakBytes.get()) {
            peakBytes.accumulateAndGet(used, Math::max);
        }
    }

    void hold(Column column) {
        hold(column.labels, column.values, column.histograms);
    }

    void hold(Labels labels, double[] values, Histogram[] histograms) {
        holdSamples(values.length);
        holdBytes(bytes(labels, values, histograms));
    }

    void hold(FoldedColumn column) {
        holdSamples(column.values.length);
        holdBytes(bytes(column));
    }

    void release(long samples) {
        held.addAndGet(-samples);
        account.release(8 * samples);
    }

    void release(Column column) {
        held.addAndGet(-column.values.length);
        account.release(bytes(column.labels, column.values, column.histograms));
    }

    void release(FoldedColumn column) {
        held.addAndGet(-column.values.length);
        account.release(bytes(column));
    }

    void release(List<Column> columns) {
        for (var column : columns) {
            release(column);
        }
    }

    void releaseBytes(long bytes) {
        account.release(bytes);
    }

    @SuppressWarnings("ReferenceEquality") // the same object takes its memory once
    private static long bytes(Labels labels, double[] values, Histogram[] histograms) {
        long bytes = COLUMN + 8L * labels.size() + 8L * values.length + 8L * histograms.length;
        Histogram before = null;
        for (var histogram : histograms) {
            if (histogram != null && histogram != before) { // steps often see the same one
                bytes += bytes(histogram);
            }
            before = histogram;
        }
        return bytes;
    }

    private static long bytes(FoldedColumn column) {
        return COLUMN + 8L * column.labels.size() + 8L * column.values.length;
    }

    static long bytes(Histogram histogram) {
        return HISTOGRAM
                + 8L * histogram.positiveCounts().length
                + 8L * histogram.negativeCounts().length;
    }

    Mark mark() {
        return new Mark(held.get(), account.used());
    }

    /// Sets back to what was held before, when all but `kept` of it has become garbage.
    void shrink(Mark before, List<Column> kept) {
        shrink(before, kept, List.of());
    }

    void shrink(Mark before, List<Column> kept, List<FoldedColumn> folded) {
        long samples = before.samples;
        long bytes = before.bytes;
        for (var column : kept) {
            samples += column.values.length;
            bytes += bytes(column.labels, column.values, column.histograms);
        }
        for (var column : folded) {
            samples += column.values.length;
            bytes += bytes(column);
        }
        held.set(samples);
        account.release(account.used() - bytes);
    }

    long held() {
        return held.get();
    }

    /// As [#shrink], where only samples are known of.
    void shrink(long before, long kept) {
        release(held.get() - before - kept);
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

    long bytes() {
        return account.used();
    }

    long peakBytes() {
        return peakBytes.get();
    }

    /// Begins to look for a peak anew; answers the one before, for [#peakAgain].
    long peakAnew() {
        return peakBytes.getAndSet(account.used());
    }

    void peakAgain(long before) {
        peakBytes.accumulateAndGet(before, Math::max);
    }

    void check() {
        account.check();
    }

    /// As people write it: `1.5GiB`.
    static String size(long bytes) {
        var units = List.of("B", "KiB", "MiB", "GiB", "TiB");
        double size = bytes;
        int unit = 0;
        while (size >= 1024 && unit < units.size() - 1) {
            size /= 1024;
            unit++;
        }
        return size == Math.rint(size)
                ? (long) size + units.get(unit)
                : String.format(Locale.ROOT, "%.1f%s", size, units.get(unit));
    }
}
