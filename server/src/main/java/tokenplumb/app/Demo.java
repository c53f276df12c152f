package tokenplumb.app;

import tokenplumb.http.HttpHandler;
import tokenplumb.http.HttpServer;
import tokenplumb.http.Network;
import tokenplumb.scrape.PastScrapes;
import tokenplumb.scrape.ScrapeJob;
import tokenplumb.simulator.Fleet;
import tokenplumb.simulator.FleetOptions;
import tokenplumb.simulator.FleetTarget;
import tokenplumb.storage.Storage;
import tokenplumb.tasks.Scope;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The simulated fleet beside the platform: it listens on a loopback port of its own, is scraped
/// like any other, and its recent past is written into the store before scraping begins.
public final class Demo implements Companion {
    private static final System.Logger LOG = System.getLogger("tokenplumb.app");
    private static final long HISTORY_STEP_MILLIS = 15_000;

    private final Network network;
    private final HttpServer server;
    private final Fleet fleet;
    private final String interval;
    private final Folders folders;

    /// `interval` is how often the fleet is scraped, as a Prometheus duration; `folder` where the
    /// store lies, empty for a temporary one. Throws [IOException] when no port can be had.
    public Demo(FleetOptions options, InstantSource clock, String interval, Optional<Path> folder)
            throws IOException {
        this.fleet = new Fleet(options, clock);
        this.network = new Network();
        this.server = network.listen(HttpServer.Options.at("127.0.0.1", 0), fleet.handler());
        this.interval = interval;
        this.folders = Folders.of(folder, "tokenplumb-demo-");
    }

    /// The store's folder.
    public Path folder() {
        return folders.path();
    }

    /// The configuration that scrapes the fleet.
    public String configText() {
        return """
        global:
          scrape_interval: %1$s
          evaluation_interval: %1$s
          external_labels: {cluster: demo}
        """
                        .formatted(interval)
                + fleet.scrapeConfig("127.0.0.1:" + server.port(), interval);
    }

    /// Writes what scrapes of the past half hour would have kept.
    @Override
    public void beforeScraping(Storage storage, List<ScrapeJob> jobs) throws IOException {
        long start = System.nanoTime();
        var past = new PastScrapes(storage, jobs);
        try (var scope = new Scope("past")) {
            fleet.history(
                    HISTORY_STEP_MILLIS,
                    (expositions, time) -> {
                        scope.join(); // one round is kept while the next is simulated
                        var _ = scope.fork(() -> keep(past, expositions, time));
                    });
            scope.join();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        LOG.log(
                Level.INFO,
                "the fleet''s past half hour is in the store: {0} samples in {1} ms",
                Long.toString(past.samples()),
                Long.toString((System.nanoTime() - start) / 1_000_000));
    }

    private static long keep(
            PastScrapes past, Map<FleetTarget, byte[]> expositions, long timeMillis) {
        try {
            for (var each : expositions.entrySet()) {
                var target = each.getKey();
                past.keep(target.job(), target.labels(), each.getValue(), timeMillis);
            }
            return past.samples();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Answers `/faults` and `/faults/{id}`: what is broken, and orders to break more.
    HttpHandler faults() {
        return fleet.handler();
    }

    @Override
    public void close() {
        server.close();
        network.close();
        folders.deleteIfTemporary();
    }
}
