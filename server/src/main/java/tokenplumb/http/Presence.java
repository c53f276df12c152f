package tokenplumb.http;

import java.util.function.Supplier;

/// Whether the client of a request still waits for its answer. Thread-safe.
public final class Presence {
    /// Of a client that never leaves, as in tests.
    public static final Presence ALWAYS = new Presence();

    private boolean gone; // guarded by this
    private Thread working; // guarded by this; null while nothing may be interrupted

    Presence() {}

    /// Does `work` on the calling thread and interrupts it once the client has left. For work that
    /// nobody else waits for and that may be broken off anywhere, such as evaluating a query.
    public <T> T during(Supplier<T> work) {
        if (this == ALWAYS) {
            return work.get();
        }
        synchronized (this) {
            working = Thread.currentThread();
            if (gone) {
                working.interrupt();
            }
        }
        try {
            return work.get();
        } finally {
            synchronized (this) {
                working = null;
                Thread.interrupted(); // it was meant for the work, which is over
            }
        }
    }

    synchronized void leave() {
        gone = true;
        if (working != null) {
            working.interrupt();
        }
    }
}
