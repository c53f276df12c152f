package tokenplumb.tsdb;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SelectHints;
import tokenplumb.storage.Selected;
import tokenplumb.storage.Series;
import tokenplumb.tsdb.compact.BlockSet;
import tokenplumb.tsdb.folded.FoldedQuerier;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.util.ArrayList;
import java.util.List;

/// Sees the head and the blocks as one; only the head where no block has times that are asked for.
final class StoreQuerier implements Querier {
    private final BlockSet set;
    private final List<KeptQuerier> places;
    private final FoldedQuerier recent;
    private final FoldedQuerier all;

    /// Takes both over: they are let go with this querier. The head's must have been opened before
    /// the set was taken, so that what the head has given up since is in the set.
    StoreQuerier(KeptQuerier head, BlockSet set) {
        this.set = set;
        this.recent = new FoldedQuerier(List.of(head));
        var sources = new ArrayList<KeptQuerier>(set.size() + 1);
        sources.add(head);
        sources.addAll(set.kept());
        this.places = List.copyOf(sources);
        this.all = new FoldedQuerier(sources);
    }

    /// The head first, then the blocks.
    List<KeptQuerier> places() {
        return places;
    }

    /// Where the oldest block begins, [Long#MAX_VALUE] when there is none.
    long blocksFrom() {
        return set.minTime();
    }

    /// The newest time that a block may have, [Long#MIN_VALUE] when there is none.
    long blocksTo() {
        return set.size() == 0 ? Long.MIN_VALUE : set.maxTime() - 1;
    }

    private FoldedQuerier in(long from, long to) {
        return set.overlaps(from, to) ? all : recent;
    }

    @Override
    public List<Series> select(long from, long to, List<Matcher> matchers) {
        return in(from, to).select(from, to, matchers);
    }

    @Override
    public Selected selectFolded(long from, long to, List<Matcher> matchers, SelectHints hints) {
        return in(from, to).selectFolded(from, to, matchers, hints);
    }

    @Override
    public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
        return in(from, to).series(from, to, matchers, limit);
    }

    @Override
    public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
        return in(from, to).labelNames(from, to, matchers, limit);
    }

    @Override
    public List<String> labelValues(
            String label, long from, long to, List<Matcher> matchers, int limit) {
        return in(from, to).labelValues(label, from, to, matchers, limit);
    }

    @Override
    public void close() {
        all.close();
        set.release();
    }
}
