package tokenplumb.kit;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Series;
import tokenplumb.storage.Storage;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// A storage that keeps everything in memory, in plain sorted arrays: for tests of rooms above the
/// store. Takes samples in any order of time; a second sample at the same time is a duplicate.
public final class MemoryStorage implements Storage {
    private record Stored(long id, Labels labels, Samples samples) {}

    private record Pending(Stored series, long time, double value) {}

    private final Map<Labels, Stored> byLabels = new TreeMap<>(); // guarded by this
    private final Map<Long, Stored> byId = new HashMap<>(); // guarded by this
    private final Map<String, List<Stored>> byName = new HashMap<>(); // guarded by this

    /// Forgets everything.
    public synchronized void clear() {
        byLabels.clear();
        byId.clear();
        byName.clear();
    }

    /// Puts one sample in, visible at once.
    public synchronized void put(Labels labels, long timeMillis, double value) {
        insert(stored(labels), timeMillis, value);
    }

    private Stored stored(Labels labels) {
        var series = byLabels.get(labels);
        if (series == null) {
            series = new Stored(byId.size() + 1L, labels, new Samples());
            byLabels.put(labels, series);
            byId.put(series.id, series);
            byName.computeIfAbsent(labels.metricName(), name -> new ArrayList<>()).add(series);
        }
        return series;
    }

    private static Batch.Outcome insert(Stored series, long time, double value) {
        var samples = series.samples;
        int size = samples.size();
        if (size == 0 || samples.time(size - 1) < time) {
            samples.add(time, value);
            return Batch.Outcome.APPENDED;
        }
        int at = samples.indexAtOrAfter(time);
        if (samples.time(at) == time) {
            return Double.doubleToRawLongBits(samples.value(at))
                            == Double.doubleToRawLongBits(value)
                    ? Batch.Outcome.APPENDED
                    : Batch.Outcome.DUPLICATE;
        }
        samples.add(time, value); // makes room; then everything after the gap moves up
        System.arraycopy(samples.times(), at, samples.times(), at + 1, size - at);
        System.arraycopy(samples.values(), at, samples.values(), at + 1, size - at);
        samples.times()[at] = time;
        samples.values()[at] = value;
        return Batch.Outcome.APPENDED;
    }

    @Override
    public Batch batch() {
        return new Batch() {
            private final List<Pending> pending = new ArrayList<>();

            @Override
            public long series(Labels labels) {
                synchronized (MemoryStorage.this) {
                    return stored(labels).id;
                }
            }

            @Override
            public Outcome append(long series, long timeMillis, double value) {
                synchronized (MemoryStorage.this) {
                    var stored = byId.get(series);
                    if (stored == null) {
                        return Outcome.UNKNOWN_SERIES;
                    }
                    pending.add(new Pending(stored, timeMillis, value));
                    return Outcome.APPENDED;
                }
            }

            @Override
            public void commit() {
                synchronized (MemoryStorage.this) {
                    for (var sample : pending) {
                        insert(sample.series, sample.time, sample.value);
                    }
                    pending.clear();
                }
            }

            @Override
            public void close() {
                pending.clear();
            }
        };
    }

    @Override
    public synchronized Querier querier() {
        return new Look(byId.size());
    }

    /// The series that were there first, with whatever samples they have by now.
    private final class Look implements Querier {
        private final long lastId;

        Look(long lastId) {
            this.lastId = lastId;
        }

        private Collection<Stored> candidates(List<Matcher> matchers) {
            for (var matcher : matchers) {
                if (matcher.name().equals(Labels.NAME)
                        && matcher.type() == Matcher.Type.EQUAL
                        && !matcher.value().isEmpty()) {
                    return byName.getOrDefault(matcher.value(), List.of());
                }
            }
            return byLabels.values();
        }

        private List<Stored> matching(long from, long to, List<Matcher> matchers) {
            var found = new ArrayList<Stored>();
            synchronized (MemoryStorage.this) {
                for (var series : candidates(matchers)) {
                    int first = series.samples.indexAtOrAfter(from);
                    if (series.id <= lastId
                            && first < series.samples.size()
                            && series.samples.time(first) <= to
                            && matchers.stream().allMatch(m -> m.matches(series.labels))) {
                        found.add(series);
                    }
                }
            }
            return found;
        }

        @Override
        public List<Series> select(long from, long to, List<Matcher> matchers) {
            var found = new ArrayList<Series>();
            for (var series : matching(from, to, matchers)) {
                found.add(new Read(series));
            }
            return found;
        }

        @Override
        public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
            return limited(
                    matching(from, to, matchers).stream().map(Stored::labels).toList(), limit);
        }

        @Override
        public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
            var names = new TreeSet<String>();
            for (var series : matching(from, to, matchers)) {
                names.addAll(series.labels.toMap().keySet());
            }
            return limited(List.copyOf(names), limit);
        }

        @Override
        public List<String> labelValues(
                String label, long from, long to, List<Matcher> matchers, int limit) {
            var values = new TreeSet<String>();
            for (var series : matching(from, to, matchers)) {
                if (series.labels.has(label)) {
                    values.add(series.labels.get(label));
                }
            }
            return limited(List.copyOf(values), limit);
        }

        private static <T> List<T> limited(List<T> all, int limit) {
            return limit > 0 && all.size() > limit ? all.subList(0, limit) : all;
        }

        @Override
        public void close() {}
    }

    private final class Read implements Series {
        private final Stored stored;

        Read(Stored stored) {
            this.stored = stored;
        }

        @Override
        public Labels labels() {
            return stored.labels;
        }

        @Override
        public void read(long from, long to, Samples into) {
            synchronized (MemoryStorage.this) {
                var samples = stored.samples;
                for (int i = samples.indexAtOrAfter(from);
                        i < samples.size() && samples.time(i) <= to;
                        i++) {
                    into.add(samples.time(i), samples.value(i));
                }
            }
        }
    }
}
