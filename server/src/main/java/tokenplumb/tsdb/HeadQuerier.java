package tokenplumb.tsdb;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Querier;
import tokenplumb.storage.Series;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/// Shows the plain series of the head.
final class HeadQuerier implements Querier {
    private final KeptQuerier kept;

    HeadQuerier(KeptQuerier kept) {
        this.kept = kept;
    }

    @Override
    public List<Series> select(long from, long to, List<Matcher> matchers) {
        var found = new ArrayList<Series>();
        kept.plain(from, to, matchers).forEach(series -> found.add(new Plain(series)));
        return found;
    }

    private record Plain(KeptSeries kept) implements Series {
        @Override
        public Labels labels() {
            return kept.labels();
        }

        @Override
        public void read(long from, long to, Samples into) {
            kept.read(from, to, into);
        }

        @Override
        public String toString() {
            return labels().toString();
        }
    }

    @Override
    public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
        var found = new ArrayList<Labels>();
        kept.plain(from, to, matchers).forEach(series -> found.add(series.labels()));
        found.sort(null);
        return limited(found, limit);
    }

    @Override
    public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
        return limited(new TreeSet<>(kept.labelNames(from, to, matchers)), limit);
    }

    @Override
    public List<String> labelValues(
            String label, long from, long to, List<Matcher> matchers, int limit) {
        return limited(new TreeSet<>(kept.labelValues(label, from, to, matchers)), limit);
    }

    private static <T> List<T> limited(Collection<T> sorted, int limit) {
        return limit > 0 && sorted.size() > limit
                ? sorted.stream().limit(limit).toList()
                : List.copyOf(sorted);
    }

    @Override
    public void close() {
        kept.close();
    }
}
