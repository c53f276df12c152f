package tokenplumb.tsdb.kept;

import tokenplumb.signal.Matcher;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Finds series in one place where they are kept: the head, a block, a tier. It knows nothing of
/// the members of folded histograms; those are for who asks. Times are milliseconds since the
/// epoch, both bounds included. Thread-safe; close when done.
public interface KeptQuerier extends AutoCloseable {
    /// Plain series that pass all matchers and may have samples in the range, in no particular
    /// order.
    List<KeptSeries> plain(long from, long to, List<Matcher> matchers);

    /// Folded histograms of the families given (all when absent) whose other labels pass all
    /// matchers, none of which is about `__name__` or `le`. The same labels may come more than
    /// once, with different layouts.
    List<KeptSeries> folded(
            long from, long to, Optional<Set<String>> families, List<Matcher> matchers);

    /// Names of labels on plain series that pass.
    Collection<String> labelNames(long from, long to, List<Matcher> matchers);

    /// Values of a label on plain series that pass.
    Collection<String> labelValues(String label, long from, long to, List<Matcher> matchers);

    /// Names of labels on any folded histogram, `le` not among them.
    Collection<String> foldedLabelNames(long from, long to);

    /// Values of a label on any folded histogram; of `__name__` the families.
    Collection<String> foldedLabelValues(String label, long from, long to);

    @Override
    void close();
}
