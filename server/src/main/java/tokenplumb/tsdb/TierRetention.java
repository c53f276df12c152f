package tokenplumb.tsdb;

import java.time.Duration;

/// How long downsampled tiers are kept; of zero, a tier is not made at all.
public record TierRetention(Duration fiveMinutes, Duration oneHour) {
    /// No tiers.
    public static final TierRetention NONE = new TierRetention(Duration.ZERO, Duration.ZERO);

    public TierRetention {
        if (fiveMinutes.isNegative() || oneHour.isNegative()) {
            throw new IllegalArgumentException(
                    "tiers kept for %s and %s: neither may be negative"
                            .formatted(fiveMinutes, oneHour));
        }
    }

    /// 5-minute windows for 90 days, 1-hour windows for two years.
    public static TierRetention defaults() {
        return new TierRetention(Duration.ofDays(90), Duration.ofDays(730));
    }
}
