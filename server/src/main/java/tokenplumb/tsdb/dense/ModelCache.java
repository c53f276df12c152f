package tokenplumb.tsdb.dense;

import java.util.LinkedHashMap;

/// Models of families that were lately read, of all blocks together, so that their tables are not
/// made for every series and yet take a bounded amount of memory. Thread-safe.
final class ModelCache {
    /// The one of this process: its bound is on all blocks.
    static final ModelCache SHARED = new ModelCache(8L << 20);

    private final long most;
    private final LinkedHashMap<Key, Models> kept = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    private record Key(DenseBlock block, int family) {}

    ModelCache(long most) {
        this.most = most;
    }

    /// How the models of a family are read when they are not here.
    interface Reading {
        Models read() throws Damaged;
    }

    Models get(DenseBlock block, int family, Reading reading) throws Damaged {
        var key = new Key(block, family);
        synchronized (kept) {
            var known = kept.get(key);
            if (known != null) {
                return known;
            }
        }
        var read = reading.read();
        synchronized (kept) {
            if (kept.putIfAbsent(key, read) == null) {
                bytes += read.bytes();
            }
            var oldest = kept.entrySet().iterator();
            while (bytes > most && kept.size() > 1) {
                bytes -= oldest.next().getValue().bytes();
                oldest.remove();
            }
        }
        return read;
    }

    void forget(DenseBlock block) {
        synchronized (kept) {
            for (var each = kept.entrySet().iterator(); each.hasNext(); ) {
                var entry = each.next();
                if (entry.getKey().block == block) {
                    bytes -= entry.getValue().bytes();
                    each.remove();
                }
            }
        }
    }
}
