package tokenplumb.catalog;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Series;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Samples in a map, filled by hand or from a recorded exposition, scraped as often as one likes:
/// series that a scrape no longer has get a stale marker, as a real scrape loop gives them.
final class FakeStore implements Storage {
    private static final Pattern LABEL =
            Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"");

    private final Map<Labels, Samples> series = new TreeMap<>();
    private final Map<Labels, Set<Labels>> lastScrape = new TreeMap<>();
    int selects;

    FakeStore add(long time, double value, String... labels) {
        return add(time, value, Labels.of(labels));
    }

    FakeStore add(long time, double value, Labels labels) {
        series.computeIfAbsent(labels, key -> new Samples()).add(time, value);
        return this;
    }

    /// One scrape of a target: what it exposes now, at one time.
    void scrape(long time, Labels target, Map<Labels, Double> exposed) {
        var now = new HashSet<Labels>();
        exposed.forEach((labels, value) -> {
            var all = labels.toBuilder();
            for (int i = 0; i < target.size(); i++) {
                all.set(target.name(i), target.value(i));
            }
            var full = all.build();
            now.add(full);
            add(time, value, full);
        });
        for (var before : lastScrape.getOrDefault(target, Set.of())) {
            if (!now.contains(before)) {
                add(time, StaleMarker.VALUE, before);
            }
        }
        lastScrape.put(target, now);
    }

    static Map<Labels, Double> exposition(Path file) throws IOException {
        var exposed = new TreeMap<Labels, Double>();
        for (var line : Files.readAllLines(file)) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            int brace = line.indexOf('{');
            int end = brace < 0 ? line.indexOf(' ') : line.lastIndexOf('}') + 1;
            if (end <= 0) {
                continue;
            }
            var labels = Labels.builder();
            labels.set(Labels.NAME, line.substring(0, brace < 0 ? end : brace));
            if (brace >= 0) {
                var match = LABEL.matcher(line.substring(brace, end));
                while (match.find()) {
                    labels.set(match.group(1), match.group(2));
                }
            }
            var number = line.substring(end).trim().split("\\s+")[0];
            exposed.put(labels.build(), Double.valueOf(number.replace("+Inf", "Infinity")));
        }
        return exposed;
    }

    static Set<String> names(Path file) throws IOException {
        var names = new TreeSet<String>();
        exposition(file).keySet().forEach(labels -> names.add(labels.metricName()));
        return names;
    }

    @Override
    public Batch batch() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Querier querier() {
        return new FakeQuerier();
    }

    private final class FakeQuerier implements Querier {
        @Override
        public List<Series> select(long from, long to, List<Matcher> matchers) {
            selects++;
            var found = new ArrayList<Series>();
            series.forEach((labels, samples) -> {
                int first = samples.indexAtOrAfter(from);
                boolean inRange = first < samples.size() && samples.time(first) <= to;
                if (inRange && matchers.stream().allMatch(m -> m.matches(labels))) {
                    found.add(new FakeSeries(labels, samples));
                }
            });
            return found;
        }

        @Override
        public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
            return first(
                    select(from, to, matchers).stream().map(Series::labels).sorted().toList(),
                    limit);
        }

        @Override
        public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
            var names = new TreeSet<String>();
            for (var labels : series(from, to, matchers, 0)) {
                names.addAll(labels.toMap().keySet());
            }
            return first(names, limit);
        }

        @Override
        public List<String> labelValues(
                String label, long from, long to, List<Matcher> matchers, int limit) {
            var values = new TreeSet<String>();
            series(from, to, matchers, 0).forEach(labels -> values.add(labels.get(label)));
            values.remove("");
            return first(values, limit);
        }

        private static <T> List<T> first(Collection<T> all, int limit) {
            return all.stream().limit(limit == 0 ? Long.MAX_VALUE : limit).toList();
        }

        @Override
        public void close() {}
    }

    private record FakeSeries(Labels labels, Samples samples) implements Series {
        @Override
        public void read(long from, long to, Samples into) {
            for (int i = samples.indexAtOrAfter(from);
                    i < samples.size() && samples.time(i) <= to;
                    i++) {
                into.add(samples.time(i), samples.value(i));
            }
        }
    }

    /// What a selector finds, as text: `labels time:value time:value …`, sorted; `stale` for stale
    /// markers.
    static List<String> dump(Querier querier, long from, long to, Matcher... matchers) {
        var lines = new ArrayList<String>();
        for (var found : querier.select(from, to, Arrays.asList(matchers))) {
            var samples = new Samples();
            found.read(from, to, samples);
            if (samples.size() == 0) {
                continue;
            }
            var line = new StringBuilder(found.labels().toString());
            for (int i = 0; i < samples.size(); i++) {
                double value = samples.value(i);
                line.append(' ').append(samples.time(i)).append(':');
                line.append(StaleMarker.is(value) ? "stale" : print(value));
            }
            lines.add(line.toString());
        }
        lines.sort(null);
        return lines;
    }

    private static String print(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
    }
}
