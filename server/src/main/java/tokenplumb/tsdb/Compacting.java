package tokenplumb.tsdb;

import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.compact.Blocks;
import tokenplumb.tsdb.compact.HeadDeletions;
import tokenplumb.tsdb.compact.Planner;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;

/// Moves samples from the head to blocks once they are old enough, late ones after them, and has
/// blocks merged and expired; deletes and copies on demand.
///
/// Of the head, two hours at a time go, once it holds more than three. A block is on disk and in
/// answers before the head gives its samples up; a crash in between leaves both, and since equal
/// samples count once, nobody sees a difference. What fails changes nothing and is tried again, at
/// growing intervals.
///
/// One thing at a time, under [#mutex]; commits and queries never wait for it.
final class Compacting {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private static final long RANGE = Planner.SHORTEST;
    private static final long KEPT_IN_HEAD = RANGE / 2;
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

    private final Head head;
    private final Upkeep upkeep;
    private final Blocks blocks;
    private final HeadDeletions deletions;
    private final InstantSource clock;

    /// Held by compactions and deletions; taken before any other lock.
    private final ReentrantLock mutex = new ReentrantLock();

    private Duration pause = FIRST_PAUSE; // after the next failure
    private long notBefore = Long.MIN_VALUE; // the next try, after a failure
    private volatile String complaint = "";

    Compacting(
            Head head, Upkeep upkeep, Blocks blocks, HeadDeletions deletions, InstantSource clock) {
        this.head = head;
        this.upkeep = upkeep;
        this.blocks = blocks;
        this.deletions = deletions;
        this.clock = clock;
    }

    /// Does whatever is due; what fails is told and put off.
    void round(long otherBytes) {
        long now = clock.millis();
        if (now < notBefore) {
            return;
        }
        try {
            blocks.retain(otherBytes); // on a full disk too: it makes room
            compactHead();
            while (blocks.mergeNext()) {
                blocks.retain(otherBytes);
            }
            pause = FIRST_PAUSE;
            notBefore = Long.MIN_VALUE;
            complaint = "";
        } catch (InterruptedIOException stopped) {
            LOG.log(Level.DEBUG, "compaction ends with the store", stopped);
        } catch (IOException e) {
            putOff(now, e);
        }
    }

    private void putOff(long now, IOException e) {
        LOG.log(
                Level.ERROR,
                "cannot compact: {0}; nothing is lost and everything is answered as before. Free"
                        + " space on the disk or keep less (--storage.tsdb.retention.size) if it is"
                        + " full; tried again in {1}",
                e.getMessage(),
                pause);
        complaint = String.valueOf(e.getMessage());
        notBefore = now + pause.toMillis();
        pause = pause.multipliedBy(2);
        if (pause.compareTo(LONGEST_PAUSE) > 0) {
            pause = LONGEST_PAUSE;
        }
    }

    /// Why the last compaction failed, `""` when it did not.
    String complaint() {
        return complaint;
    }

    // --- the head

    /// Moves every whole range that is old enough to blocks, and late samples with them.
    void compactHead() throws IOException {
        mutex.lock();
        try {
            boolean hasMoved = false;
            while (true) {
                long valid = head.locked(head::minValid);
                long oldest = Math.max(head.locked(head::minTime), valid);
                // A sample from the future does not make the others old.
                long newest = Math.min(head.locked(head::maxTime), clock.millis());
                if (oldest == Long.MAX_VALUE
                        || newest < oldest
                        || newest - oldest <= RANGE + KEPT_IN_HEAD) {
                    break;
                }
                move(oldest, Math.floorDiv(oldest, RANGE) * RANGE + RANGE);
                hasMoved = true;
            }
            if (hasMoved) {
                deletions.forgetBefore(head.locked(head::minValid));
            }
        } finally {
            mutex.unlock();
        }
    }

    /// Moves everything the head holds from `from` to `to` (exclusive), and the late samples
    /// before, for whose times there are blocks already: these to blocks of their own, which are
    /// merged with those later.
    private void move(long from, long to) throws IOException {
        try (var frozen = upkeep.freeze(to)) {
            var kept = deletions.without(frozen.seen());
            for (long range : ranges(kept, from - 1)) {
                blocks.add(
                        kept,
                        range * RANGE,
                        Math.min(range * RANGE + RANGE, from),
                        List.of(BlockMeta.FROM_OUT_OF_ORDER));
            }
            blocks.add(kept, from, to, List.of());
            synchronized (upkeep) { // which has a thread of its own
                upkeep.truncate(to, frozen);
            }
        }
    }

    /// Numbers of the ranges in which there are samples up to a time.
    private static Set<Long> ranges(KeptQuerier kept, long to) {
        var ranges = new TreeSet<Long>();
        var samples = new Samples();
        for (var series : kept.plain(Long.MIN_VALUE, to, List.of())) {
            samples.clear();
            series.read(Long.MIN_VALUE, to, samples);
            for (int i = 0; i < samples.size(); i++) {
                ranges.add(Math.floorDiv(samples.time(i), RANGE));
            }
        }
        var folded = new FoldedSamples();
        for (var series : kept.folded(Long.MIN_VALUE, to, Optional.empty(), List.of())) {
            folded.reset(series.layout().size());
            series.read(Long.MIN_VALUE, to, folded);
            for (int i = 0; i < folded.size(); i++) {
                ranges.add(Math.floorDiv(folded.time(i), RANGE));
            }
        }
        return ranges;
    }

    // --- on demand

    void delete(long from, long to, List<List<Matcher>> selectors) throws IOException {
        mutex.lock();
        try {
            try (var kept = head.kept()) {
                deletions.delete(kept, from, to, selectors);
            }
            blocks.delete(from, to, selectors);
        } finally {
            mutex.unlock();
        }
    }

    void clean() throws IOException {
        mutex.lock();
        try {
            blocks.clean();
        } finally {
            mutex.unlock();
        }
    }

    String snapshot(boolean withHead) throws IOException {
        mutex.lock();
        try {
            if (!withHead) {
                return blocks.snapshot(Optional.empty(), 0, 0);
            }
            try (var kept = head.kept()) {
                long from = head.locked(head::minTime);
                long to = head.locked(head::maxTime);
                return from > to
                        ? blocks.snapshot(Optional.empty(), 0, 0)
                        : blocks.snapshot(Optional.of(deletions.without(kept)), from, to + 1);
            }
        } finally {
            mutex.unlock();
        }
    }
}
