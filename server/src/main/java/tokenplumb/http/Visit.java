package tokenplumb.http;

import java.time.Duration;

/// What one connection is doing: we wait for its request, or it waits for our answer. Written by
/// the connection's own event loop and the thread that answers, read by the patrol.
final class Visit {
    private static final long ANSWERING = Long.MIN_VALUE;

    private volatile long waitingSince = System.nanoTime();
    private volatile Presence asking = Presence.ALWAYS; // of the request that is being answered

    /// The head of a request has come; its body is due.
    void reading() {
        waitingSince = System.nanoTime();
    }

    /// The request is complete: the rest is up to us.
    void answering(Presence presence) {
        asking = presence;
        waitingSince = ANSWERING;
    }

    /// The connection is closed; nobody waits for the answer any more.
    void left() {
        asking.leave();
    }

    /// The answer is out; the next request may take its time.
    void done() {
        waitingSince = System.nanoTime();
    }

    boolean waitedFor(Duration patience) {
        long since = waitingSince;
        return since != ANSWERING && System.nanoTime() - since > patience.toNanos();
    }
}
