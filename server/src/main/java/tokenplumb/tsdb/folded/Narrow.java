package tokenplumb.tsdb.folded;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/// Sums and counts of histograms without their buckets, as one querier has decoded them, those used
/// last: `rate(x_sum) / rate(x_count)` goes over the buckets once. Bounded in bytes. Thread-safe.
final class Narrow {
    private static final long MOST_BYTES = 8 << 20;

    /// What was decoded: out of which source, of which series, from when to when.
    record Key(int source, Labels family, BucketLayout layout, long from, long to) {}

    private final Map<Key, FoldedSamples> remembered =
            new LinkedHashMap<>(16, 0.75f, true); // guarded by this
    private long bytes; // guarded by this

    /// Sums, and the counts as the only bucket.
    static FoldedSamples of(FoldedSamples wide) {
        int last = wide.buckets() - 1;
        var narrow = new FoldedSamples();
        narrow.reset(1);
        for (int i = 0; i < wide.size(); i++) {
            narrow.add(wide.time(i), wide.sum(i), wide.counts(), i * wide.buckets() + last);
            narrow.weigh(wide.weight(i));
        }
        return narrow;
    }

    /// What is remembered, or else is decoded now. Not to be changed.
    FoldedSamples of(Key key, Supplier<FoldedSamples> decode) {
        synchronized (this) {
            var found = remembered.get(key);
            if (found != null) {
                return found;
            }
        }
        var fresh = decode.get();
        synchronized (this) {
            if (remembered.put(key, fresh) == null) {
                bytes += bytes(fresh);
            }
            var oldest = remembered.entrySet().iterator();
            while (bytes > MOST_BYTES && remembered.size() > 1) {
                bytes -= bytes(oldest.next().getValue());
                oldest.remove();
            }
        }
        return fresh;
    }

    private static long bytes(FoldedSamples samples) {
        return 256 + samples.size() * 3L * Long.BYTES;
    }
}
