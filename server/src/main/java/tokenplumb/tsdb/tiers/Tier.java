package tokenplumb.tsdb.tiers;

import java.time.Duration;

/// One resolution that is kept.
///
/// @param name such as `5m`, also the folder's
/// @param millis the length of a window
/// @param retention how long it is kept; zero: for ever
public record Tier(String name, long millis, Duration retention) {
    public Tier {
        if (millis < 1000 || retention.isNegative()) {
            throw new IllegalArgumentException(
                    "tier %s of %d ms kept for %s: the window must be a second or longer, the retention not negative"
                            .formatted(name, millis, retention));
        }
    }

    public static Tier fiveMinutes(Duration retention) {
        return new Tier("5m", 300_000, retention);
    }

    public static Tier oneHour(Duration retention) {
        return new Tier("1h", 3_600_000, retention);
    }

    /// The number of the window that a time falls into. Windows are open at the left, as PromQL's
    /// are: window n holds what is later than n times its length and not later than n + 1 times.
    static long window(long time, long millis) {
        return Math.floorDiv(time - 1, millis);
    }

    @Override
    public String toString() {
        return name;
    }
}
