package tokenplumb.storage;

import tokenplumb.signal.Matcher;

import java.util.List;
import java.util.Optional;

/// Where samples are kept and found again. Thread-safe.
public interface Storage {
    /// A new batch of writes. One thread fills one batch; many batches may be open at once.
    Batch batch();

    /// A consistent look at what is stored now.
    Querier querier();

    /// What has changed in here since a moment; absent where nobody keeps track, so that nothing
    /// that was answered once may be answered again.
    default Optional<Changes> changes() {
        return Optional.empty();
    }

    /// Exemplars of `from` to `to` (milliseconds, both included) on series that pass any of the
    /// selectors, by series labels.
    default List<SeriesExemplars> exemplars(long from, long to, List<List<Matcher>> selectors) {
        return List.of();
    }
}
