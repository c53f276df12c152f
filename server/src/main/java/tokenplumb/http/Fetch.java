package tokenplumb.http;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/// Asks other servers. Thread-safe; closes its connections when closed.
public interface Fetch extends AutoCloseable {
    /// No body may be larger than this (256 MiB), whatever the request's own limit.
    long CEILING = 256L << 20;

    /// How to reach an `https` server. PEM texts, not file names; an empty text means: not given.
    ///
    /// @param authorities certificates to trust instead of the system's
    /// @param certificate our own certificate chain, where the server wants one
    /// @param key the private key of `certificate` (PKCS#8 or PKCS#1)
    /// @param serverName the name that the server must prove, where it is not the URI's host
    /// @param skipVerify trust whoever answers
    record Tls(
            String authorities,
            String certificate,
            String key,
            String serverName,
            boolean skipVerify) {
        public static final Tls SYSTEM = new Tls("", "", "", "", false);
    }

    /// What a request may do besides asking once. Redirects are followed at most ten times, and
    /// `Authorization`, `Cookie` and the like stay behind when the host changes.
    record Options(boolean followRedirects, Tls tls) {
        public static final Options NONE = new Options(false, Tls.SYSTEM);
    }

    /// One request. `timeout` covers everything from connecting to the last byte. A body larger
    /// than `bodyLimit` bytes (after decompression; 0: [#CEILING]) is refused with [BodyTooLarge]
    /// as soon as that is known. gzip is asked for unless `headers` has an `Accept-Encoding`.
    record Request(
            String method,
            URI uri,
            Map<String, String> headers,
            byte[] body,
            Duration timeout,
            long bodyLimit,
            Options options) {
        public Request(
                String method,
                URI uri,
                Map<String, String> headers,
                byte[] body,
                Duration timeout,
                long bodyLimit) {
            this(method, uri, headers, body, timeout, bodyLimit, Options.NONE);
        }

        public static Request get(
                URI uri, Map<String, String> headers, Duration timeout, long bodyLimit) {
            return new Request("GET", uri, headers, new byte[0], timeout, bodyLimit);
        }

        public Request with(Options other) {
            return new Request(method, uri, headers, body, timeout, bodyLimit, other);
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

    /// The caller of [#fetch] needs the array no more, and another answer may go into it. A
    /// courtesy that saves who asks often from making garbage; whoever keeps the array does not
    /// call this.
    default void giveBack(byte[] body) {}

    @Override
    void close();
}
