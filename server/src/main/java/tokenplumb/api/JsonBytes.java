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
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final OutputStream out;
    private final byte[] buffer = new byte[SIZE];
    private final Decimal decimal = new Decimal();
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
        reserve(Decimal.LONGEST);
        long left = millis;
        if (left < 0) {
            buffer[size++] = '-';
            left = -left;
        }
        long whole = left / 1000;
        size = Decimal.whole(whole, buffer, size);
        long fraction = left - whole * 1000;
        if (fraction != 0) {
            buffer[size++] = '.';
            size = Decimal.padded(fraction, 3, buffer, size);
        }
        return this;
    }

    JsonBytes whole(long number) throws IOException {
        if (number == Long.MIN_VALUE) {
            return raw(Long.toString(number));
        }
        reserve(Decimal.LONGEST);
        size = Decimal.whole(number, buffer, size);
        return this;
    }

    /// A sample's value: a string, because JSON has no NaN.
    JsonBytes sample(double value) throws IOException {
        reserve(Decimal.LONGEST + 2);
        buffer[size++] = '"';
        size = decimal.sample(value, buffer, size);
        buffer[size++] = '"';
        return this;
    }

    /// A sample of a series: `[seconds,"value"]`.
    JsonBytes point(long millis, double value) throws IOException {
        reserve(2 * Decimal.LONGEST + 8);
        buffer[size++] = '[';
        seconds(millis);
        buffer[size++] = ',';
        sample(value);
        buffer[size++] = ']';
        return this;
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
