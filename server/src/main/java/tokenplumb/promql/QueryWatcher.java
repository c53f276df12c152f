package tokenplumb.promql;

/// Hears of queries as they begin to run and end: for logs. Called by the thread that asks, so it
/// must be quick; must not throw. Thread-safe.
public interface QueryWatcher {
    /// A query has got its turn.
    default void begins(ActiveQuery query) {}

    /// Called once for each query that was read without mistake, also where it never ran.
    void ended(EndedQuery query);
}
