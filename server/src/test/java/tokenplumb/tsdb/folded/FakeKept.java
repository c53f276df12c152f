package tokenplumb.tsdb.folded;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;

/// A place where series are kept: in memory, found by looking at each one.
final class FakeKept implements KeptQuerier {
    private record Key(Labels labels, BucketLayout layout) {}

    final AtomicInteger decodes = new AtomicInteger(); // of folded rows
    boolean closed;
    private final Map<Labels, Samples> plain = new LinkedHashMap<>();
    private final Map<Key, FoldedSamples> folded = new LinkedHashMap<>();

    FakeKept put(Labels labels, long time, double value) {
        plain.computeIfAbsent(labels, key -> new Samples()).add(time, value);
        return this;
    }

    FakeKept put(Labels family, BucketLayout layout, long time, double sum, long... counts) {
        folded.computeIfAbsent(
                        new Key(family, layout),
                        key -> {
                            var samples = new FoldedSamples();
                            samples.reset(layout.size());
                            return samples;
                        })
                .add(time, sum, counts, 0);
        return this;
    }

    private static boolean pass(Labels labels, List<Matcher> matchers) {
        return matchers.stream().allMatch(matcher -> matcher.matches(labels));
    }

    @Override
    public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
        var found = new ArrayList<KeptSeries>();
        plain.forEach((labels, samples) -> {
            int first = samples.indexAtOrAfter(from);
            boolean isIn = first < samples.size() && samples.time(first) <= to;
            if (isIn && pass(labels, matchers)) {
                found.add(new Plain(labels, samples));
            }
        });
        return found;
    }

    @Override
    public List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
        var found = new ArrayList<KeptSeries>();
        folded.forEach((key, samples) -> {
            int first = samples.indexAtOrAfter(from);
            boolean isIn = first < samples.size() && samples.time(first) <= to;
            boolean isFamily =
                    families.isEmpty() || families.get().contains(key.labels.metricName());
            if (isIn && isFamily && pass(key.labels, matchers)) {
                found.add(new Folded(key.labels, key.layout, samples));
            }
        });
        return found;
    }

    @Override
    public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
        var names = new TreeSet<String>();
        plain(from, to, matchers).forEach(s -> names.addAll(s.labels().toMap().keySet()));
        return names;
    }

    @Override
    public Collection<String> labelValues(
            String label, long from, long to, List<Matcher> matchers) {
        var values = new TreeSet<String>();
        plain(from, to, matchers).forEach(s -> values.add(s.labels().get(label)));
        values.remove("");
        return values;
    }

    @Override
    public Collection<String> foldedLabelNames(long from, long to) {
        var names = new TreeSet<String>();
        folded(from, to, Optional.empty(), List.of())
                .forEach(s -> names.addAll(s.labels().toMap().keySet()));
        return names;
    }

    @Override
    public Collection<String> foldedLabelValues(String label, long from, long to) {
        var values = new TreeSet<String>();
        folded(from, to, Optional.empty(), List.of())
                .forEach(s -> values.add(s.labels().get(label)));
        values.remove("");
        return values;
    }

    @Override
    public void close() {
        closed = true;
    }

    private record Plain(Labels labels, Samples samples) implements KeptSeries {
        @Override
        public BucketLayout layout() {
            return BucketLayout.NONE;
        }

        @Override
        public void read(long from, long to, Samples into) {
            int i = samples.indexAtOrAfter(from);
            for (; i < samples.size() && samples.time(i) <= to; i++) {
                into.add(samples.time(i), samples.value(i));
            }
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            throw new IllegalStateException("not folded");
        }
    }

    private final class Folded implements KeptSeries {
        private final Labels labels;
        private final BucketLayout layout;
        private final FoldedSamples samples;

        Folded(Labels labels, BucketLayout layout, FoldedSamples samples) {
            this.labels = labels;
            this.layout = layout;
            this.samples = samples;
        }

        @Override
        public Labels labels() {
            return labels;
        }

        @Override
        public BucketLayout layout() {
            return layout;
        }

        @Override
        public void read(long from, long to, Samples into) {
            throw new IllegalStateException("folded");
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            decodes.incrementAndGet();
            int i = samples.indexAtOrAfter(from);
            for (; i < samples.size() && samples.time(i) <= to; i++) {
                into.add(samples.time(i), samples.sum(i), samples.counts(), i * samples.buckets());
            }
        }
    }
}
