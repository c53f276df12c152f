package tokenplumb.tsdb;

import tokenplumb.kit.MemoryStorage;
import tokenplumb.promql.func.GoNumber;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Series;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// What a folding store is held against: keeps every member apart, in plain memory, judges samples
/// as the store does, and compares `le` and `quantile` as decision 004 says, series by series.
final class Apart implements Storage {
    private record Newest(long time, long bits) {}

    private final MemoryStorage memory = new MemoryStorage();
    private final Map<Long, Newest> newest = new HashMap<>();

    @Override
    public Batch batch() {
        var inner = memory.batch();
        var own = new HashMap<Long, Newest>();
        return new Batch() {
            @Override
            public long series(Labels labels) {
                return inner.series(labels);
            }

            @Override
            public Outcome append(long series, long timeMillis, double value) {
                var last = own.getOrDefault(series, newest.get(series));
                long bits = Double.doubleToRawLongBits(value);
                if (last != null && timeMillis <= last.time) {
                    if (timeMillis < last.time) {
                        return Outcome.OUT_OF_ORDER;
                    }
                    return bits == last.bits ? Outcome.APPENDED : Outcome.DUPLICATE;
                }
                own.put(series, new Newest(timeMillis, bits));
                return inner.append(series, timeMillis, value);
            }

            @Override
            public void commit() throws IOException {
                inner.commit();
                newest.putAll(own);
            }

            @Override
            public void close() {
                inner.close();
            }
        };
    }

    @Override
    public Querier querier() {
        return new Look(memory.querier());
    }

    private static boolean passes(Labels labels, List<Matcher> matchers) {
        for (var matcher : matchers) {
            var value = labels.get(matcher.name());
            boolean passes = matcher.matches(value);
            if (matcher.name().equals("le") || matcher.name().equals("quantile")) {
                double number = GoNumber.parse(value);
                boolean isNumber = !value.isEmpty() && !Double.isNaN(number);
                var normal = isNumber ? GoNumber.openMetrics(number) : value;
                passes =
                        switch (matcher.type()) {
                            case EQUAL -> passes || isNumber && isSame(matcher.value(), number);
                            case NOT_EQUAL ->
                                    passes && !(isNumber && isSame(matcher.value(), number));
                            case REGEX -> passes || matcher.matches(normal);
                            case NOT_REGEX -> passes && matcher.matches(normal);
                        };
            }
            if (!passes) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSame(String text, double number) {
        return !text.isEmpty() && GoNumber.parse(text) == number;
    }

    private record Look(Querier inner) implements Querier {
        private List<Series> all(long from, long to, List<Matcher> matchers) {
            var found = new ArrayList<Series>();
            for (var series : inner.select(from, to, List.of())) {
                if (passes(series.labels(), matchers)) {
                    found.add(series);
                }
            }
            return found;
        }

        @Override
        public List<Series> select(long from, long to, List<Matcher> matchers) {
            return all(from, to, matchers);
        }

        private static <T> List<T> limited(List<T> all, int limit) {
            return limit > 0 && all.size() > limit ? all.subList(0, limit) : all;
        }

        @Override
        public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
            return limited(
                    all(from, to, matchers).stream().map(Series::labels).sorted().toList(), limit);
        }

        @Override
        public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
            var names = new TreeSet<String>();
            all(from, to, matchers).forEach(s -> names.addAll(s.labels().toMap().keySet()));
            return limited(List.copyOf(names), limit);
        }

        @Override
        public List<String> labelValues(
                String label, long from, long to, List<Matcher> matchers, int limit) {
            var values = new TreeSet<String>();
            all(from, to, matchers).forEach(s -> values.add(s.labels().get(label)));
            values.remove("");
            return limited(List.copyOf(values), limit);
        }

        @Override
        public void close() {
            inner.close();
        }
    }
}
