package tokenplumb.http;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/// The process's door to the network: a few event-loop threads that all its servers and its client
/// share. Open one for each process, close it last; closing it ends whatever still runs on it.
///
/// Nothing but bytes moves on the event loops. Handlers, name look-ups, compression and waiting
/// happen on virtual threads.
public final class Network implements AutoCloseable {
    private static final int MOST_LOOPS = 4;

    /// Vert.x logs what a hostile peer does as an error of ours; we tell it where it belongs, in
    /// the answer and in the failure. Held here because a logger nobody holds forgets its level.
    private static final Logger VERTX = Logger.getLogger("io.vertx.core");

    private static final Logger NETTY = Logger.getLogger("io.netty");

    private final Vertx vertx;
    private final HttpFetch fetch;

    public Network() {
        VERTX.setLevel(Level.OFF);
        NETTY.setLevel(Level.OFF);
        this.vertx = lean();
        this.fetch = new HttpFetch(vertx);
    }

    /// Starts to listen; answers as soon as this returns. Throws [IOException] saying what to do
    /// when the address cannot be had (taken, not allowed, unknown).
    public HttpServer listen(HttpServer.Options options, HttpHandler handler) throws IOException {
        return HttpServer.listen(vertx, options, handler);
    }

    /// The client. Connections are kept alive and shared by all who call this; closing it drops the
    /// idle ones.
    public Fetch fetch() {
        return fetch;
    }

    @Override
    public void close() {
        fetch.close();
        Waiting.quietly(vertx.close());
    }

    /// Vert.x without what we have no use for: its resolver (which falls back to public name
    /// servers), its file cache, and its worker threads.
    private static Vertx lean() {
        preset("vertx.disableDnsResolver", "true");
        preset("vertx.disableMetrics", "true");
        preset("vertx.disableTCCL", "true");
        preset(
                "io.netty.allocator.type",
                "unpooled"); // one small heap instead of arenas per thread
        preset("io.netty.recycler.maxCapacityPerThread", "0");
        int loops = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_LOOPS);
        return Vertx.vertx(
                new VertxOptions()
                        .setEventLoopPoolSize(loops)
                        .setWorkerPoolSize(1)
                        .setInternalBlockingPoolSize(1)
                        .setBlockedThreadCheckInterval(1)
                        .setBlockedThreadCheckIntervalUnit(TimeUnit.HOURS)
                        .setUseDaemonThread(true)
                        .setFileSystemOptions(
                                new FileSystemOptions()
                                        .setFileCachingEnabled(false)
                                        .setClassPathResolvingEnabled(false)));
    }

    /// What the user gave with `-D` wins.
    private static void preset(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
