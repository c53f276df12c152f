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

    /// How much later than the times that were read a sample may be that had a say in what was
    /// read, in milliseconds: 0 where samples are answered as they are stored. [Long#MAX_VALUE]
    /// where what was answered depends on all that was asked for together (a tier that suits the
    /// range, a name that another series in it has too), so that the answer for a part may be
    /// another. After the reads.
    default long reach() {
        return 0;
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
