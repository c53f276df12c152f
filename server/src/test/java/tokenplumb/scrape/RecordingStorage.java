package tokenplumb.scrape;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A storage that keeps everything in maps, refuses what [Batch] says it refuses, and can be told
/// to forget its references, to be full, to fail, or to fold histograms. Thread-safe.
final class RecordingStorage implements Storage {
    private record Histogram(Labels family, BucketLayout buckets) {}

    private record Counted(long[] counts, double sum) {}

    private final Map<Labels, TreeMap<Long, Double>> series = new TreeMap<>();
    private final Map<Histogram, TreeMap<Long, Counted>> histograms = new HashMap<>();
    private final Map<Histogram, Long> foldedReferences = new HashMap<>();
    private final Map<Long, Histogram> foldedByReference = new HashMap<>();
    final Map<Labels, List<Exemplar>> exemplars = new TreeMap<>();
    boolean folds;
    int foldedAppends;
    private final Map<Labels, Long> references = new HashMap<>();
    private final Map<Long, Labels> byReference = new HashMap<>();
    private long nextReference = 1;
    long mostSeries = Long.MAX_VALUE;
    boolean failsToCommit;
    int commits;
    int lookups;

    @Override
    public Batch batch() {
        return new RecordingBatch();
    }

    @Override
    public Querier querier() {
        throw new UnsupportedOperationException("not needed here");
    }

    /// From now on, every reference given before is unknown.
    synchronized void forgetReferences() {
        references.clear();
        byReference.clear();
        foldedReferences.clear();
        foldedByReference.clear();
    }

    private static Labels member(Labels family, String suffix) {
        return family.with(Labels.NAME, family.metricName() + suffix);
    }

    /// Puts a value where a query would see it: a real one over a stale marker.
    private static void show(
            Map<Labels, Map<Long, Object>> all, Labels labels, long time, double value) {
        var samples = all.computeIfAbsent(labels, key -> new TreeMap<>());
        if (StaleMarker.is(value)) {
            samples.putIfAbsent(time, "stale");
        } else if (samples.getOrDefault(time, "stale").equals("stale")) {
            samples.put(time, value);
        } else {
            throw new AssertionError("two samples of " + labels + " at " + time);
        }
    }

    private static void show(
            Map<Labels, Map<Long, Object>> all, Histogram histogram, long time, Counted sample) {
        boolean stale = StaleMarker.is(sample.sum);
        var buckets = histogram.buckets;
        for (int i = 0; i < buckets.size(); i++) {
            var labels = member(histogram.family, "_bucket").with("le", buckets.le(i));
            show(all, labels, time, stale ? sample.sum : sample.counts[i]);
        }
        double count = stale ? sample.sum : sample.counts[buckets.size() - 1];
        show(all, member(histogram.family, "_count"), time, count);
        show(all, member(histogram.family, "_sum"), time, sample.sum);
    }

    /// Values by time as committed; stale markers read `stale`.
    synchronized Map<Labels, Map<Long, Object>> all() {
        var all = new TreeMap<Labels, Map<Long, Object>>();
        series.forEach((labels, samples) ->
                samples.forEach((time, value) -> show(all, labels, time, value)));
        histograms.forEach((histogram, samples) ->
                samples.forEach((time, sample) -> show(all, histogram, time, sample)));
        return all;
    }

    /// One series, found by its metric's name and then its text.
    synchronized Map<Long, Object> of(String name) {
        var found = new ArrayList<Map<Long, Object>>();
        all().forEach((labels, samples) -> {
            if (labels.toString().equals(name) || labels.metricName().equals(name)) {
                found.add(samples);
            }
        });
        if (found.size() > 1) {
            throw new AssertionError(name + " is ambiguous among " + all().keySet());
        }
        return found.isEmpty() ? Map.of() : found.getFirst();
    }

    synchronized Object last(String name) {
        var samples = of(name);
        return samples.isEmpty()
                ? "none"
                : samples.get(((TreeMap<Long, Object>) samples).lastKey());
    }

    private record Pending(long reference, long time, double value) {}

    private record PendingFolded(long reference, long time, Counted sample) {}

    private record PendingExemplar(long reference, int bucket, Exemplar exemplar) {}

    private final class RecordingBatch implements Batch {
        private final List<Pending> pending = new ArrayList<>();
        private final List<PendingFolded> pendingFolded = new ArrayList<>();
        private final List<PendingExemplar> pendingExemplars = new ArrayList<>();

        @Override
        public long folded(Labels family, BucketLayout layout) {
            synchronized (RecordingStorage.this) {
                if (!folds) {
                    return 0;
                }
                return foldedReferences.computeIfAbsent(
                        new Histogram(family, layout),
                        key -> {
                            foldedByReference.put(nextReference, key);
                            return nextReference++;
                        });
            }
        }

        @Override
        public Outcome append(long folded, long time, long[] counts, int at, double sum) {
            synchronized (RecordingStorage.this) {
                var histogram = foldedByReference.get(folded);
                if (histogram == null) {
                    return Outcome.UNKNOWN_SERIES;
                }
                var samples = histograms.computeIfAbsent(histogram, key -> new TreeMap<>());
                if (!samples.isEmpty() && samples.lastKey() >= time) {
                    return samples.lastKey() == time ? Outcome.DUPLICATE : Outcome.OUT_OF_ORDER;
                }
                var own =
                        StaleMarker.is(sum)
                                ? new long[0]
                                : Arrays.copyOfRange(counts, at, at + histogram.buckets.size());
                pendingFolded.add(new PendingFolded(folded, time, new Counted(own, sum)));
                return Outcome.APPENDED;
            }
        }

        @Override
        public void exemplar(long reference, int bucket, Exemplar exemplar) {
            pendingExemplars.add(new PendingExemplar(reference, bucket, exemplar));
        }

        private Labels named(PendingExemplar exemplar) {
            if (exemplar.bucket < 0) {
                return byReference.get(exemplar.reference);
            }
            var histogram = foldedByReference.get(exemplar.reference);
            var le = histogram.buckets.le(exemplar.bucket);
            return member(histogram.family, "_bucket").with("le", le);
        }

        @Override
        public long series(Labels labels) {
            synchronized (RecordingStorage.this) {
                lookups++;
                if (!references.containsKey(labels) && references.size() >= mostSeries) {
                    return 0;
                }
                return references.computeIfAbsent(
                        labels,
                        key -> {
                            byReference.put(nextReference, key);
                            return nextReference++;
                        });
            }
        }

        @Override
        public Outcome append(long reference, long time, double value) {
            synchronized (RecordingStorage.this) {
                var labels = byReference.get(reference);
                if (labels == null) {
                    return Outcome.UNKNOWN_SERIES;
                }
                var samples = series.computeIfAbsent(labels, key -> new TreeMap<>());
                if (!samples.isEmpty() && samples.lastKey() >= time) {
                    return samples.lastKey() == time ? Outcome.DUPLICATE : Outcome.OUT_OF_ORDER;
                }
                pending.add(new Pending(reference, time, value));
                return Outcome.APPENDED;
            }
        }

        @Override
        public void commit() throws IOException {
            synchronized (RecordingStorage.this) {
                if (failsToCommit) {
                    throw new IOException("disk full");
                }
                commits++;
                for (var sample : pending) {
                    series.computeIfAbsent(byReference.get(sample.reference), k -> new TreeMap<>())
                            .putIfAbsent(sample.time, sample.value);
                }
                for (var sample : pendingFolded) {
                    foldedAppends++;
                    histograms
                            .get(foldedByReference.get(sample.reference))
                            .putIfAbsent(sample.time, sample.sample);
                }
                for (var exemplar : pendingExemplars) {
                    exemplars
                            .computeIfAbsent(named(exemplar), key -> new ArrayList<>())
                            .add(exemplar.exemplar);
                }
                close();
            }
        }

        @Override
        public void close() {
            pendingFolded.clear();
            pendingExemplars.clear();
            pending.clear();
        }
    }
}
