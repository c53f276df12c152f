package tokenplumb.http;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/// Tells the requests under way when their time is up, on one thread of its own.
///
/// A timer for each request would be set and taken back, with two threads awake, thousands of times
/// for each that ever fires. This thread sleeps until the earliest end it knows of, by which time
/// that request is almost always long done, and looks again: in effect once in a timeout.
final class Deadlines implements AutoCloseable {
    private static final long LONGEST_SLEEP = 60_000_000_000L;

    private final Set<Deadline> running = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private volatile long looksAgain; // by System.nanoTime()
    private volatile boolean isLooking = true; // what comes meanwhile may have been overlooked
    private volatile boolean closed;

    Deadlines() {
        thread = Thread.ofPlatform().daemon().name("fetch-deadlines").start(this::watch);
    }

    /// Watches it until [#remove].
    void add(Deadline deadline) {
        running.add(deadline);
        if (isLooking || deadline.end() - looksAgain < 0) {
            LockSupport.unpark(thread);
        }
    }

    void remove(Deadline deadline) {
        running.remove(deadline);
    }

    private void watch() {
        while (!closed) {
            isLooking = true;
            long now = System.nanoTime();
            long next = LONGEST_SLEEP;
            for (var all = running.iterator(); all.hasNext(); ) {
                var deadline = all.next();
                long left = deadline.end() - now;
                if (left <= 0) {
                    all.remove();
                    deadline.pass();
                } else {
                    next = Math.min(next, left);
                }
            }
            looksAgain = now + next;
            isLooking = false;
            LockSupport.parkNanos(this, next);
        }
    }

    /// Whatever is still under way has no more time.
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        running.forEach(Deadline::pass);
    }
}
