package tokenplumb.config;

import java.time.Duration;
import java.util.regex.Pattern;

/// Durations as Prometheus writes them: `1h30m`, `15s`, `500ms`, units from large to small, each at
/// most once. A year has 365 days.
public final class Durations {
    private static final Pattern SHAPE =
            Pattern.compile(
                    "(?:(\\d+)y)?(?:(\\d+)w)?(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?(?:(\\d+)ms)?");
    private static final long[] MILLIS = {
        365L * 86_400_000, 7L * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000, 1
    };
    private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms"};

    private Durations() {}

    /// Throws [IllegalArgumentException] with a message fit for the user.
    public static Duration parse(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        var match = SHAPE.matcher(text);
        if (text.isEmpty() || !match.matches()) {
            throw new IllegalArgumentException(
                    "not a valid duration string: \"%s\"; write it like 15s, 1m30s or 500ms"
                            .formatted(text));
        }
        try {
            long sum = 0;
            for (int i = 0; i < MILLIS.length; i++) {
                if (match.group(i + 1) != null) {
                    long part = Math.multiplyExact(Long.parseLong(match.group(i + 1)), MILLIS[i]);
                    sum = Math.addExact(sum, part);
                }
            }
            if (sum > Long.MAX_VALUE / 1_000_000) {
                throw new ArithmeticException();
            }
            return Duration.ofMillis(sum);
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException(
                    "duration out of range: \"%s\"; it must be below 292 years".formatted(text), e);
        }
    }

    /// The shortest spelling, as Prometheus prints durations: `1h30m`, `0s`.
    public static String print(Duration duration) {
        long rest = duration.toMillis();
        if (rest == 0) {
            return "0s";
        }
        var out = new StringBuilder();
        for (int i = 0; i < UNITS.length; i++) {
            // Years and weeks only where they divide evenly, as Prometheus does.
            boolean exactOnly = i < 3;
            if (exactOnly ? rest % MILLIS[i] == 0 : rest >= MILLIS[i]) {
                long count = rest / MILLIS[i];
                if (count > 0) {
                    out.append(count).append(UNITS[i]);
                }
                rest -= count * MILLIS[i];
            }
            if (rest == 0) {
                break;
            }
        }
        return out.toString();
    }
}
