package tokenplumb.scrape;

import java.time.Duration;
import java.time.InstantSource;

/// Rounds at one phase of the clock's intervals: no drift, the same phase after a restart or a
/// reload, and the same time in the samples although threads wake a little late. Rounds that were
/// missed are left out. The very first round of a new target comes early, so that nobody waits a
/// whole interval to see whether it works.
final class AlignedTicks implements Ticks {
    /// Where tests step in.
    @FunctionalInterface
    interface Sleep {
        void sleep(Duration duration) throws InterruptedException;
    }

    private static final long EARLY = 2000;
    private static final long MOST_TOLERATED = 20;

    private final InstantSource clock;
    private final Sleep sleep;
    private final long interval;
    private final long phase;
    private boolean early;
    private long last = Long.MIN_VALUE;

    /// `hash` spreads targets over the interval; `early` asks for the early first round.
    AlignedTicks(InstantSource clock, Sleep sleep, Duration interval, long hash, boolean early) {
        this.clock = clock;
        this.sleep = sleep;
        this.interval = interval.toMillis();
        this.phase = Math.floorMod(hash, this.interval);
        this.early = early;
    }

    @Override
    public long next() throws InterruptedException {
        long now = clock.millis();
        if (early) {
            early = false;
            long spread = Math.min(interval, EARLY);
            long wait = phase * spread / interval;
            if (wait < aligned(now) - now) {
                sleep.sleep(Duration.ofMillis(wait));
                last = clock.millis();
                return last;
            }
        }
        // a quarter of an interval must lie behind, or the round after an early one is idle
        long wanted = aligned(Math.max(now, last == Long.MIN_VALUE ? now : last + interval / 4));
        if (wanted - now > 2 * interval) { // the clock was set back
            wanted = aligned(now);
        }
        while (now < wanted) {
            sleep.sleep(Duration.ofMillis(Math.min(wanted - now, interval)));
            now = clock.millis();
            if (wanted - now > 2 * interval) {
                wanted = aligned(now);
            }
        }
        boolean isOnTime = now - wanted <= Math.min(interval / 100, MOST_TOLERATED);
        last = isOnTime ? wanted : now;
        return last;
    }

    /// The first moment of the phase after `time`.
    private long aligned(long time) {
        long behind = Math.floorMod(time - phase, interval);
        return time + interval - behind;
    }
}
