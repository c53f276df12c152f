package tokenplumb.http;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// What a server says before the body. Bytes `bodyAt` to `end` of the connection's head array have
/// come already and belong to the body.
record ReplyHead(int status, boolean isOld, Map<String, String> headers, int bodyAt, int end) {
    private static final int MOST = 64 << 10;
    private static final byte[] PROTOCOL = "HTTP/1.".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_QUOTE = 40;

    /// What answers does not speak HTTP as we know it.
    static final class NotHttp extends IOException {
        private static final long serialVersionUID = 1;

        NotHttp(String message) {
            super(message);
        }
    }

    /// Waits for it; passes over interim ones. Throws [EOFException] when the connection closes
    /// without a word.
    static ReplyHead read(Connection connection) throws IOException {
        int from = 0;
        int end = 0;
        while (true) {
            int looked = from;
            int headEnd;
            while ((headEnd = endOfHead(connection.head, from, looked, end)) < 0) {
                looked = end;
                if (end == connection.head.length) {
                    if (end >= MOST) {
                        throw new NotHttp("the headers of its answer are larger than 64 KiB");
                    }
                    connection.head = Arrays.copyOf(connection.head, Math.min(MOST, end * 4));
                }
                int read = connection.read(connection.head, end, connection.head.length - end);
                if (read < 0) {
                    if (end == 0) {
                        throw new EOFException("closed");
                    }
                    throw new NotHttp("it closed the connection within the head of its answer");
                }
                end += read;
                requireHttp(connection.head, from, end);
            }
            var head = parse(connection.head, from, headEnd, end);
            if (head.status >= 200 || head.status == 101) {
                return head;
            }
            from = headEnd;
        }
    }

    /// Behind the first empty line, or -1. Up to `looked` there is none that ends there.
    private static int endOfHead(byte[] bytes, int from, int looked, int end) {
        for (int i = Math.max(from, looked - 2); i < end; i++) {
            if (bytes[i] != '\n') {
                continue;
            }
            if (i + 1 < end && bytes[i + 1] == '\n') {
                return i + 2;
            }
            if (i + 2 < end && bytes[i + 1] == '\r' && bytes[i + 2] == '\n') {
                return i + 3;
            }
        }
        return -1;
    }

    private static void requireHttp(byte[] bytes, int from, int end) throws NotHttp {
        for (int i = 0; i < PROTOCOL.length && from + i < end; i++) {
            if (bytes[from + i] != PROTOCOL[i]) {
                int length = Math.min(LONGEST_QUOTE, end - from);
                var said = new String(bytes, from, length, StandardCharsets.ISO_8859_1);
                throw new NotHttp(
                        "it says \"%s\"".formatted(said.replaceAll("[^ -~]+", " ").strip()));
            }
        }
    }

    private static ReplyHead parse(byte[] bytes, int from, int headEnd, int end) throws NotHttp {
        int at = lineEnd(bytes, from, headEnd);
        int status = status(bytes, from, at);
        boolean isOld = bytes[from + PROTOCOL.length] == '0';
        var headers = new HashMap<String, String>();
        var last = "";
        while (true) {
            int start = at + 1;
            at = lineEnd(bytes, start, headEnd);
            int stop = at > start && bytes[at - 1] == '\r' ? at - 1 : at;
            if (stop == start) {
                var all = Collections.unmodifiableMap(headers);
                return new ReplyHead(status, isOld, all, headEnd, end);
            }
            if (bytes[start] == ' ' || bytes[start] == '\t') { // the line before goes on
                add(headers, last, text(bytes, start, stop), " ");
                continue;
            }
            int colon = start;
            while (colon < stop && bytes[colon] != ':') {
                colon++;
            }
            if (colon == stop || colon == start) {
                throw new NotHttp("a header without a name or a colon");
            }
            last = text(bytes, start, colon).toLowerCase(Locale.ROOT);
            add(headers, last, text(bytes, colon + 1, stop), ", ");
        }
    }

    private static void add(
            Map<String, String> headers, String name, String value, String separator) {
        var before = headers.put(name, value);
        if (before != null) {
            headers.put(name, before + separator + value);
        }
    }

    private static int lineEnd(byte[] bytes, int from, int end) {
        int at = from;
        while (at < end - 1 && bytes[at] != '\n') {
            at++;
        }
        return at;
    }

    private static String text(byte[] bytes, int from, int to) {
        int start = from;
        int end = to;
        while (start < end && isBlank(bytes[start])) {
            start++;
        }
        while (end > start && isBlank(bytes[end - 1])) {
            end--;
        }
        return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static int status(byte[] bytes, int from, int end) throws NotHttp {
        int at = from + PROTOCOL.length + 1; // behind the minor version
        int status = 0;
        boolean isNumber = end >= at + 4 && bytes[at] == ' ';
        for (int i = 1; isNumber && i <= 3; i++) {
            int digit = bytes[at + i] - '0';
            isNumber = digit >= 0 && digit <= 9;
            status = status * 10 + digit;
        }
        if (!isNumber || status < 100 || bytes[at + 4] > ' ') {
            throw new NotHttp("its answer has no status");
        }
        return status;
    }

    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    /// Whether the connection serves another request after this.
    boolean keepsConnection() {
        var wish = header("connection").toLowerCase(Locale.ROOT);
        return isOld ? wish.contains("keep-alive") : !wish.contains("close") && status != 101;
    }

    boolean isChunked() throws NotHttp {
        var coding = header("transfer-encoding").toLowerCase(Locale.ROOT);
        if (!coding.isEmpty() && !coding.equals("chunked")) {
            throw new NotHttp("the transfer encoding " + coding + " is not spoken here");
        }
        return !coding.isEmpty();
    }

    boolean isGzip() {
        return header("content-encoding").equalsIgnoreCase("gzip");
    }

    /// The announced length, -1 where none is.
    long length() throws NotHttp {
        var text = header("content-length");
        if (text.isEmpty()) {
            return -1;
        }
        if (text.indexOf(',') < 0) {
            return digits(text);
        }
        long length = -1;
        for (var one : text.split(", *", -1)) {
            long stated = digits(one);
            if (length >= 0 && stated != length) {
                throw new NotHttp("it announces two lengths, " + text);
            }
            length = stated;
        }
        return length;
    }

    private static long digits(String text) throws NotHttp {
        long number = 0;
        boolean isNumber = !text.isEmpty() && text.length() <= 18;
        for (int i = 0; isNumber && i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            isNumber = digit >= 0 && digit <= 9;
            number = number * 10 + digit;
        }
        if (!isNumber) {
            throw new NotHttp("its Content-Length is no number");
        }
        return number;
    }
}
