package tokenplumb.exposition;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/// Reads an exposition entry by entry, in one pass over its bytes and without a String for a sample
/// until somebody asks for one. Accepts and refuses what Prometheus 3 does, and three things more
/// that real exporters write: CRLF line ends and `-nan(ind)` in the text format, and a sign before
/// NaN. Made to be reused by [#reset]. Not thread-safe.
///
/// Who knows from the last scrape that the bytes up to a value are the same as before goes on with
/// [#resumeAtValue] instead of [#next], and nothing but the number is parsed.
public final class Exposition {
    /// What [#next] has found.
    public enum Entry {
        SERIES,
        TYPE,
        HELP,
        UNIT,
        COMMENT,
        END
    }

    private static final String CREATED = "_created";
    private static final byte NAME_START = 1; // letters and _
    private static final byte COLON = 2;
    private static final byte DIGIT = 4;
    private static final byte[] CLASSES = new byte[256];

    static {
        Arrays.fill(CLASSES, 'a', 'z' + 1, NAME_START);
        Arrays.fill(CLASSES, 'A', 'Z' + 1, NAME_START);
        Arrays.fill(CLASSES, '0', '9' + 1, DIGIT);
        CLASSES['_'] = NAME_START;
        CLASSES[':'] = COLON;
    }

    private static final byte[] NOTHING = {};

    private final boolean skipCreated;

    private byte[] body = NOTHING;
    private int end;
    private int at;
    private boolean openMetrics;

    private int nameStart; // -1: none yet
    private int nameEnd;
    private int[] pairs =
            new int[64]; // for each label: name start, name end, value start, value end
    private int pairsSize;
    private int seriesStart;
    private int valueAt;
    private double value;
    private boolean hasTimestamp;
    private long timestamp;
    private boolean hasExemplar;
    private int exemplarPairsEnd; // its pairs stand behind those of the series
    private double exemplarValue;
    private OptionalLong exemplarTimestamp = OptionalLong.empty();
    private int afterExponent;
    private Metadata.Type type = Metadata.Type.UNKNOWN; // the last TYPE line's
    private String family = "";
    private String typedFamily = "";
    private String text = "";
    private Labels startedIdentity = Labels.EMPTY;
    private long started;

    public Exposition() {
        this(false);
    }

    private Exposition(boolean skipCreated) {
        this.skipCreated = skipCreated;
    }

    /// One that passes over OpenMetrics' `_created` lines; [#start] answers with them instead.
    public static Exposition withoutCreated() {
        return new Exposition(true);
    }

    /// Starts over with the first `length` bytes of `body`, which must not change meanwhile.
    public void reset(Format format, byte[] body, int length) {
        this.body = body;
        this.end = length;
        this.at = 0;
        this.openMetrics = format == Format.OPENMETRICS;
        this.type = Metadata.Type.UNKNOWN;
        this.family = "";
        this.typedFamily = "";
        this.nameStart = -1;
        this.pairsSize = 0;
        this.hasExemplar = false;
        this.startedIdentity = Labels.EMPTY;
    }

    /// Goes on to the next entry.
    public Entry next() throws ExpositionException {
        if (!openMetrics) {
            return nextOfText();
        }
        while (true) {
            var entry = nextOfOpenMetrics();
            if (entry != Entry.SERIES || !skipCreated || !isCreated()) {
                return entry;
            }
        }
    }

    // ---- text format 0.0.4 -----------------------------------------------------------------

    private Entry nextOfText() throws ExpositionException {
        while (true) {
            skipBlanks();
            if (at >= end) {
                return Entry.END;
            }
            byte c = body[at];
            if (c == '\n') {
                at++;
                continue;
            }
            if (c == '#') {
                return commentOfText();
            }
            readSeries();
            skipBlanks();
            readValue("expected a value after the metric");
            endOfTextSample();
            return Entry.SERIES;
        }
    }

    private void endOfTextSample() throws ExpositionException {
        hasTimestamp = false;
        if (at < end && body[at] == '\n') {
            at++;
            return;
        }
        skipBlanks();
        int first = at;
        long time = 0;
        while (at < end && CLASSES[body[at] & 0xff] == DIGIT) {
            if (time > (Long.MAX_VALUE - 9) / 10) {
                throw error("a timestamp beyond 64 bits");
            }
            time = time * 10 + body[at++] - '0';
        }
        if (at > first) {
            hasTimestamp = true;
            timestamp = time;
            skipBlanks();
        }
        if (at >= end) {
            return;
        }
        if (body[at] != '\n') {
            throw error(
                    at > first
                            ? "expected the end of the line after the timestamp"
                            : "expected a timestamp in whole milliseconds or the end of the line");
        }
        at++;
    }

    private Entry commentOfText() throws ExpositionException {
        int start = at;
        at++;
        skipBlanks();
        boolean spaced = at > start + 1;
        boolean help = spaced && isWord("HELP");
        if (!help && !(spaced && isWord("TYPE"))) {
            restOfLine();
            text = string(start, endOfContent(start));
            return Entry.COMMENT;
        }
        at += 4;
        skipBlanks();
        familyName(help ? "HELP" : "TYPE");
        int from = Math.min(at + 1, end);
        if (at < end && body[at] == '\n') {
            from = at;
        }
        restOfLine();
        int to = endOfContent(from);
        if (help) {
            text = checkedHelp(from, to);
            return Entry.HELP;
        }
        type = typeOfText(from, to);
        typedFamily = family;
        return Entry.TYPE;
    }

    private Metadata.Type typeOfText(int from, int to) throws ExpositionException {
        var word = string(from, to);
        return switch (word) {
            case "counter" -> Metadata.Type.COUNTER;
            case "gauge" -> Metadata.Type.GAUGE;
            case "histogram" -> Metadata.Type.HISTOGRAM;
            case "summary" -> Metadata.Type.SUMMARY;
            case "untyped" -> Metadata.Type.UNKNOWN;
            default -> throw errorAt(from, "invalid metric type " + Labels.quote(shortened(word)));
        };
    }

    /// True when the word stands here and a blank follows.
    private boolean isWord(String word) {
        int after = at + word.length();
        if (after >= end || body[after] != ' ' && body[after] != '\t') {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (body[at + i] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// Passes over spaces and tabs, and over a carriage return at the end of a line.
    private void skipBlanks() {
        while (at < end) {
            byte c = body[at];
            if (c != ' ' && c != '\t' && !(c == '\r' && isLastOfLine(at))) {
                return;
            }
            at++;
        }
    }

    private boolean isLastOfLine(int i) {
        return !openMetrics && (i + 1 == end || body[i + 1] == '\n');
    }

    // ---- OpenMetrics 1.0 -------------------------------------------------------------------

    private Entry nextOfOpenMetrics() throws ExpositionException {
        if (at >= end) {
            throw error("the exposition does not end with # EOF");
        }
        if (body[at] == '#') {
            return commentOfOpenMetrics();
        }
        readSeries();
        if (at >= end || body[at] != ' ') {
            throw error("expected one space and a value after the metric");
        }
        at++;
        readValue("expected one space and a value after the metric");
        endOfOpenMetricsSample();
        return Entry.SERIES;
    }

    private void endOfOpenMetricsSample() throws ExpositionException {
        hasTimestamp = false;
        hasExemplar = false;
        if (at < end && body[at] == ' ' && !isExemplar()) {
            at++;
            timestamp = seconds("timestamp");
            hasTimestamp = true;
        }
        if (isExemplar()) {
            hasExemplar = true;
            readExemplar();
        }
        if (at >= end) {
            throw error("the exposition does not end with # EOF");
        }
        if (body[at] != '\n') {
            throw error(
                    hasTimestamp
                            ? "expected an exemplar or the end of the line after the timestamp"
                            : "expected a timestamp, an exemplar or the end of the line");
        }
        at++;
    }

    private boolean isExemplar() {
        return at + 3 < end
                && body[at] == ' '
                && body[at + 1] == '#'
                && body[at + 2] == ' '
                && body[at + 3] == '{';
    }

    private void readExemplar() throws ExpositionException {
        int pairsOfSeries = pairsSize;
        at += 4;
        labelPairs(true);
        exemplarPairsEnd = pairsSize;
        pairsSize = pairsOfSeries;
        if (at >= end || body[at] != ' ') {
            throw error("expected a value after the exemplar's labels");
        }
        at++;
        double kept = value;
        int keptAt = valueAt;
        readValue("expected a value after the exemplar's labels");
        exemplarValue = value;
        value = kept;
        valueAt = keptAt;
        exemplarTimestamp = OptionalLong.empty();
        if (at < end && body[at] == ' ') {
            at++;
            exemplarTimestamp = OptionalLong.of(seconds("exemplar timestamp"));
        }
    }

    /// A time in seconds, as milliseconds.
    private long seconds(String what) throws ExpositionException {
        double kept = value;
        int keptAt = valueAt;
        int from = at;
        readValue("expected a " + what);
        double seconds = value;
        value = kept;
        valueAt = keptAt;
        if (!Double.isFinite(seconds)) {
            throw errorAt(from, "invalid " + what);
        }
        return (long) (seconds * 1000);
    }

    private Entry commentOfOpenMetrics() throws ExpositionException {
        int start = at;
        if (at + 1 >= end || body[at + 1] != ' ') {
            throw error("expected # HELP, # TYPE, # UNIT or # EOF: OpenMetrics has no comments");
        }
        at += 2;
        if (at + 3 <= end && body[at] == 'E' && body[at + 1] == 'O' && body[at + 2] == 'F') {
            at += 3;
            if (at < end && body[at] == '\n') {
                at++;
            }
            if (at < end) {
                throw error("unexpected data after # EOF");
            }
            return Entry.END;
        }
        if (isWord("HELP")) {
            return metadata("HELP", Entry.HELP);
        }
        if (isWord("TYPE")) {
            return metadata("TYPE", Entry.TYPE);
        }
        if (isWord("UNIT")) {
            return metadata("UNIT", Entry.UNIT);
        }
        throw errorAt(
                start, "expected # HELP, # TYPE, # UNIT or # EOF: OpenMetrics has no comments");
    }

    private Entry metadata(String word, Entry entry) throws ExpositionException {
        at += 4;
        if (body[at] != ' ') {
            throw error("expected one space after " + word);
        }
        at++;
        familyName(word);
        if (at >= end || body[at] != ' ') {
            throw error("expected one space and a text in " + word);
        }
        int from = at + 1;
        restOfLine();
        if (body[at - 1] != '\n') {
            throw error("the exposition does not end with # EOF");
        }
        int to = at - 1;
        if (entry == Entry.HELP) {
            text = checkedHelp(from, to);
        } else if (entry == Entry.UNIT) {
            text = string(from, to);
            if (!text.isEmpty() && !family.endsWith("_" + text)) {
                throw errorAt(
                        from,
                        "unit %s is not a suffix of metric %s"
                                .formatted(Labels.quote(text), Labels.quote(family)));
            }
        } else {
            type = typeOfOpenMetrics(from, to);
            typedFamily = family;
        }
        return entry;
    }

    private Metadata.Type typeOfOpenMetrics(int from, int to) throws ExpositionException {
        var word = string(from, to);
        return switch (word) {
            case "counter" -> Metadata.Type.COUNTER;
            case "gauge" -> Metadata.Type.GAUGE;
            case "histogram" -> Metadata.Type.HISTOGRAM;
            case "gaugehistogram" -> Metadata.Type.GAUGEHISTOGRAM;
            case "summary" -> Metadata.Type.SUMMARY;
            case "info" -> Metadata.Type.INFO;
            case "stateset" -> Metadata.Type.STATESET;
            case "unknown" -> Metadata.Type.UNKNOWN;
            default -> throw errorAt(from, "invalid metric type " + Labels.quote(shortened(word)));
        };
    }

    // ---- both ------------------------------------------------------------------------------

    /// The name and the labels in braces.
    private void readSeries() throws ExpositionException {
        seriesStart = at;
        nameStart = -1;
        pairsSize = 0;
        hasExemplar = false;
        if (isNameStart()) {
            nameStart = at;
            skipName();
            nameEnd = at;
            if (!openMetrics) {
                skipBlanks();
            }
        } else if (body[at] != '{') {
            throw error("expected a metric's name, { or #");
        }
        if (at < end && body[at] == '{') {
            at++;
            labelPairs(false);
        }
        if (nameStart < 0) {
            throw errorAt(seriesStart, "a series without a metric name");
        }
    }

    private boolean isNameStart() {
        return at < end && (CLASSES[body[at] & 0xff] & (NAME_START | COLON)) != 0;
    }

    private void skipName() {
        while (at < end && CLASSES[body[at] & 0xff] != 0) {
            at++;
        }
    }

    /// Label pairs up to the closing brace, from behind the opening one.
    private void labelPairs(boolean ofExemplar) throws ExpositionException {
        skipBlanksOfText();
        while (true) {
            byte c = peek();
            if (c == '}') {
                at++;
                return;
            }
            int from = at;
            int to;
            boolean quoted = c == '"';
            if (quoted) {
                skipQuoted("name");
                from++;
                to = at - 1;
            } else if (at < end && CLASSES[c & 0xff] == NAME_START) {
                while (at < end && (CLASSES[body[at] & 0xff] & (NAME_START | DIGIT)) != 0) {
                    at++;
                }
                to = at;
            } else {
                throw error("expected a label name");
            }
            skipBlanksOfText();
            c = peek();
            if (quoted && !ofExemplar && (c == ',' || c == '}')) {
                if (nameStart >= 0) {
                    throw error("the metric has a name already");
                }
                nameStart = from;
                nameEnd = to;
                at++;
                if (c == '}') {
                    return;
                }
                skipBlanksOfText();
                continue;
            }
            if (c != '=') {
                throw error("expected = after the label's name");
            }
            at++;
            skipBlanksOfText();
            if (peek() != '"') {
                throw error("expected a label value in double quotes");
            }
            int valueFrom = at + 1;
            skipQuoted("value");
            pair(from, to, valueFrom, at - 1);
            skipBlanksOfText();
            c = peek();
            if (c == ',') {
                at++;
                skipBlanksOfText();
            } else if (openMetrics && c != '}') {
                throw error("expected a comma or the closing brace");
            }
        }
    }

    private byte peek() {
        return at < end ? body[at] : (byte) '\n';
    }

    private void skipBlanksOfText() {
        if (!openMetrics) {
            skipBlanks();
        }
    }

    /// Passes over a string in double quotes, which must be UTF-8.
    private void skipQuoted(String what) throws ExpositionException {
        int from = at + 1;
        int seen = 0;
        int i = from;
        while (true) {
            if (i >= end) {
                throw error("the label " + what + " lacks its closing quote");
            }
            byte c = body[i++];
            seen |= c;
            if (c == '"') {
                break;
            }
            if (c == '\\') {
                if (i >= end || body[i] == '\n') {
                    throw error("the label " + what + " lacks its closing quote");
                }
                seen |= body[i++];
            } else if (c == '\n' && openMetrics) {
                throw error("the label " + what + " lacks its closing quote");
            }
        }
        if (seen < 0 && !isUtf8(from, i - 1)) {
            throw error("the label " + what + " is not UTF-8");
        }
        at = i;
    }

    private void pair(int nameFrom, int nameTo, int valueFrom, int valueTo) {
        if (pairsSize + 4 > pairs.length) {
            pairs = Arrays.copyOf(pairs, pairs.length * 2);
        }
        pairs[pairsSize++] = nameFrom;
        pairs[pairsSize++] = nameTo;
        pairs[pairsSize++] = valueFrom;
        pairs[pairsSize++] = valueTo;
    }

    private void familyName(String word) throws ExpositionException {
        if (at < end && body[at] == '"') {
            int from = at + 1;
            skipQuoted("name");
            family = unescaped(from, at - 1, true);
            return;
        }
        if (!isNameStart()) {
            throw error("expected a metric name after " + word);
        }
        int from = at;
        skipName();
        family = ascii(from, at);
    }

    /// Moves behind the next line feed, or to the end.
    private void restOfLine() {
        while (at < end) {
            if (body[at++] == '\n') {
                return;
            }
        }
    }

    /// Where the content of the line just passed ends, its line end left out.
    private int endOfContent(int from) {
        int to = at;
        if (to > from && body[to - 1] == '\n') {
            to--;
        }
        if (to > from && body[to - 1] == '\r') {
            to--;
        }
        return to;
    }

    private String checkedHelp(int from, int to) throws ExpositionException {
        if (!isUtf8(from, to)) {
            throw errorAt(from, "the help text is not UTF-8");
        }
        return unescaped(from, to, openMetrics);
    }

    /// Reads the number at [#at], a whole token, into [#value].
    private void readValue(String expected) throws ExpositionException {
        final byte[] b = body;
        final int last = end;
        int i = at;
        valueAt = i;
        boolean negative = false;
        if (i < last && (b[i] == '-' || b[i] == '+')) {
            negative = b[i] == '-';
            i++;
        }
        long digits = 0;
        int first = i;
        int d;
        while (i < last && (d = b[i] - '0') >= 0 && d <= 9) {
            digits = digits * 10 + d;
            i++;
        }
        int count = i - first;
        int exponent = 0;
        if (i < last && b[i] == '.') {
            int point = ++i;
            while (i < last && (d = b[i] - '0') >= 0 && d <= 9) {
                digits = digits * 10 + d;
                i++;
            }
            exponent = point - i;
            count -= exponent;
        }
        if (count > 0 && count <= 19) {
            if (i < last && (b[i] | 0x20) == 'e') {
                int written = exponent(i + 1);
                if (written == Integer.MIN_VALUE) {
                    readRareValue(expected);
                    return;
                }
                exponent += written;
                i = afterExponent;
            }
            if (i >= last || b[i] <= ' ' && endsNumber(i)) {
                double result =
                        exponent == 0 && digits >>> 53 == 0
                                ? digits
                                : Numbers.decimal(digits, exponent);
                if (!Double.isNaN(result)) {
                    value = negative ? -result : result;
                    at = i;
                    return;
                }
            }
        }
        readRareValue(expected);
    }

    /// The exponent's digits from `i` on, up to four; MIN_VALUE for anything else.
    private int exponent(int i) {
        boolean negative = false;
        if (i < end && (body[i] == '-' || body[i] == '+')) {
            negative = body[i] == '-';
            i++;
        }
        int first = i;
        int power = 0;
        while (i < end && body[i] >= '0' && body[i] <= '9' && i - first < 4) {
            power = power * 10 + body[i++] - '0';
        }
        afterExponent = i;
        if (i == first) {
            return Integer.MIN_VALUE;
        }
        return negative ? -power : power;
    }

    /// A blank or a line end behind a number, of those this format allows there.
    private boolean endsNumber(int i) {
        byte c = body[i];
        return c == ' ' || c == '\n' || !openMetrics && (c == '\t' || c == '\r' && isLastOfLine(i));
    }

    private void readRareValue(String expected) throws ExpositionException {
        int from = at;
        int to = from;
        while (to < end && !endsNumber(to) && (openMetrics || body[to] != '{')) {
            to++;
        }
        if (to == from) {
            throw error(expected);
        }
        try {
            value = Numbers.rare(body, from, to);
            if (openMetrics && Double.isNaN(value) && to - from != 3) {
                throw new NumberFormatException("not a number as OpenMetrics writes it");
            }
        } catch (NumberFormatException e) {
            var token = string(from, Math.min(to, from + 40));
            throw error(e.getMessage() + ": " + Labels.quote(token));
        }
        valueAt = from;
        at = to;
    }

    // ---- what has been found ---------------------------------------------------------------

    /// After SERIES: its labels, the name among them; empty values are left out. Throws when a
    /// label is given twice.
    public Labels labels() throws ExpositionException {
        var sorted = new String[2 + pairsSize / 2];
        sorted[0] = Labels.NAME;
        sorted[1] = unescaped(nameStart, nameEnd, true);
        int size = 2;
        boolean empty = false;
        for (int i = 0; i < pairsSize; i += 4) {
            var name = unescaped(pairs[i], pairs[i + 1], true);
            var text = bound(name, unescaped(pairs[i + 2], pairs[i + 3], true));
            empty |= text.isEmpty();
            int to = size;
            while (to > 0 && sorted[to - 2].compareTo(name) > 0) {
                sorted[to] = sorted[to - 2];
                sorted[to + 1] = sorted[to - 1];
                to -= 2;
            }
            if (to > 0 && sorted[to - 2].equals(name)) {
                throw errorAt(pairs[i], "label " + Labels.quote(name) + " is given twice");
            }
            sorted[to] = name;
            sorted[to + 1] = text;
            size += 2;
        }
        return Labels.ofSorted(empty ? withoutEmpty(sorted) : sorted);
    }

    private static String[] withoutEmpty(String[] pairs) {
        var kept = new String[pairs.length];
        int size = 0;
        for (int i = 0; i < pairs.length; i += 2) {
            if (!pairs[i + 1].isEmpty()) {
                kept[size++] = pairs[i];
                kept[size++] = pairs[i + 1];
            }
        }
        return Arrays.copyOf(kept, size);
    }

    /// Bounds of buckets and quantiles are spelled alike whoever wrote them: `1` is `1.0`.
    private String bound(String name, String text) {
        boolean isBound =
                type == Metadata.Type.HISTOGRAM && name.equals("le")
                        || type == Metadata.Type.SUMMARY && name.equals("quantile");
        if (!isBound) {
            return text;
        }
        try {
            var bytes = text.getBytes(StandardCharsets.UTF_8);
            return Numbers.openMetrics(Numbers.rare(bytes, 0, bytes.length));
        } catch (NumberFormatException notANumber) {
            return text;
        }
    }

    /// After SERIES: whether the label is written with an empty value, which [#labels] leaves out.
    public boolean isWrittenEmpty(String label) {
        for (int i = 0; i < pairsSize; i += 4) {
            if (pairs[i + 2] == pairs[i + 3]
                    && unescaped(pairs[i], pairs[i + 1], true).equals(label)) {
                return true;
            }
        }
        return false;
    }

    /// After SERIES: the name as written, with its labels.
    public String series() {
        int to = valueAt;
        while (to > seriesStart && body[to - 1] <= ' ') {
            to--;
        }
        return string(seriesStart, to);
    }

    /// After SERIES.
    public double value() {
        return value;
    }

    /// After SERIES: whether it came with a time of its own.
    public boolean hasTimestamp() {
        return hasTimestamp;
    }

    /// After SERIES: its own time in milliseconds since the epoch.
    public long timestamp() {
        return timestamp;
    }

    /// An exemplar as written; its time, where it has one, in milliseconds since the epoch.
    public record Exemplar(Labels labels, double value, OptionalLong timeMillis) {}

    /// After SERIES of OpenMetrics.
    public Optional<Exemplar> exemplar() throws ExpositionException {
        if (!hasExemplar) {
            return Optional.empty();
        }
        var labels = Labels.builder();
        for (int i = pairsSize; i < exemplarPairsEnd; i += 4) {
            labels.set(
                    unescaped(pairs[i], pairs[i + 1], true),
                    unescaped(pairs[i + 2], pairs[i + 3], true));
        }
        return Optional.of(new Exemplar(labels.build(), exemplarValue, exemplarTimestamp));
    }

    /// After SERIES: when the series began to count, in milliseconds since the epoch, if its
    /// `_created` line stands among the next lines of its family, or stood there when an earlier
    /// series with the same labels asked.
    public OptionalLong start() {
        if (!openMetrics || !isCounted()) {
            return OptionalLong.empty();
        }
        try {
            var name = name();
            var identity =
                    identity(name.substring(0, Math.min(name.length(), typedFamily.length())));
            if (!identity.equals(startedIdentity)) {
                startedIdentity = Labels.EMPTY; // until found
                lookAhead(identity);
            }
        } catch (ExpositionException broken) {
            startedIdentity = Labels.EMPTY; // next() will say so when it gets there
        }
        return startedIdentity.isEmpty() ? OptionalLong.empty() : OptionalLong.of(started);
    }

    /// Goes through the family's next lines to its first `_created` line.
    private void lookAhead(Labels identity) throws ExpositionException {
        var ahead = new Exposition();
        ahead.reset(Format.OPENMETRICS, body, end);
        ahead.at = at;
        ahead.type = type;
        while (ahead.next() == Entry.SERIES) {
            if (ahead.isCreated()) {
                var name = ahead.name();
                var base = name.substring(0, name.length() - CREATED.length());
                if (ahead.identity(base).equals(identity)) {
                    startedIdentity = identity;
                    started = (long) (ahead.value * 1000.0);
                }
                return;
            }
        }
    }

    /// What a series shares with its `_created` line.
    private Labels identity(String name) throws ExpositionException {
        var labels = labels().with(Labels.NAME, name);
        if (type == Metadata.Type.HISTOGRAM) {
            return labels.without("le");
        }
        return type == Metadata.Type.SUMMARY ? labels.without("quantile") : labels;
    }

    private boolean isCounted() {
        return type == Metadata.Type.COUNTER
                || type == Metadata.Type.HISTOGRAM
                || type == Metadata.Type.SUMMARY;
    }

    private boolean isCreated() {
        return isCounted() && name().endsWith(CREATED);
    }

    /// After SERIES: the metric's name alone.
    public String name() {
        return unescaped(nameStart, nameEnd, true);
    }

    // ---- known lines -----------------------------------------------------------------------

    /// The first byte not yet read.
    public int position() {
        return at;
    }

    /// After SERIES: the first byte of its value.
    public int valueAt() {
        return valueAt;
    }

    /// Reads a sample whose bytes before `valueAt` are known from an earlier exposition, and are
    /// not looked at. `inForce` is the type of the last TYPE line up to there. Afterwards value and
    /// timestamp are as after SERIES; labels are not.
    public void resumeAtValue(int valueAt, Metadata.Type inForce) throws ExpositionException {
        at = valueAt;
        type = inForce;
        seriesStart = valueAt;
        hasExemplar = false;
        readValue("expected a value after the metric");
        if (openMetrics) {
            pairsSize = 0;
            endOfOpenMetricsSample();
        } else {
            endOfTextSample();
        }
    }

    /// Goes on at `position`, the beginning of a series, when the bytes up to there (comments and
    /// blanks) are known from an earlier exposition; `inForce` is the type of the last TYPE line up
    /// to there.
    public void skipTo(int position, Metadata.Type inForce) {
        at = position;
        type = inForce;
    }

    /// Lets go of the body.
    public void release() {
        reset(Format.TEXT, NOTHING, 0);
    }

    /// After SERIES: whether [#exemplar] has one.
    public boolean hasExemplar() {
        return hasExemplar;
    }

    /// After SERIES: the first byte of its name or of its opening brace.
    public int seriesAt() {
        return seriesStart;
    }

    /// Reads name and labels of the sample that begins at `seriesAt` once more, so that [#labels]
    /// and [#isWrittenEmpty] answer for it, and stays where it is. Value and timestamp stay too.
    public void rereadSeries(int seriesAt) throws ExpositionException {
        rereadSeries(seriesAt, type);
    }

    /// The same for a sample that stood under a TYPE line of that type.
    public void rereadSeries(int seriesAt, Metadata.Type inForce) throws ExpositionException {
        int kept = at;
        type = inForce;
        at = seriesAt;
        readSeries();
        at = kept;
    }

    // ---- bytes to text ---------------------------------------------------------------------

    private String string(int from, int to) {
        return new String(body, from, to - from, StandardCharsets.UTF_8);
    }

    @SuppressWarnings("deprecation") // a name without bytes beyond ASCII; much the fastest way
    private String ascii(int from, int to) {
        return new String(body, 0, from, to - from);
    }

    private boolean isUtf8(int from, int to) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body, from, to - from));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /// `\\`, `\n` and, where `quotes`, `\"` are taken apart; any other escape stays as written.
    private String unescaped(int from, int to, boolean quotes) {
        for (int i = from; i < to; i++) {
            if (body[i] == '\\') {
                return unescaped(string(from, to), quotes);
            }
        }
        return string(from, to);
    }

    private static String unescaped(String text, boolean quotes) {
        var out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            char next = i + 1 < text.length() ? text.charAt(i + 1) : ' ';
            if (c == '\\' && (next == '\\' || next == 'n' || next == '"' && quotes)) {
                out.append(next == 'n' ? '\n' : next);
                i++;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    // ---- errors ----------------------------------------------------------------------------

    private ExpositionException error(String what) {
        return errorAt(at, what);
    }

    private ExpositionException errorAt(int where, String what) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < where && i < end; i++) {
            if (body[i] == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        int from = Math.max(lineStart, where - 60);
        int to = where;
        while (to < end && to < where + 20 && body[to] != '\n') {
            to++;
        }
        return new ExpositionException(line, what, Labels.quote(string(from, to)));
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    /// After TYPE, HELP and UNIT: the family's name.
    public String family() {
        return family;
    }

    /// The type that the last TYPE line gave, which is in force for all lines after it.
    public Metadata.Type type() {
        return type;
    }

    /// After HELP (unescaped), UNIT and COMMENT.
    public String text() {
        return text;
    }
}
