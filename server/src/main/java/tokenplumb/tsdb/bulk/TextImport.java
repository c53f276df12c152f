package tokenplumb.tsdb.bulk;

import tokenplumb.exposition.Exposition;
import tokenplumb.exposition.ExpositionException;
import tokenplumb.exposition.Format;
import tokenplumb.signal.Labels;
import tokenplumb.tsdb.compact.Blocks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Reads text with timestamps, OpenMetrics (seconds) or Prometheus' (milliseconds), into blocks. In
/// one pass, whatever the order of its lines, in bounded memory: samples are gathered in windows of
/// time ([Window]), and when they are too many the oldest window becomes a block. Windows that get
/// samples afterwards become more than one block, which compaction merges.
///
/// A series' text is parsed once. Lines of one source come in the same order again and again, so
/// each series knows which one followed it last time: mostly a line costs one comparison of bytes,
/// one number and one timestamp. Metadata and exemplars are passed over.
///
/// Used by one thread.
public final class TextImport {
    private static final int PIECE = 1 << 20;
    private static final int LONGEST_LINE = 1 << 20;
    private static final double[] TENS = new double[23];

    static {
        double ten = 1;
        for (int i = 0; i < TENS.length; i++) {
            TENS[i] = ten;
            ten *= 10;
        }
    }

    /// What was read: samples, series, blocks written, and the times of the first and last sample.
    public record Result(long samples, long series, long blocks, long minTime, long maxTime) {}

    private final Blocks blocks;
    private final long windowMillis;
    private final long mostBytes;
    private final boolean isOpenMetrics;

    private final Map<Long, Window> windows = new TreeMap<>();
    private Window window; // the last one used
    private long bytes; // in all windows, as of the last look
    private final List<Labels> labels = new ArrayList<>(); // by series
    private byte[][] texts = new byte[1024][];
    private int[] following = new int[1024]; // the series that came next the last time, + 1
    private int[] table = new int[4096]; // series + 1 by hash of the text
    private int last = -1;
    private long line;
    private long samples;
    private long written;
    private long minTime = Long.MAX_VALUE;
    private long maxTime = Long.MIN_VALUE;

    private byte[] buffer = new byte[PIECE];
    private int at; // within the line that is being parsed

    /// `windowMillis`: how long blocks are; `mostBytes`: how much may be gathered in memory.
    public TextImport(Blocks blocks, long windowMillis, long mostBytes, boolean isOpenMetrics) {
        this.blocks = blocks;
        this.windowMillis = windowMillis;
        this.mostBytes = mostBytes;
        this.isOpenMetrics = isOpenMetrics;
    }

    /// Reads all of it. What was written before a failure stays.
    public Result read(InputStream in) throws IOException {
        int end = 0;
        while (true) {
            if (end == buffer.length) {
                if (buffer.length >= LONGEST_LINE * 2) {
                    throw wrong("the line is longer than %d bytes".formatted(LONGEST_LINE));
                }
                buffer = Arrays.copyOf(buffer, buffer.length * 2);
            }
            int got = in.read(buffer, end, buffer.length - end);
            boolean isLast = got < 0;
            end += Math.max(0, got);
            int start = 0;
            while (true) {
                int known = expected(start, end);
                int newline = newline(start + known, end);
                if (newline < 0) {
                    break;
                }
                line(start, newline, known);
                start = newline + 1;
            }
            if (isLast) {
                if (start < end) {
                    line(start, end, 0);
                }
                break;
            }
            System.arraycopy(buffer, start, buffer, 0, end - start);
            end -= start;
            keepWithinBounds();
        }
        while (!windows.isEmpty()) {
            writeOldest();
        }
        return new Result(samples, labels.size(), written, minTime, maxTime);
    }

    private int newline(int from, int to) {
        for (int i = from; i < to; i++) {
            if (buffer[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private void keepWithinBounds() throws IOException {
        bytes = 0;
        for (var each : windows.values()) {
            bytes += each.bytes();
        }
        while (bytes > mostBytes && !windows.isEmpty()) {
            bytes -= writeOldest();
        }
    }

    private long writeOldest() throws IOException {
        var oldest = windows.values().iterator().next();
        windows.remove(oldest.start);
        window = null;
        oldest.fold(labels);
        if (blocks.add(oldest, oldest.start, oldest.end, List.of()).isPresent()) {
            written++;
        }
        return oldest.bytes();
    }

    private IOException wrong(String what) {
        return new IOException("line %d: %s".formatted(line, what));
    }

    /// `known`: how many bytes are the text of the series that is expected.
    private void line(int start, int end, int known) throws IOException {
        line++;
        int stop = end > start && buffer[end - 1] == '\r' ? end - 1 : end;
        if (start == stop || buffer[start] == '#') {
            return;
        }
        int series = known > 0 ? follow(start + known) : series(start, stop);
        double value = number(stop);
        long time = timestamp(stop);
        skipSpaces(stop);
        if (at < stop && buffer[at] != '#') { // an exemplar may follow
            throw wrong("something follows the timestamp: " + text(at, stop));
        }
        add(series, time, value);
    }

    private void add(int series, long time, double value) {
        if (window == null || time < window.start || time >= window.end) {
            long start = Math.floorDiv(time, windowMillis) * windowMillis;
            window = windows.computeIfAbsent(start, key -> new Window(start, start + windowMillis));
        }
        window.add(series, time, value);
        minTime = Math.min(minTime, time);
        maxTime = Math.max(maxTime, time);
        samples++;
    }

    // --- series

    /// Length of the text of the series that followed the last time, if it stands here; else 0.
    private int expected(int start, int end) {
        if (last < 0 || following[last] == 0) {
            return 0;
        }
        var text = texts[following[last] - 1];
        return text.length < end - start
                        && buffer[start + text.length] == ' '
                        && Arrays.equals(text, 0, text.length, buffer, start, start + text.length)
                ? text.length
                : 0;
    }

    private int follow(int textEnd) {
        last = following[last] - 1;
        at = textEnd;
        return last;
    }

    private int series(int start, int end) throws IOException {
        int textEnd = endOfSeries(start, end);
        int found = find(start, textEnd);
        if (last >= 0) {
            following[last] = found + 1;
        }
        last = found;
        at = textEnd;
        return found;
    }

    private int endOfSeries(int start, int end) throws IOException {
        boolean isQuoted = false;
        boolean isInBraces = false;
        for (int i = start; i < end; i++) {
            byte b = buffer[i];
            if (isQuoted) {
                if (b == '\\') {
                    i++;
                } else if (b == '"') {
                    isQuoted = false;
                }
            } else if (b == '"') {
                isQuoted = true;
            } else if (b == '{') {
                isInBraces = true;
            } else if (b == '}') {
                return i + 1;
            } else if ((b == ' ' || b == '\t') && !isInBraces) {
                int next = i; // name {label="value"} 1
                while (next < end && (buffer[next] == ' ' || buffer[next] == '\t')) {
                    next++;
                }
                if (next == end || buffer[next] != '{') {
                    return i;
                }
            }
        }
        throw wrong("no value: " + text(start, end));
    }

    private int find(int start, int end) throws IOException {
        int slot = hash(start, end) & table.length - 1;
        while (table[slot] != 0) {
            var text = texts[table[slot] - 1];
            if (Arrays.equals(text, 0, text.length, buffer, start, end)) {
                return table[slot] - 1;
            }
            slot = slot + 1 & table.length - 1;
        }
        int number = labels.size();
        if (number == texts.length) {
            texts = Arrays.copyOf(texts, number * 2);
            following = Arrays.copyOf(following, number * 2);
        }
        var text = Arrays.copyOfRange(buffer, start, end);
        labels.add(parse(text));
        texts[number] = text;
        table[slot] = number + 1;
        if (labels.size() * 2 > table.length) {
            grow();
        }
        return number;
    }

    private int hash(int start, int end) {
        int hash = end - start;
        for (int i = start; i < end; i++) {
            hash = hash * 31 + buffer[i];
        }
        return hash ^ hash >>> 15;
    }

    private void grow() {
        table = new int[table.length * 2];
        var before = buffer;
        for (int i = 0; i < labels.size(); i++) {
            buffer = texts[i];
            int slot = hash(0, texts[i].length) & table.length - 1;
            while (table[slot] != 0) {
                slot = slot + 1 & table.length - 1;
            }
            table[slot] = i + 1;
        }
        buffer = before;
    }

    private Labels parse(byte[] text) throws IOException {
        var exposition = new Exposition();
        var whole =
                (new String(text, StandardCharsets.UTF_8) + " 0\n")
                        .getBytes(StandardCharsets.UTF_8);
        exposition.reset(Format.TEXT, whole, whole.length);
        try {
            if (exposition.next() != Exposition.Entry.SERIES) {
                throw wrong("no series: " + new String(text, StandardCharsets.UTF_8));
            }
            return exposition.labels();
        } catch (ExpositionException e) {
            throw wrong(e.getMessage());
        }
    }

    // --- numbers

    private void skipSpaces(int end) {
        while (at < end && (buffer[at] == ' ' || buffer[at] == '\t')) {
            at++;
        }
    }

    private double number(int end) throws IOException {
        skipSpaces(end);
        int start = at;
        boolean isNegative = false;
        if (at < end && (buffer[at] == '-' || buffer[at] == '+')) {
            isNegative = buffer[at++] == '-';
        }
        long digits = 0;
        int count = 0;
        int scale = 0;
        boolean isFraction = false;
        boolean isSimple = true;
        for (; at < end; at++) {
            byte b = buffer[at];
            if (b >= '0' && b <= '9') {
                digits = digits * 10 + (b - '0');
                count += digits == 0 ? 0 : 1;
                scale -= isFraction ? 1 : 0;
            } else if (b == '.' && !isFraction) {
                isFraction = true;
            } else {
                break;
            }
        }
        int exponent = 0;
        if (at < end && (buffer[at] == 'e' || buffer[at] == 'E') && at > start) {
            at++;
            boolean isDown = at < end && buffer[at] == '-';
            if (at < end && (buffer[at] == '-' || buffer[at] == '+')) {
                at++;
            }
            int from = at;
            while (at < end && buffer[at] >= '0' && buffer[at] <= '9' && at - from < 6) {
                exponent = exponent * 10 + (buffer[at++] - '0');
            }
            isSimple = at > from;
            exponent = isDown ? -exponent : exponent;
        }
        int tens = exponent + scale;
        if (isSimple
                && (at == end || buffer[at] == ' ' || buffer[at] == '\t')
                && at > start
                && count <= 15
                && tens > -TENS.length
                && tens < TENS.length
                && buffer[at - 1] != '.'
                && digits < 1L << 53) {
            double value = tens < 0 ? digits / TENS[-tens] : digits * TENS[tens];
            if (!isNegative || buffer[start] == '-') {
                return isNegative ? -value : value;
            }
        }
        return slowNumber(start, end);
    }

    private double slowNumber(int start, int end) throws IOException {
        at = start;
        while (at < end && buffer[at] != ' ' && buffer[at] != '\t') {
            at++;
        }
        var text = text(start, at);
        switch (text.toLowerCase(Locale.ROOT)) {
            case "nan", "+nan", "-nan" -> {
                return Double.longBitsToDouble(0x7ff8000000000001L);
            }
            case "+inf", "inf", "+infinity", "infinity" -> {
                return Double.POSITIVE_INFINITY;
            }
            case "-inf", "-infinity" -> {
                return Double.NEGATIVE_INFINITY;
            }
            default -> {}
        }
        try {
            if (!text.isEmpty() && "0123456789+-.".indexOf(text.charAt(0)) >= 0) {
                return Double.parseDouble(text);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw wrong(
                text.isEmpty()
                        ? "no value behind the series"
                        : "\"%s\" is no number".formatted(text));
    }

    /// In milliseconds.
    private long timestamp(int end) throws IOException {
        skipSpaces(end);
        int start = at;
        boolean isNegative = at < end && buffer[at] == '-';
        if (isNegative) {
            at++;
        }
        long digits = 0;
        int from = at;
        while (at < end && buffer[at] >= '0' && buffer[at] <= '9' && at - from < 16) {
            digits = digits * 10 + (buffer[at++] - '0');
        }
        if (at == from) {
            throw wrong(
                    start == end
                            ? "no timestamp; history needs one on every line"
                            : "\"%s\" is no timestamp".formatted(text(start, end)));
        }
        if (!isOpenMetrics) {
            if (at < end && buffer[at] != ' ' && buffer[at] != '\t') {
                throw wrong(
                        "\"%s\" is no timestamp in milliseconds; seconds with a fraction are OpenMetrics'"
                                .formatted(text(start, end)));
            }
            return isNegative ? -digits : digits;
        }
        long millis = digits * 1000;
        if (at < end && buffer[at] == '.') {
            at++;
            int unit = 100;
            boolean isUp = false;
            for (int place = 0; at < end && buffer[at] >= '0' && buffer[at] <= '9'; place++) {
                int digit = buffer[at++] - '0';
                if (place < 3) {
                    millis += (long) digit * unit;
                    unit /= 10;
                } else if (place == 3) {
                    isUp = digit >= 5;
                }
            }
            millis += isUp ? 1 : 0;
        }
        if (at < end && buffer[at] != ' ' && buffer[at] != '\t') {
            at = start;
            double seconds = slowNumber(start, end);
            return Math.round(seconds * 1000);
        }
        return isNegative ? -millis : millis;
    }

    private String text(int start, int end) {
        return new String(
                buffer, start, Math.min(end, start + 200) - start, StandardCharsets.UTF_8);
    }
}
