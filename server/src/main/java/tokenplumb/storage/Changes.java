package tokenplumb.storage;

import java.util.ArrayList;
import java.util.List;

/// What has changed in a storage since a moment, told as the time of the earliest sample that was
/// written or deleted: an answer that was made of earlier samples only still holds.
///
/// A change is begun before anybody can see it and ended after everybody does; between the two
/// nobody knows who sees it, and it counts as having happened since any moment. So
///
/// * whoever takes a moment ([#now]) and looks *then* (opens a querier) sees whatever had ended:
///   what is told to have changed since covers all that this look may lack;
/// * whoever looks and asks *then* ([#earliestSince]) hears of whatever that look may show.
///
/// Neither needs a lock in common with the writers. What is remembered is bounded: changes within a
/// second of sample time are told as one, and the older they are the more of them are, always
/// towards the earlier time, so that too much may be taken for changed and never too little.
/// Thread-safe; its lock is held for moments, and no other is taken under it.
public final class Changes {
    private static final long GRAIN_MILLIS = 1000;
    private static final int MOST = 8192;

    /// A change under way, which ends once it is closed.
    public final class Change implements AutoCloseable {
        private final long earliest;

        private Change(long earliest) {
            this.earliest = earliest;
        }

        @Override
        public void close() {
            end(this);
        }
    }

    private final List<Change> underWay = new ArrayList<>(); // guarded by this
    private long ended; // how many have; guarded by this

    // Of the changes that have ended, those that no later one reaches back behind: numbers and
    // times both rise. The first whose number is beyond a moment has the earliest time since.
    private final long[] numbers = new long[MOST]; // guarded by this
    private final long[] times = new long[MOST]; // guarded by this
    private int size; // guarded by this

    /// Begins a change of samples from this time (milliseconds since the epoch) on;
    /// [Long#MIN_VALUE] when it may be any.
    public Change begin(long earliest) {
        var change = new Change(earliest);
        synchronized (this) {
            underWay.add(change);
        }
        return change;
    }

    private synchronized void end(Change change) {
        if (underWay.remove(change)) {
            ended++;
            note(change.earliest);
        }
    }

    private void note(long time) {
        while (size > 0 && times[size - 1] >= time) {
            size--;
        }
        if (size > 0 && time - GRAIN_MILLIS < times[size - 1]) {
            numbers[size - 1] = ended;
            return;
        }
        if (size == MOST) {
            makeRoom();
        }
        numbers[size] = ended;
        times[size++] = time;
    }

    /// Makes one of each two of the older half.
    private void makeRoom() {
        int kept = 0;
        for (int i = 0; i < MOST / 2; i += 2) {
            numbers[kept] = numbers[i + 1];
            times[kept++] = times[i];
        }
        System.arraycopy(numbers, MOST / 2, numbers, kept, MOST / 2);
        System.arraycopy(times, MOST / 2, times, kept, MOST / 2);
        size = kept + MOST / 2;
    }

    /// The moment of now, to be taken before a look.
    public synchronized long now() {
        return ended;
    }

    /// The time of the earliest sample that was written or deleted since a moment; [Long#MAX_VALUE]
    /// when none was, [Long#MIN_VALUE] when it may be any. To be asked after the look that is to
    /// show no more than this.
    public synchronized long earliestSince(long moment) {
        long earliest = Long.MAX_VALUE;
        for (var change : underWay) {
            earliest = Math.min(earliest, change.earliest);
        }
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (numbers[middle] > moment) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low < size ? Math.min(earliest, times[low]) : earliest;
    }
}
