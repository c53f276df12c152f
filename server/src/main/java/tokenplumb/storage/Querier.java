package tokenplumb.storage;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.util.List;

/// Finds series. Times are milliseconds since the epoch, both bounds included. Thread-safe; close
/// when done.
public interface Querier extends AutoCloseable {
    /// Every series that passes all matchers and may have samples in the range, in no particular
    /// order.
    List<Series> select(long from, long to, List<Matcher> matchers);

    /// As [#select], by somebody who says what for, so that long ranges may be answered out of a
    /// downsampled tier.
    default List<Series> select(long from, long to, List<Matcher> matchers, SelectHints hints) {
        return select(from, to, matchers);
    }

    /// As [#select], by somebody who can work on a whole histogram at once.
    default Selected selectFolded(long from, long to, List<Matcher> matchers, SelectHints hints) {
        return new Selected(select(from, to, matchers, hints), List.of());
    }

    /// What whoever sees the answers must know, such as "from 5 m averages"; after the reads.
    default List<String> warnings() {
        return List.of();
    }

    /// What they may like to know, such as "from a 5 m tier, and exact"; after the reads.
    default List<String> infos() {
        return List.of();
    }

    /// The label sets [#select] would find, sorted; at most `limit` (0: all).
    List<Labels> series(long from, long to, List<Matcher> matchers, int limit);

    /// Sorted names of labels on series that pass; at most `limit` (0: all).
    List<String> labelNames(long from, long to, List<Matcher> matchers, int limit);

    /// Sorted values of one label on series that pass; at most `limit` (0: all).
    List<String> labelValues(String label, long from, long to, List<Matcher> matchers, int limit);

    @Override
    void close();
}
