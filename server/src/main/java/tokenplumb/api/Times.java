package tokenplumb.api;

import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.signal.Labels;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/// Times and durations as Prometheus' API takes and gives them.
final class Times {
    /// The bounds that Prometheus documents; clients send their text to mean "from the beginning"
    /// and "to the end".
    static final long MIN = (Long.MIN_VALUE / 1000 + 62_135_596_801L) * 1000;

    static final long MAX = (Long.MAX_VALUE / 1000 - 62_135_596_801L) * 1000 + 999;
    private static final String MIN_TEXT = "-292273086-05-16T16:47:06Z";
    private static final String MAX_TEXT = "292277025-08-18T07:12:54.999999999Z";

    /// What Go writes for a time that was never set.
    static final String NEVER = "0001-01-01T00:00:00Z";

    private static final Pattern NUMBER =
            Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

    private Times() {}

    private static OptionalDouble number(String text) {
        return NUMBER.matcher(text).matches()
                ? OptionalDouble.of(Double.parseDouble(text))
                : OptionalDouble.empty();
    }

    /// Milliseconds since the epoch out of seconds or RFC 3339.
    static long parse(String text) {
        var seconds = number(text);
        if (seconds.isPresent()) {
            double millis = seconds.getAsDouble() * 1000;
            return Math.clamp(Math.round(millis), MIN, MAX);
        }
        if (text.equals(MIN_TEXT)) {
            return MIN;
        }
        if (text.equals(MAX_TEXT)) {
            return MAX;
        }
        try {
            return OffsetDateTime.parse(text).toInstant().toEpochMilli();
        } catch (DateTimeParseException e) {
            throw ApiError.badData("cannot parse " + Labels.quote(text) + " to a valid timestamp");
        }
    }

    /// Out of seconds or a Prometheus duration such as `1h30m`.
    static Duration parseDuration(String text) {
        var seconds = number(text);
        if (seconds.isPresent()) {
            double nanos = seconds.getAsDouble() * 1e9;
            if (Math.abs(nanos) > Long.MAX_VALUE) {
                throw ApiError.badData(
                        "cannot parse %s to a valid duration. It overflows int64"
                                .formatted(Labels.quote(text)));
            }
            return Duration.ofNanos((long) nanos);
        }
        try {
            return Duration.ofMillis(Promql.duration(text));
        } catch (QueryError | IllegalArgumentException e) {
            throw ApiError.badData("cannot parse " + Labels.quote(text) + " to a valid duration");
        }
    }

    /// RFC 3339, or what Go writes for "never" when the time is the epoch or before.
    static String text(Instant time) {
        return time.isAfter(Instant.EPOCH) ? time.toString() : NEVER;
    }

    /// `1m30s`, as Prometheus writes durations.
    static String text(Duration duration) {
        long left = duration.toMillis();
        if (left == 0) {
            return "0s";
        }
        var text = new StringBuilder();
        long day = 24 * 3_600_000L;
        left = part(text, left, "y", 365 * day, true);
        left = part(text, left, "w", 7 * day, true);
        left = part(text, left, "d", day, false);
        left = part(text, left, "h", 3_600_000, false);
        left = part(text, left, "m", 60_000, false);
        left = part(text, left, "s", 1_000, false);
        part(text, left, "ms", 1, false);
        return text.toString();
    }

    private static long part(
            StringBuilder text, long left, String unit, long size, boolean onlyExact) {
        if (onlyExact && left % size != 0 || left < size) {
            return left;
        }
        text.append(left / size).append(unit);
        return left % size;
    }

    /// Seconds as a JSON number in Go's spelling: whole ones without a fraction.
    static String number(Duration duration) {
        return Decimal.sample(seconds(duration));
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
