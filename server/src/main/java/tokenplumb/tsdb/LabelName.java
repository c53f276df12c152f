package tokenplumb.tsdb;

import java.util.HashMap;
import java.util.Map;

/// A label name and every value it has on some series. Guarded by the index's lock.
final class LabelName {
    final String name;
    final Map<String, Pair> values = new HashMap<>();
    private volatile Pair[] snapshot; // of values, until they change; null then

    LabelName(String name) {
        this.name = name;
    }

    void add(Pair pair) {
        values.put(pair.value, pair);
        snapshot = null;
    }

    void remove(Pair pair) {
        values.remove(pair.value);
        snapshot = null;
    }

    /// All values in no particular order, in an array that never changes.
    Pair[] snapshot() {
        var now = snapshot;
        if (now == null) {
            now = values.values().toArray(Pair[]::new);
            snapshot = now;
        }
        return now;
    }
}
