package tokenplumb.app;

import tokenplumb.api.StoreAdmin;
import tokenplumb.signal.Matcher;
import tokenplumb.tsdb.Tsdb;

import java.io.IOException;
import java.util.List;

/// The metric store, as the admin API sees it.
record Administered(Tsdb tsdb) implements StoreAdmin {
    @Override
    public void delete(long from, long to, List<List<Matcher>> selectors) throws IOException {
        tsdb.delete(from, to, selectors);
    }

    @Override
    public void cleanTombstones() throws IOException {
        tsdb.cleanTombstones();
    }

    @Override
    public String snapshot(boolean withHead) throws IOException {
        return tsdb.snapshot(withHead);
    }
}
