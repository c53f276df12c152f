package tokenplumb.promql.parse;

import java.math.BigInteger;
import java.util.regex.Pattern;

/// Prometheus' durations, `1h30m`: read from text and written back.
final class PromDuration {
    private static final Pattern SYNTAX =
            Pattern.compile(
                    "(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?"
                            + "(?:([0-9]+)s)?(?:([0-9]+)ms)?");
    private static final long[] MILLIS = {
        365L * 86_400_000, 7L * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000, 1
    };
    private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms"};
    private static final BigInteger MAX_MILLIS = BigInteger.valueOf(Long.MAX_VALUE / 1_000_000);

    private PromDuration() {}

    /// Milliseconds. Throws [IllegalArgumentException] with Prometheus' message.
    static long parse(String text) {
        if (text.equals("0")) {
            return 0;
        }
        if (text.isEmpty()) {
            throw new IllegalArgumentException("empty duration string");
        }
        var match = SYNTAX.matcher(text);
        if (!match.matches()) {
            throw new IllegalArgumentException(
                    "not a valid duration string: " + GoText.quote(text));
        }
        var sum = BigInteger.ZERO;
        for (int i = 0; i < MILLIS.length; i++) {
            var digits = match.group(i + 1);
            if (digits != null) {
                sum = sum.add(new BigInteger(digits).multiply(BigInteger.valueOf(MILLIS[i])));
            }
        }
        if (sum.compareTo(MAX_MILLIS) > 0) { // Prometheus counts nanoseconds in 64 bits
            throw new IllegalArgumentException("duration out of range");
        }
        return sum.longValue();
    }

    /// As Prometheus prints it: years and weeks only where they come out even.
    static String print(long millis) {
        if (millis == 0) {
            return "0s";
        }
        var out = new StringBuilder();
        long rest = millis;
        if (rest < 0) {
            out.append('-');
            rest = -rest;
        }
        for (int i = 0; i < MILLIS.length; i++) {
            boolean onlyEven = i < 2;
            if (onlyEven && rest % MILLIS[i] != 0) {
                continue;
            }
            long count = rest / MILLIS[i];
            if (count > 0) {
                out.append(count).append(UNITS[i]);
                rest -= count * MILLIS[i];
            }
        }
        return out.toString();
    }
}
