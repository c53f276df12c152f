package tokenplumb.http;

import java.time.Duration;

/// A server that listens; made by [Network#listen]. Each request is handled on a virtual thread of
/// its own. Bodies are gzipped where the client accepts that and it is worth it.
@SuppressWarnings("DoNotCallSuggester") // until built, within the hour
public final class HttpServer implements AutoCloseable {
    /// Where to listen and what to put up with. Port 0 takes any free one.
    ///
    /// @param bodyLimit largest request body in bytes (after decompression); more is answered 413
    /// @param connectionLimit open connections; more are closed at once
    /// @param patience how long a client may take for its request, or for reading a piece of the
    ///   answer, and how long an idle connection is kept
    /// @param drain how long [#close] waits for answers under way
    public record Options(
            String host,
            int port,
            int bodyLimit,
            int connectionLimit,
            Duration patience,
            Duration drain) {
        /// The defaults: 16 MiB bodies, 512 connections as Prometheus, 30 s of patience, 10 s to
        /// drain.
        public static Options at(String host, int port) {
            return new Options(
                    host, port, 16 << 20, 512, Duration.ofSeconds(30), Duration.ofSeconds(10));
        }
    }

    HttpServer() {}

    /// The port it listens on; the real one where 0 was asked for.
    public int port() {
        throw new UnsupportedOperationException("bug: not built yet");
    }

    /// Stops to accept, lets answers under way end (for at most the drain time), then closes.
    @Override
    public void close() {}
}
