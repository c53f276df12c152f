package tokenplumb.rules;

import tokenplumb.templates.Fields;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// A moment in a template, with the methods of Go's `time.Time` that templates use. Always UTC.
record GoTime(Instant instant) implements Fields {
    private static final Pattern LAYOUT =
            Pattern.compile(
                    "2006|06|January|Jan|Monday|Mon|MST|Z07:00|Z0700|-07:00|-0700|-07|PM|pm"
                            + "|15|_2|01|02|03|04|05|[.,][09]+|1|2|3|4|5");
    private static final String DEFAULT = "2006-01-02 15:04:05.999999999 -0700 MST";

    /// Throws [IllegalArgumentException] when the seconds do not fit Go's 64-bit nanoseconds.
    static GoTime ofSeconds(double seconds) {
        if (Double.isNaN(seconds) || Double.isInfinite(seconds)) {
            throw new IllegalArgumentException("value is NaN or Inf");
        }
        double nanos = seconds * 1e9;
        if (nanos > Long.MAX_VALUE || nanos < Long.MIN_VALUE) {
            throw new IllegalArgumentException(
                    Humanize.shortest(seconds)
                            + " cannot be represented as a nanoseconds timestamp since it overflows"
                            + " int64");
        }
        return new GoTime(Instant.ofEpochMilli((long) nanos / 1_000_000));
    }

    @Override
    public String typeName() {
        return "*time.Time";
    }

    @Override
    public String print() {
        return format(DEFAULT);
    }

    @Override
    public Optional<Object> field(String name, List<Object> arguments) {
        var time = time();
        return Optional.ofNullable(
                switch (name) {
                    case "Format" -> format(layout(arguments));
                    case "String" -> print();
                    case "Unix" -> instant.getEpochSecond();
                    case "UnixMilli" -> instant.toEpochMilli();
                    case "Year" -> (long) time.getYear();
                    case "Month" -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.US);
                    case "Day" -> (long) time.getDayOfMonth();
                    case "Hour" -> (long) time.getHour();
                    case "Minute" -> (long) time.getMinute();
                    case "Second" -> (long) time.getSecond();
                    case "Weekday" -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.US);
                    case "UTC" -> this;
                    default -> null;
                });
    }

    private static String layout(List<Object> arguments) {
        if (arguments.size() == 1 && arguments.getFirst() instanceof String layout) {
            return layout;
        }
        throw new IllegalArgumentException("wrong number of args for Format: want 1 text");
    }

    private ZonedDateTime time() {
        return instant.atZone(ZoneOffset.UTC);
    }

    private String format(String layout) {
        return LAYOUT.matcher(layout)
                .replaceAll(match -> java.util.regex.Matcher.quoteReplacement(part(match)));
    }

    private String part(MatchResult match) {
        var piece = match.group();
        var pattern =
                switch (piece) {
                    case "2006" -> "yyyy";
                    case "06" -> "yy";
                    case "January" -> "MMMM";
                    case "Jan" -> "MMM";
                    case "01" -> "MM";
                    case "1" -> "M";
                    case "Monday" -> "EEEE";
                    case "Mon" -> "EEE";
                    case "02" -> "dd";
                    case "2" -> "d";
                    case "_2" -> "ppd";
                    case "15" -> "HH";
                    case "03" -> "hh";
                    case "3" -> "h";
                    case "04" -> "mm";
                    case "4" -> "m";
                    case "05" -> "ss";
                    case "5" -> "s";
                    case "PM", "pm" -> "a";
                    default -> "";
                };
        if (!pattern.isEmpty()) {
            var text = DateTimeFormatter.ofPattern(pattern, Locale.US).format(time());
            return piece.equals("pm") ? text.toLowerCase(Locale.ROOT) : text;
        }
        return switch (piece) {
            case "MST" -> "UTC";
            case "Z07:00", "Z0700" -> "Z";
            case "-07:00" -> "+00:00";
            case "-0700" -> "+0000";
            case "-07" -> "+00";
            default -> fraction(piece);
        };
    }

    /// `.000` keeps its zeros, `.999` drops them.
    private String fraction(String piece) {
        int digits = Math.min(9, piece.length() - 1);
        var all = "%09d".formatted(time().getNano()).substring(0, digits);
        if (piece.charAt(1) == '9') {
            all = all.replaceAll("0+$", "");
        }
        return all.isEmpty() ? "" : piece.charAt(0) + all;
    }
}
