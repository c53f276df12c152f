package tokenplumb.api;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// JSON for answers with many numbers: bytes into a buffer that is handed on whenever it is full.
/// The caller writes the punctuation. Not thread-safe.
final class JsonBytes {
    private static final int SIZE = 16 << 10;
    private static final int RESERVE = 400; // the longest number: 1e-324 and the like, fixed

    private static final long[] POWERS = {
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000
    };
    private static final double EXACT = 1e15; // any 15 digits survive a double

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final OutputStream out;
    private final byte[] buffer = new byte[SIZE];
    private int size;

    JsonBytes(OutputStream out) {
        this.out = out;
    }

    private void reserve(int count) throws IOException {
        if (size + count > SIZE) {
            flush();
        }
    }

    void flush() throws IOException {
        out.write(buffer, 0, size);
        size = 0;
    }

    /// ASCII that is JSON already.
    JsonBytes raw(String ascii) throws IOException {
        for (int i = 0; i < ascii.length(); i++) {
            if (size == SIZE) {
                flush();
            }
            buffer[size++] = (byte) ascii.charAt(i);
        }
        return this;
    }

    JsonBytes raw(char ascii) throws IOException {
        reserve(1);
        buffer[size++] = (byte) ascii;
        return this;
    }

    JsonBytes raw(byte[] json) throws IOException {
        if (json.length > SIZE - size) {
            flush();
        }
        if (json.length > SIZE) {
            out.write(json);
        } else {
            System.arraycopy(json, 0, buffer, size, json.length);
            size += json.length;
        }
        return this;
    }

    /// A string, quoted and escaped. A lone surrogate becomes U+FFFD, as Go has it.
    JsonBytes text(String text) throws IOException {
        raw('"');
        for (int i = 0; i < text.length(); i++) {
            reserve(8);
            char c = text.charAt(i);
            if (c < 0x80) {
                ascii(c);
            } else if (c < 0x800) {
                buffer[size++] = (byte) (0xc0 | c >> 6);
                buffer[size++] = (byte) (0x80 | c & 0x3f);
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                int point = Character.toCodePoint(c, text.charAt(++i));
                buffer[size++] = (byte) (0xf0 | point >> 18);
                buffer[size++] = (byte) (0x80 | point >> 12 & 0x3f);
                buffer[size++] = (byte) (0x80 | point >> 6 & 0x3f);
                buffer[size++] = (byte) (0x80 | point & 0x3f);
            } else {
                int point = Character.isSurrogate(c) ? 0xfffd : c;
                buffer[size++] = (byte) (0xe0 | point >> 12);
                buffer[size++] = (byte) (0x80 | point >> 6 & 0x3f);
                buffer[size++] = (byte) (0x80 | point & 0x3f);
            }
        }
        return raw('"');
    }

    private void ascii(char c) {
        switch (c) {
            case '"', '\\' -> {
                buffer[size++] = '\\';
                buffer[size++] = (byte) c;
            }
            case '\n' -> escape('n');
            case '\r' -> escape('r');
            case '\t' -> escape('t');
            default -> {
                if (c < 0x20) {
                    escape('u');
                    buffer[size++] = '0';
                    buffer[size++] = '0';
                    buffer[size++] = HEX[c >> 4];
                    buffer[size++] = HEX[c & 15];
                } else {
                    buffer[size++] = (byte) c;
                }
            }
        }
    }

    private void escape(char letter) {
        buffer[size++] = '\\';
        buffer[size++] = (byte) letter;
    }

    /// Milliseconds as seconds, with three decimals where there are any.
    JsonBytes seconds(long millis) throws IOException {
        reserve(32);
        long left = millis;
        if (left < 0) {
            buffer[size++] = '-';
            left = -left;
        }
        whole(left / 1000);
        int fraction = (int) (left % 1000);
        if (fraction != 0) {
            buffer[size++] = '.';
            buffer[size++] = (byte) ('0' + fraction / 100);
            buffer[size++] = (byte) ('0' + fraction / 10 % 10);
            buffer[size++] = (byte) ('0' + fraction % 10);
        }
        return this;
    }

    JsonBytes whole(long number) throws IOException {
        reserve(24);
        if (number < 0) {
            return raw(Long.toString(number));
        }
        int digits = 1;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        long rest = number;
        for (int i = size + digits - 1; i >= size; i--) {
            buffer[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        size += digits;
        return this;
    }

    /// A sample's value: a string, because JSON has no NaN.
    JsonBytes sample(double value) throws IOException {
        reserve(RESERVE);
        buffer[size++] = '"';
        if (!short15(value)) {
            raw(Decimal.sample(value));
        }
        return raw('"');
    }

    /// Writes numbers of at most 15 digits, at most 8 of them behind the point, without a detour
    /// over text: whichever `whole / power` gives the value back is its shortest form, since no two
    /// decimals of 15 digits are the same double. False when the number is not such a one.
    private boolean short15(double value) throws IOException {
        double positive = Math.abs(value);
        if (!(positive >= 1e-6) || positive >= EXACT) {
            return false;
        }
        for (int decimals = 0; decimals < POWERS.length; decimals++) {
            double scaled = positive * POWERS[decimals];
            if (scaled >= EXACT) {
                return false;
            }
            long whole = Math.round(scaled);
            if ((double) whole / POWERS[decimals] == positive) {
                if (value < 0) {
                    buffer[size++] = '-';
                }
                whole(whole / POWERS[decimals]);
                if (decimals > 0) {
                    fraction(whole % POWERS[decimals], decimals);
                }
                return true;
            }
        }
        return false;
    }

    private void fraction(long digits, int count) {
        buffer[size++] = '.';
        long rest = digits;
        for (int i = size + count - 1; i >= size; i--) {
            buffer[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        size += count;
    }

    /// Maps, lists, texts, numbers, truths and null.
    JsonBytes any(Object value) throws IOException {
        return switch (value) {
            case null -> raw("null");
            case Map<?, ?> map -> map(map.entrySet().iterator());
            case List<?> list -> list(list.iterator());
            case Boolean truth -> raw(truth.toString());
            case Double number when Double.isFinite(number) -> raw(Decimal.sample(number));
            case Long number -> whole(number);
            case Integer number -> whole(number);
            default -> text(value.toString());
        };
    }

    private JsonBytes map(Iterator<? extends Map.Entry<?, ?>> entries) throws IOException {
        raw('{');
        while (entries.hasNext()) {
            var entry = entries.next();
            text(String.valueOf(entry.getKey())).raw(':').any(entry.getValue());
            if (entries.hasNext()) {
                raw(',');
            }
        }
        return raw('}');
    }

    private JsonBytes list(Iterator<?> items) throws IOException {
        raw('[');
        while (items.hasNext()) {
            any(items.next());
            if (items.hasNext()) {
                raw(',');
            }
        }
        return raw(']');
    }
}
