package tokenplumb.tsdb.block;

/// Hears of what in a file cannot be used and was left out. Thread-safe.
@FunctionalInterface
public interface BlockDamage {
    void damaged(String file, long offset, String what);
}
