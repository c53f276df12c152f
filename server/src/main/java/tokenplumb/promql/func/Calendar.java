package tokenplumb.promql.func;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/// A part of the date, in UTC, of a time in seconds since the epoch: `hour`, `day_of_week` and so
/// on.
public final class Calendar {
    private static final Map<String, Calendar> ALL =
            Map.of(
                    "minute", new Calendar(LocalDateTime::getMinute),
                    "hour", new Calendar(LocalDateTime::getHour),
                    "day_of_week", new Calendar(t -> t.getDayOfWeek().getValue() % 7),
                    "day_of_month", new Calendar(LocalDateTime::getDayOfMonth),
                    "day_of_year", new Calendar(LocalDateTime::getDayOfYear),
                    "days_in_month", new Calendar(t -> t.toLocalDate().lengthOfMonth()),
                    "month", new Calendar(LocalDateTime::getMonthValue),
                    "year", new Calendar(LocalDateTime::getYear));

    private final ToIntFunction<LocalDateTime> part;

    private Calendar(ToIntFunction<LocalDateTime> part) {
        this.part = part;
    }

    public static Optional<Calendar> named(String name) {
        return Optional.ofNullable(ALL.get(name));
    }

    /// NaN for what is no time at all, or one beyond the calendar; Prometheus answers there what an
    /// overflow leaves, which differs by processor.
    public double of(double seconds) {
        if (Double.isNaN(seconds)) {
            return Double.NaN;
        }
        try {
            return part.applyAsInt(LocalDateTime.ofEpochSecond((long) seconds, 0, ZoneOffset.UTC));
        } catch (DateTimeException beyondTheCalendar) {
            return Double.NaN;
        }
    }
}
