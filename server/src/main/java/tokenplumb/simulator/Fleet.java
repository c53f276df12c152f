package tokenplumb.simulator;

import tokenplumb.http.HttpHandler;
import tokenplumb.http.HttpResponse;
import tokenplumb.json.Json;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;

/// The simulated fleet: two models on six vLLM replicas, on two nodes of eight GPUs, with a DCGM
/// exporter and a node exporter on each node. Nothing runs by itself: whoever asks brings the
/// simulation up to the clock's time. Thread-safe.
@SuppressWarnings("DoNotCallSuggester") // until built, within the hour
public final class Fleet {
    public Fleet(FleetOptions options, InstantSource clock) {}

    /// Serves `/vllm/POD/metrics`, `/dcgm/NODE/metrics`, `/node/NODE/metrics`, and `/faults` (GET
    /// lists, POST injects, DELETE `/faults/ID` clears).
    public HttpHandler handler() {
        return request ->
                HttpResponse.json(200, Json.bytes(json -> json.startObject().endObject()));
    }

    /// All that can be scraped.
    public List<FleetTarget> targets() {
        return List.of();
    }

    /// A `scrape_configs` section for the server (as in `prometheus.yml`): scrapes `hostPort` every
    /// `interval`, and presents the pods' and nodes' own addresses as `instance`.
    public String scrapeConfig(String hostPort, String interval) {
        return "scrape_configs: []\n";
    }

    /// Simulates from the fleet's beginning (or from where it stands) up to now, writing what a
    /// scrape would have kept every `stepMillis` into `storage`, oldest first. Call it before
    /// scraping begins. Returns the number of samples written.
    public long history(long stepMillis, Storage storage) throws IOException {
        return 0;
    }

    /// Puts a fault on the timetable (`after` counts from now). Throws [IllegalArgumentException]
    /// when the kind or its parameters are unknown, listing those that are known.
    public FaultTruth inject(Fault fault) {
        throw new IllegalArgumentException("not yet: " + fault.kind());
    }

    /// Ends a fault now; false when there is none of that id, or it is over already.
    public boolean clear(String id) {
        return false;
    }

    /// Every fault planned, active or over, oldest first.
    public List<FaultTruth> faults() {
        return List.of();
    }
}
