package tokenplumb.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// An order to break something: which kind of fault, how long from now, for how long, and how.
///
/// As text: `kind[@after][+lasting][:name=value,…]`, e.g.
/// `kv-cache-thrash@60s+5m:model=llama-3.3-70b,severity=0.8`. Without `@` it begins at once,
/// without `+` it lasts ten minutes.
public record Fault(String kind, Duration after, Duration lasting, Map<String, String> parameters) {
    private static final Pattern TEXT =
            Pattern.compile("([a-z][a-z0-9-]*)(?:@([0-9a-z]+))?(?:\\+([0-9a-z]+))?(?::(.*))?");
    private static final Pattern PART = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
    private static final Duration LONGEST = Duration.ofDays(7);

    public Fault {
        parameters = Map.copyOf(parameters);
        if (after.isNegative() || after.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "fault %s cannot begin after %s: choose 0s to 7d".formatted(kind, after));
        }
        if (!lasting.isPositive() || lasting.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "fault %s cannot last %s: choose more than 0s and at most 7d"
                            .formatted(kind, lasting));
        }
    }

    /// Reads one order. Throws [IllegalArgumentException] saying what is wrong with it.
    public static Fault parse(String text) {
        var match = TEXT.matcher(text.strip());
        if (!match.matches()) {
            throw new IllegalArgumentException(
                    "cannot read the fault \"%s\": write kind@after+lasting:name=value,… as in %s"
                            .formatted(text, "thermal-throttle@60s+5m:node=gpu-node-1"));
        }
        return new Fault(
                match.group(1),
                Optional.ofNullable(match.group(2)).map(Fault::duration).orElse(Duration.ZERO),
                Optional.ofNullable(match.group(3))
                        .map(Fault::duration)
                        .orElse(Duration.ofMinutes(10)),
                parameters(Optional.ofNullable(match.group(4)).orElse("")));
    }

    /// Reads a timetable: orders separated by semicolons or white space.
    public static List<Fault> timetable(String text) {
        var faults = new ArrayList<Fault>();
        for (var order : text.split("[;\\s]+", -1)) {
            if (!order.isEmpty()) {
                faults.add(parse(order));
            }
        }
        return faults;
    }

    private static Duration duration(String text) {
        var sum = Duration.ZERO;
        var part = PART.matcher(text);
        int end = 0;
        while (part.find() && part.start() == end) {
            end = part.end();
            long count = Long.parseLong(part.group(1));
            sum =
                    sum.plus(
                            switch (part.group(2)) {
                                case "ms" -> Duration.ofMillis(count);
                                case "s" -> Duration.ofSeconds(count);
                                case "m" -> Duration.ofMinutes(count);
                                default -> Duration.ofHours(count);
                            });
        }
        if (end != text.length()) {
            throw new IllegalArgumentException(
                    "\"%s\" is not a duration: write 90s, 5m or 1h30m".formatted(text));
        }
        return sum;
    }

    private static Map<String, String> parameters(String text) {
        var map = new TreeMap<String, String>();
        for (var pair : text.split(",", -1)) {
            if (pair.isBlank()) {
                continue;
            }
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw new IllegalArgumentException(
                        "\"%s\" is not a parameter of a fault: write name=value".formatted(pair));
            }
            map.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
        }
        return map;
    }
}
