package tokenplumb.http;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/// When a request must be over, whatever it is doing.
final class Deadline {
    private final Duration whole;
    private final long end;

    Deadline(Duration whole) {
        this.whole = whole;
        this.end = System.nanoTime() + whole.toNanos();
    }

    /// What is left; never negative.
    Duration left() {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    /// The failure of having passed, saying during what.
    IOException passed(String during) {
        double seconds = whole.toMillis() / 1000.0;
        var text = seconds == Math.rint(seconds) ? Long.toString((long) seconds) : "" + seconds;
        return new SocketTimeoutException("timed out after " + text + "s " + during);
    }
}
