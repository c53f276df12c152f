package tokenplumb.http;

import java.io.IOException;

/// The process's door to the network: a few event-loop threads that all its servers and its client
/// share. Open one for each process, close it last; closing it ends whatever still runs on it.
@SuppressWarnings("DoNotCallSuggester") // until built, within the hour
public final class Network implements AutoCloseable {
    public Network() {}

    /// Starts to listen; answers as soon as this returns. Throws [IOException] saying what to do
    /// when the address cannot be had (taken, not allowed, unknown).
    public HttpServer listen(HttpServer.Options options, HttpHandler handler) throws IOException {
        throw new UnsupportedOperationException("bug: not built yet");
    }

    /// The client. Connections are kept alive and shared by all who call this.
    public Fetch fetch() {
        throw new UnsupportedOperationException("bug: not built yet");
    }

    @Override
    public void close() {}
}
