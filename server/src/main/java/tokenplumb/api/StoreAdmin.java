package tokenplumb.api;

import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.util.List;

/// What may be done to the store over HTTP, where that is allowed.
public interface StoreAdmin {
    /// Deletes samples from `from` to `to` (milliseconds, both included) of the series that pass
    /// all matchers of any of the selectors.
    void delete(long from, long to, List<List<Matcher>> selectors) throws IOException;

    /// Frees what deleted samples take.
    void cleanTombstones() throws IOException;

    /// Copies the store, its newest samples too unless told not to; the copy's name.
    String snapshot(boolean withHead) throws IOException;
}
