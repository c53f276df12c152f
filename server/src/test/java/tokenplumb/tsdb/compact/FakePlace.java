package tokenplumb.tsdb.compact;

import static org.assertj.core.api.Assertions.assertThat;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.SeriesOrder;
import tokenplumb.tsdb.block.SeriesSink;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A place where series are kept, in memory, that is filled as a block is: it refuses what a block
/// would.
final class FakePlace implements KeptQuerier, SeriesSink {
    final List<Kept> all = new ArrayList<>();
    private Kept current;
    private Labels before = Labels.EMPTY;
    private boolean beforeWasFolded;

    static final class Kept implements KeptSeries {
        final Labels labels;
        final BucketLayout layout;
        final Samples samples = new Samples();
        final FoldedSamples folded = new FoldedSamples();

        Kept(Labels labels, BucketLayout layout) {
            this.labels = labels;
            this.layout = layout;
            folded.reset(layout.size());
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
            for (int i = 0; i < samples.size(); i++) {
                if (samples.time(i) >= from && samples.time(i) <= to) {
                    into.add(samples.time(i), samples.value(i));
                }
            }
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            for (int i = 0; i < folded.size(); i++) {
                if (folded.time(i) >= from && folded.time(i) <= to) {
                    into.add(folded.time(i), folded.sum(i), folded.counts(), i * folded.buckets());
                }
            }
        }

        private int size() {
            return samples.size() + folded.size();
        }
    }

    @Override
    public void series(Labels labels, BucketLayout layout) {
        int order = SeriesOrder.BY_BYTES.compare(before, labels);
        assertThat(order < 0 || before.isEmpty()).as("%s behind %s", labels, before).isTrue();
        before = labels;
        beforeWasFolded = !layout.isNone();
        current = new Kept(labels, layout);
        all.add(current);
    }

    @Override
    public void append(Samples samples) {
        assertThat(beforeWasFolded).isFalse();
        for (int i = 0; i < samples.size(); i++) {
            var into = current.samples;
            assertThat(into.size() == 0 || samples.time(i) > into.time(into.size() - 1)).isTrue();
            into.add(samples.time(i), samples.value(i));
        }
    }

    @Override
    public void append(FoldedSamples samples) {
        assertThat(beforeWasFolded).isTrue();
        assertThat(samples.buckets()).isEqualTo(current.layout.size());
        for (int i = 0; i < samples.size(); i++) {
            var into = current.folded;
            assertThat(into.size() == 0 || samples.time(i) > into.time(into.size() - 1)).isTrue();
            into.add(samples.time(i), samples.sum(i), samples.counts(), i * samples.buckets());
        }
    }

    @Override
    public BlockMeta finish() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    @Override
    public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
        var found = new ArrayList<KeptSeries>();
        for (var kept : all) {
            if (kept.layout.isNone()
                    && kept.size() > 0
                    && matchers.stream().allMatch(matcher -> matcher.matches(kept.labels))) {
                found.add(kept);
            }
        }
        return found;
    }

    @Override
    public List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
        var found = new ArrayList<KeptSeries>();
        for (var kept : all) {
            if (!kept.layout.isNone()
                    && kept.size() > 0
                    && (families.isEmpty() || families.get().contains(kept.labels.metricName()))
                    && matchers.stream().allMatch(matcher -> matcher.matches(kept.labels))) {
                found.add(kept);
            }
        }
        return found;
    }

    @Override
    public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
        var names = new HashSet<String>();
        for (var series : plain(from, to, matchers)) {
            for (int i = 0; i < series.labels().size(); i++) {
                names.add(series.labels().name(i));
            }
        }
        return names;
    }

    @Override
    public Collection<String> labelValues(
            String label, long from, long to, List<Matcher> matchers) {
        var values = new HashSet<String>();
        for (var series : plain(from, to, matchers)) {
            if (series.labels().has(label)) {
                values.add(series.labels().get(label));
            }
        }
        return values;
    }

    @Override
    public Collection<String> foldedLabelNames(long from, long to) {
        var names = new HashSet<String>();
        for (var series : folded(from, to, Optional.empty(), List.of())) {
            for (int i = 0; i < series.labels().size(); i++) {
                names.add(series.labels().name(i));
            }
        }
        return names;
    }

    @Override
    public Collection<String> foldedLabelValues(String label, long from, long to) {
        var values = new HashSet<String>();
        for (var series : folded(from, to, Optional.empty(), List.of())) {
            if (series.labels().has(label)) {
                values.add(series.labels().get(label));
            }
        }
        return values;
    }
}
