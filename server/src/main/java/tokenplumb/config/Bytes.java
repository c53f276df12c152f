package tokenplumb.config;

import java.util.Locale;
import java.util.regex.Pattern;

/// Sizes as Prometheus writes them; units are powers of 1024.
public final class Bytes {
    private static final Pattern SHAPE = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmgtpe]?)i?b?");

    private Bytes() {}

    /// Bytes of `512MB`, `1.5GiB`, `1024`. Throws [IllegalArgumentException] with a message fit for
    /// the user.
    public static long parse(String text) {
        var match = SHAPE.matcher(text.trim().toLowerCase(Locale.ROOT));
        if (!match.matches()) {
            throw new IllegalArgumentException(
                    "not a size: \"%s\"; write it like 512MB or 10GB".formatted(text));
        }
        int power = "kmgtpe".indexOf(match.group(2)) + (match.group(2).isEmpty() ? 0 : 1);
        double bytes = Double.parseDouble(match.group(1)) * Math.pow(1024, power);
        if (bytes > Long.MAX_VALUE) {
            throw new IllegalArgumentException("size out of range: \"" + text + "\"");
        }
        return (long) bytes;
    }
}
