package tokenplumb.http;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/// When a request must be over, whatever it is doing. What it has open is closed then, which ends
/// any call that waits in it; that is [Deadlines]' to do. Guarded by itself.
final class Deadline {
    private final Duration whole;
    private final long end;
    private boolean hasPassed;
    private Closeable open = () -> {};

    Deadline(Duration whole) {
        this.whole = whole;
        this.end = System.nanoTime() + Math.max(0, whole.toNanos());
    }

    /// On the scale of [System#nanoTime].
    long end() {
        return end;
    }

    /// What is left; never negative.
    Duration left() {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    /// From now on this is what the request has open. Throws when time is up already.
    synchronized void holds(Closeable opened) throws IOException {
        open = opened;
        if (hasPassed) {
            opened.close();
            throw new SocketTimeoutException("time is up");
        }
    }

    /// The request has let go of what it had open; false when that is closed, as time was up.
    synchronized boolean letsGo() {
        open = () -> {};
        return !hasPassed;
    }

    synchronized boolean hasPassed() {
        return hasPassed;
    }

    /// Time is up.
    synchronized void pass() {
        hasPassed = true;
        try {
            open.close();
        } catch (IOException e) {
            System.getLogger("tokenplumb.http").log(System.Logger.Level.DEBUG, "closing", e);
        }
    }

    /// The failure of having passed, saying during what.
    IOException passed(String during) {
        double seconds = whole.toMillis() / 1000.0;
        var text = seconds == Math.rint(seconds) ? Long.toString((long) seconds) : "" + seconds;
        return new SocketTimeoutException("timed out after " + text + "s " + during);
    }
}
