package tokenplumb.tsdb.dense;

import tokenplumb.tsdb.block.BlockDamage;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Tells of each damaged place once. Thread-safe.
final class DamageLog {
    /// Places remembered; beyond, they are told again.
    private static final int MOST = 4096;

    private final BlockDamage to;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    DamageLog(BlockDamage to) {
        this.to = to;
    }

    void tell(Damaged damaged) {
        if (told.size() >= MOST) {
            told.clear();
        }
        if (told.add(damaged.file() + ":" + damaged.offset() + damaged.getMessage())) {
            to.damaged(damaged.file(), damaged.offset(), damaged.getMessage());
        }
    }
}
