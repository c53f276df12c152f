package tokenplumb.promql;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// A fair queue for places to run at. Each lane has its own places and its own queue. Within a lane
/// clients take turns, one query each, however many queries a client has in line. When a queue is
/// full, the client with the most queries in it loses its last one. Thread-safe.
final class Turns {
    /// A query in line, or at its place. Its thread waits at `granted`.
    final class Turn implements AutoCloseable {
        private final Asker asker;
        private final Semaphore granted = new Semaphore(0);
        private boolean running; // guarded by Turns
        private boolean refused; // guarded by Turns
        private boolean over; // guarded by Turns

        private Turn(Asker asker) {
            this.asker = asker;
        }

        /// Waits for a place; says whether there was one in time. Throws [QueryError] when there
        /// are too many in line.
        boolean await(long nanos) throws InterruptedException {
            if (!granted.tryAcquire(Math.max(0, nanos), TimeUnit.NANOSECONDS)) {
                return false;
            }
            if (wasRefused(this)) {
                throw tooMany();
            }
            return true;
        }

        /// How many get their turn before this one, counted from 1; 0 when it has had it.
        int position() {
            return positionOf(this);
        }

        /// Gives up the place, whether it was had or still waited for.
        @Override
        public void close() {
            end(this);
        }
    }

    private static final class Queue {
        private final int places;
        private int running;
        private int waiting;
        // By client in order of their next turns; no client without anything in line.
        private final Map<String, Deque<Turn>> clients = new LinkedHashMap<>();

        Queue(int places) {
            this.places = places;
        }
    }

    private final int most;
    private final Map<Asker.Lane, Queue> lanes = new EnumMap<>(Asker.Lane.class);

    /// `places` for users; rules have as many of their own. At most `most` wait in each lane.
    Turns(int places, int most) {
        this.most = most;
        for (var lane : Asker.Lane.values()) {
            lanes.put(lane, new Queue(places));
        }
    }

    /// Gets in line. Throws [QueryError] when there are too many.
    synchronized Turn take(Asker asker) {
        var queue = lanes.get(asker.lane());
        var turn = new Turn(asker);
        if (queue.running < queue.places) { // then nobody waits
            run(queue, turn);
            return turn;
        }
        if (queue.waiting >= most) {
            makeRoom(queue, asker);
        }
        queue.clients.computeIfAbsent(asker.name(), name -> new ArrayDeque<>()).add(turn);
        queue.waiting++;
        return turn;
    }

    private static void run(Queue queue, Turn turn) {
        queue.running++;
        turn.running = true;
        turn.granted.release();
    }

    private void makeRoom(Queue queue, Asker asker) {
        Deque<Turn> longest = new ArrayDeque<>();
        for (var line : queue.clients.values()) {
            if (line.size() > longest.size()) {
                longest = line;
            }
        }
        var own = queue.clients.get(asker.name());
        if (longest.isEmpty() || longest.size() <= (own == null ? 1 : own.size() + 1)) {
            throw tooMany();
        }
        var last = longest.removeLast();
        queue.waiting--;
        last.refused = true;
        last.granted.release();
    }

    private QueryError tooMany() {
        return new QueryError(
                QueryError.Kind.TIMEOUT,
                ("too many queries are waiting: as many as --query.max-queued (%d) allows, and"
                     + " nobody has more of them in line than you; ask again later, or raise that"
                     + " limit or --query.max-concurrency")
                        .formatted(most));
    }

    private synchronized boolean wasRefused(Turn turn) {
        return turn.refused;
    }

    private synchronized void end(Turn turn) {
        if (turn.over) {
            return;
        }
        turn.over = true;
        var queue = lanes.get(turn.asker.lane());
        if (turn.running) {
            queue.running--;
            runNext(queue);
        } else if (!turn.refused) {
            leave(queue, turn);
        }
    }

    private static void leave(Queue queue, Turn turn) {
        var name = turn.asker.name();
        var line = queue.clients.get(name);
        if (line != null && line.remove(turn)) {
            queue.waiting--;
            if (line.isEmpty()) {
                queue.clients.remove(name);
            }
        }
    }

    private static void runNext(Queue queue) {
        var first = queue.clients.entrySet().iterator();
        if (queue.running >= queue.places || !first.hasNext()) {
            return;
        }
        var next = first.next();
        first.remove();
        var turn = next.getValue().removeFirst();
        queue.waiting--;
        if (!next.getValue().isEmpty()) {
            queue.clients.put(next.getKey(), next.getValue()); // to the end
        }
        run(queue, turn);
    }

    private synchronized int positionOf(Turn turn) {
        if (turn.running) {
            return 0;
        }
        var queue = lanes.get(turn.asker.lane());
        var own = queue.clients.get(turn.asker.name());
        int round = own == null ? -1 : List.copyOf(own).indexOf(turn);
        if (round < 0) {
            return 1; // it is leaving
        }
        int before = 0;
        boolean after = false;
        for (var client : queue.clients.entrySet()) {
            boolean isOwn = client.getKey().equals(turn.asker.name());
            after |= isOwn;
            int waiting = client.getValue().size();
            before += isOwn ? round : Math.min(waiting, after ? round : round + 1);
        }
        return before + 1;
    }

    /// How many run and how many wait in a lane.
    record Load(int running, int waiting) {}

    synchronized Load load(Asker.Lane lane) {
        var queue = lanes.get(lane);
        return new Load(queue.running, queue.waiting);
    }
}
