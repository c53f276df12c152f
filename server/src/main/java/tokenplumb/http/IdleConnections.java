package tokenplumb.http;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/// Connections that wait for their next request. Those that wait long are closed when others come
/// back. Thread-safe; guarded by itself.
final class IdleConnections implements AutoCloseable {
    private static final int MOST = 4_096;
    private static final int MOST_OF_ONE_ORIGIN = 256;
    private static final long LONGEST = 300_000_000_000L;
    private static final long BETWEEN_SWEEPS = 60_000_000_000L;

    private final Map<Origin, ArrayDeque<Connection>> waiting = new HashMap<>();
    private int count;
    private long lastSweep = System.nanoTime();
    private boolean closed;

    /// The one that has waited least. `mustStand`: and that its server is not seen to have closed,
    /// for a request that could not be made again.
    Optional<Connection> take(Origin origin, boolean mustStand) {
        while (true) {
            var connection = newest(origin);
            if (connection == null) {
                return Optional.empty();
            }
            if (connection.idleNanos(System.nanoTime()) < LONGEST
                    && (!mustStand || connection.isQuiet())) {
                return Optional.of(connection);
            }
            connection.close();
        }
    }

    private synchronized Connection newest(Origin origin) {
        var some = waiting.get(origin);
        if (some == null) {
            return null;
        }
        var connection = some.pollLast();
        count--;
        if (some.isEmpty()) {
            waiting.remove(origin);
        }
        return connection;
    }

    void give(Connection connection) {
        if (!keep(connection)) {
            connection.close();
        }
    }

    private synchronized boolean keep(Connection connection) {
        long now = System.nanoTime();
        if (now - lastSweep > BETWEEN_SWEEPS) {
            lastSweep = now;
            sweep(now);
        }
        if (closed || count == MOST) {
            return false;
        }
        var some = waiting.get(connection.origin());
        if (some == null) {
            some = new ArrayDeque<>(2);
            waiting.put(connection.origin(), some);
        } else if (some.size() == MOST_OF_ONE_ORIGIN) {
            return false;
        }
        connection.rest(now);
        some.addLast(connection);
        count++;
        return true;
    }

    private void sweep(long now) {
        for (Iterator<ArrayDeque<Connection>> all = waiting.values().iterator(); all.hasNext(); ) {
            var some = all.next();
            while (!some.isEmpty() && some.getFirst().idleNanos(now) > LONGEST) {
                some.pollFirst().close();
                count--;
            }
            if (some.isEmpty()) {
                all.remove();
            }
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        waiting.values().forEach(some -> some.forEach(Connection::close));
        waiting.clear();
        count = 0;
    }
}
