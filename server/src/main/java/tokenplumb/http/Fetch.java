package tokenplumb.http;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/// Asks other servers. Thread-safe; closes its connections when closed.
public interface Fetch extends AutoCloseable {
    /// One request. `timeout` covers everything from connecting to the last byte. A body larger
    /// than `bodyLimit` bytes (after decompression; 0: no limit) is refused with [BodyTooLarge] as
    /// soon as that is known.
    record Request(
            String method,
            URI uri,
            Map<String, String> headers,
            byte[] body,
            Duration timeout,
            long bodyLimit) {
        public static Request get(
                URI uri, Map<String, String> headers, Duration timeout, long bodyLimit) {
            return new Request("GET", uri, headers, new byte[0], timeout, bodyLimit);
        }
    }

    /// The answer. Header names are lower case, values joined with `, `. The first `length` bytes
    /// of `body` are the decompressed body; the array belongs to the caller.
    record Response(int status, Map<String, String> headers, byte[] body, int length) {}

    /// The body is larger than allowed.
    final class BodyTooLarge extends IOException {
        private static final long serialVersionUID = 1;

        public BodyTooLarge(long limit) {
            super("body size limit exceeded: more than " + limit + " bytes");
        }
    }

    /// Throws [IOException] with a reason a person understands (refused, timed out after how long,
    /// broke off after how many bytes), and [InterruptedException] when the thread is to stop.
    Response fetch(Request request) throws IOException, InterruptedException;

    @Override
    void close();
}
