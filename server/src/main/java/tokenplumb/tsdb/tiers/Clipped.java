package tokenplumb.tsdb.tiers;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A querier of whose time only a part is seen; closing it leaves the other open.
final class Clipped implements KeptQuerier {
    private final KeptQuerier whole;
    private final long first;
    private final long last;

    /// Both bounds included.
    Clipped(KeptQuerier whole, long first, long last) {
        this.whole = whole;
        this.first = first;
        this.last = last;
    }

    private boolean isOutside(long from, long to) {
        return to < first || from > last;
    }

    private long from(long from) {
        return Math.max(from, first);
    }

    private long to(long to) {
        return Math.min(to, last);
    }

    @Override
    public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
        return isOutside(from, to) ? List.of() : clipped(whole.plain(from(from), to(to), matchers));
    }

    @Override
    public List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
        return isOutside(from, to)
                ? List.of()
                : clipped(whole.folded(from(from), to(to), families, matchers));
    }

    private List<KeptSeries> clipped(List<KeptSeries> series) {
        return series.stream().<KeptSeries>map(ClippedSeries::new).toList();
    }

    private final class ClippedSeries implements KeptSeries {
        private final KeptSeries series;

        ClippedSeries(KeptSeries series) {
            this.series = series;
        }

        @Override
        public Labels labels() {
            return series.labels();
        }

        @Override
        public BucketLayout layout() {
            return series.layout();
        }

        @Override
        public void read(long from, long to, Samples into) {
            if (!isOutside(from, to)) {
                series.read(Clipped.this.from(from), Clipped.this.to(to), into);
            }
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            if (!isOutside(from, to)) {
                series.read(Clipped.this.from(from), Clipped.this.to(to), into);
            }
        }

        @Override
        public String toString() {
            return series.toString();
        }
    }

    @Override
    public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
        return isOutside(from, to) ? List.of() : whole.labelNames(from(from), to(to), matchers);
    }

    @Override
    public Collection<String> labelValues(
            String label, long from, long to, List<Matcher> matchers) {
        return isOutside(from, to)
                ? List.of()
                : whole.labelValues(label, from(from), to(to), matchers);
    }

    @Override
    public Collection<String> foldedLabelNames(long from, long to) {
        return isOutside(from, to) ? List.of() : whole.foldedLabelNames(from(from), to(to));
    }

    @Override
    public Collection<String> foldedLabelValues(String label, long from, long to) {
        return isOutside(from, to) ? List.of() : whole.foldedLabelValues(label, from(from), to(to));
    }

    @Override
    public void close() {}
}
