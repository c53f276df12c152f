package tokenplumb.scrape;

import tokenplumb.signal.Labels;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A storage that keeps everything in maps, refuses what [Batch] says it refuses, and can be told
/// to forget its references, to be full, or to fail. Thread-safe.
final class RecordingStorage implements Storage {
    private final Map<Labels, TreeMap<Long, Double>> series = new TreeMap<>();
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
    }

    /// Values by time as committed; stale markers read `stale`.
    synchronized Map<Labels, Map<Long, Object>> all() {
        var all = new TreeMap<Labels, Map<Long, Object>>();
        series.forEach((labels, samples) -> {
            if (!samples.isEmpty()) {
                var shown = new TreeMap<Long, Object>();
                samples.forEach((time, value) ->
                        shown.put(time, StaleMarker.is(value) ? "stale" : (Object) value));
                all.put(labels, shown);
            }
        });
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

    private final class RecordingBatch implements Batch {
        private final List<Pending> pending = new ArrayList<>();

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
                pending.clear();
            }
        }

        @Override
        public void close() {
            pending.clear();
        }
    }
}
