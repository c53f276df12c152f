package tokenplumb.tsdb;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SelectHints;
import tokenplumb.storage.Selected;
import tokenplumb.storage.Series;

import java.util.HashSet;
import java.util.List;

/// A querier that notes which metrics it is asked for.
final class NotingQuerier implements Querier {
    private final Querier querier;
    private final Queried queried;

    NotingQuerier(Querier querier, Queried queried) {
        this.querier = querier;
        this.queried = queried;
    }

    @Override
    public List<Series> select(long from, long to, List<Matcher> matchers) {
        return noted(matchers, querier.select(from, to, matchers));
    }

    @Override
    public List<Series> select(long from, long to, List<Matcher> matchers, SelectHints hints) {
        return noted(matchers, querier.select(from, to, matchers, hints));
    }

    @Override
    public Selected selectFolded(long from, long to, List<Matcher> matchers, SelectHints hints) {
        var found = querier.selectFolded(from, to, matchers, hints);
        if (found.folded().isEmpty()) {
            noted(matchers, found.series());
        } else {
            queried.note(matchers);
        }
        return found;
    }

    private List<Series> noted(List<Matcher> matchers, List<Series> found) {
        if (Queried.isOpen(matchers)) {
            var names = new HashSet<String>();
            found.forEach(series -> names.add(series.labels().metricName()));
            names.forEach(queried::note);
        } else {
            queried.note(matchers);
        }
        return found;
    }

    @Override
    public List<String> warnings() {
        return querier.warnings();
    }

    @Override
    public List<String> infos() {
        return querier.infos();
    }

    @Override
    public long reach() {
        return querier.reach();
    }

    @Override
    public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
        return querier.series(from, to, matchers, limit);
    }

    @Override
    public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
        return querier.labelNames(from, to, matchers, limit);
    }

    @Override
    public List<String> labelValues(
            String label, long from, long to, List<Matcher> matchers, int limit) {
        return querier.labelValues(label, from, to, matchers, limit);
    }

    @Override
    public void close() {
        querier.close();
    }
}
