package tokenplumb.tsdb;

import tokenplumb.disk.Disk;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// Which metrics somebody has asked for, and when last: of a name that nobody asks for, the series
/// are paid for in vain. Kept in the file `queried` so that a restart does not forget. Thread-safe.
///
/// ```
/// since <milliseconds>
/// <milliseconds> <metric name>      one line each
/// ```
final class Queried {
    private static final String FILE = "queried";
    private static final int MOST = 50_000;
    private static final long DAY = 24 * 3600_000L;
    private static final long SAVE_MILLIS = 600_000L;
    private static final List<String> SUFFIXES =
            List.of("", "_bucket", "_count", "_sum", "_created", "_total");

    private final InstantSource clock;
    private final Map<String, Long> lastByName = new ConcurrentHashMap<>();
    private volatile long since;
    private volatile boolean changed;
    private long saved;

    Queried(InstantSource clock) {
        this.clock = clock;
        this.since = clock.millis();
        this.saved = since;
    }

    /// With what was noted before a restart, where that can be read.
    static Queried load(Disk disk, InstantSource clock) {
        var queried = new Queried(clock);
        if (disk.exists(FILE)) {
            try {
                queried.read(new String(disk.read(FILE), StandardCharsets.UTF_8));
            } catch (IOException | NumberFormatException unreadable) {
                queried.lastByName.clear(); // begins anew: it is not worth more
            }
        }
        return queried;
    }

    private void read(String text) {
        for (var line : text.split("\n")) {
            int space = line.indexOf(' ');
            if (space < 0) {
                continue;
            }
            var first = line.substring(0, space);
            var rest = line.substring(space + 1);
            if (first.equals("since")) {
                since = Long.parseLong(rest);
            } else {
                lastByName.put(rest, Long.parseLong(first));
            }
        }
    }

    /// Whether too little time has passed to say that nobody asks.
    boolean isYoung() {
        return clock.millis() - since < DAY;
    }

    /// When noting began.
    long since() {
        return since;
    }

    /// Notes what a selector asks for, where it names one metric.
    void note(List<Matcher> matchers) {
        for (var matcher : matchers) {
            if (matcher.name().equals(Labels.NAME) && matcher.type() == Matcher.Type.EQUAL) {
                note(matcher.value());
            }
        }
    }

    /// Whether what a selector finds must be told to [#note(String)] one by one.
    static boolean isOpen(List<Matcher> matchers) {
        return matchers.stream()
                .noneMatch(matcher ->
                        matcher.name().equals(Labels.NAME) && matcher.type() == Matcher.Type.EQUAL);
    }

    void note(String name) {
        if (lastByName.size() < MOST || lastByName.containsKey(name)) {
            lastByName.put(name, clock.millis());
            changed = true;
        }
    }

    /// When a metric, or a member of a family of this name, was asked for last; 0: never.
    long last(String name) {
        long last = 0;
        for (var suffix : SUFFIXES) {
            last = Math.max(last, lastByName.getOrDefault(name + suffix, 0L));
        }
        return last;
    }

    /// Writes it down, now and then. By one thread at a time.
    void save(Disk disk) throws IOException {
        long now = clock.millis();
        if (!changed || now - saved < SAVE_MILLIS) {
            return;
        }
        changed = false;
        saved = now;
        var text = new StringBuilder("since " + since + "\n");
        new TreeMap<>(lastByName)
                .forEach((name, last) -> text.append(last).append(' ').append(name).append('\n'));
        disk.replace(FILE, text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
