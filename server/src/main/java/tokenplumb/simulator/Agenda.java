package tokenplumb.simulator;

import java.util.PriorityQueue;

/// What happens when: the simulation's clock and its events to come. Events of the same nanosecond
/// happen in the order in which they were planned, so a run repeats exactly. Not thread-safe.
final class Agenda {
    static final long MILLI = 1_000_000;
    static final long SECOND = 1_000_000_000;

    private record Event(long at, long order, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long now;
    private long planned;

    /// Nanoseconds since the fleet began.
    long now() {
        return now;
    }

    /// Plans an event; one planned for the past happens next.
    void at(long nanos, Runnable what) {
        events.add(new Event(Math.max(nanos, now), planned++, what));
    }

    void after(long nanos, Runnable what) {
        at(now + nanos, what);
    }

    /// Repeats for ever, first in `nanos` from now.
    void every(long nanos, Runnable what) {
        after(
                nanos,
                () -> {
                    what.run();
                    every(nanos, what);
                });
    }

    /// Lets everything happen that is due up to and including `nanos`.
    void advanceTo(long nanos) {
        while (!events.isEmpty() && events.peek().at() <= nanos) {
            var event = events.poll();
            now = event.at();
            event.what().run();
        }
        now = Math.max(now, nanos);
    }

    static long nanos(double seconds) {
        return (long) (seconds * 1e9);
    }

    static double seconds(long nanos) {
        return nanos / 1e9;
    }
}
