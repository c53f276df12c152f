package tokenplumb.cli;

import picocli.CommandLine.Command;

import tokenplumb.app.Demo;
import tokenplumb.app.Platform;
import tokenplumb.simulator.FleetOptions;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// `tokenplumb warm-up`: starts, is asked for a while, stops; once with samples in the head and
/// once with the same in a block. The launcher records such a run after a build
/// (`-XX:AOTCacheOutput`), so that later starts find their classes loaded and linked, and the
/// compiler knows from the first query on where the time goes.
@Command(name = "warm-up", hidden = true, description = "Start, be asked for a while, stop.")
final class WarmUpCommand implements Runnable {
    private static final Duration ASKED = Duration.ofSeconds(6);

    /// What dashboards ask: histograms whole and by bucket, counters, gauges, joins, views.
    private static final List<String> QUERIES =
            List.of(
                    "up",
                    "sum by (model) (rate(llm_generation_tokens_total[1m]))",
                    "histogram_quantile(0.95, sum by (le, model)"
                            + " (rate(llm_ttft_seconds_bucket[1m])))",
                    "max by (gpu_uuid) (gpu_temperature_celsius) > 30",
                    "histogram_quantile(0.99, sum by (le, model_name)"
                            + " (rate(vllm:time_to_first_token_seconds_bucket[5m])))",
                    "1 - sum(rate(vllm:e2e_request_latency_seconds_bucket{le=\"10.0\"}[5m]))"
                            + " / sum(rate(vllm:e2e_request_latency_seconds_count[5m]))",
                    "topk(5, sum by (instance) (rate(vllm:e2e_request_latency_seconds_sum[5m]))"
                            + " / sum by (instance)"
                            + " (rate(vllm:e2e_request_latency_seconds_count[5m])))",
                    "max by (model_name) (max_over_time(vllm:kv_cache_usage_perc[10m]))",
                    "sum by (finished_reason) (increase(vllm:request_success_total[5m]))",
                    "sum by (instance) (rate(vllm:generation_tokens_total[5m]))"
                            + " / on (instance) count by (instance) (vllm:num_requests_running)",
                    "avg by (Hostname) (DCGM_FI_DEV_GPU_UTIL)",
                    "count by (__name__) ({__name__=~\"vllm:.+\"})");

    private static final List<String> PAGES =
            List.of(
                    "/api/v1/targets",
                    "/api/v1/label/model_name/values",
                    "/api/v1/label/__name__/values",
                    "/api/v1/series?match%5B%5D=vllm:num_requests_running",
                    "/metrics",
                    "/");

    @Override
    public void run() {
        var clock = InstantSource.system();
        try {
            var demo = new Demo(FleetOptions.defaults(), clock, "1s", Optional.empty());
            var options = flags().options(Optional.empty(), demo.configText(), demo.folder());
            try (var platform = new Platform(options, clock, Optional.of(demo))) {
                platform.start();
                Thread.sleep(Duration.ofMillis(2500)); // some scrapes
                askFor(ASKED, platform);
                var blocks = demo.folder().resolve("snapshots").resolve(snapshot(platform));
                var still = flags().options(Optional.empty(), "scrape_configs: []\n", blocks);
                try (var past = new Platform(still, clock, Optional.empty())) {
                    past.start();
                    askFor(ASKED, past);
                }
            }
        } catch (IOException e) {
            throw new Failure(1, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ServeFlags flags() {
        var flags = new ServeFlags();
        flags.listen.add("127.0.0.1:0");
        flags.enableAdminApi = true;
        return flags;
    }

    private static void askFor(Duration time, Platform platform) throws IOException {
        long end = System.nanoTime() + time.toNanos();
        int rounds = 0;
        long bytes = 0;
        do {
            for (var query : QUERIES) {
                bytes += ask(platform, query);
            }
            for (var page : PAGES) {
                bytes += get(platform, page);
            }
            rounds++;
        } while (System.nanoTime() < end);
        System.out.println(rounds + " rounds of queries, " + bytes + " bytes");
    }

    private static long ask(Platform platform, String query) throws IOException {
        var encoded = URLEncoder.encode(query, StandardCharsets.UTF_8);
        long now = System.currentTimeMillis() / 1000;
        return get(platform, "/api/v1/query?query=" + encoded)
                + get(
                        platform,
                        "/api/v1/query_range?query=%s&start=%d&end=%d&step=15"
                                .formatted(encoded, now - 1800, now));
    }

    private static int get(Platform platform, String path) throws IOException {
        var uri = URI.create(platform.url() + path);
        try (var in = uri.toURL().openStream()) {
            return in.readAllBytes().length;
        } catch (IOException e) {
            throw new IOException(uri + ": " + e.getMessage(), e);
        }
    }

    /// Puts all samples into a block of a folder whose name this answers.
    private static String snapshot(Platform platform) throws IOException {
        var uri = URI.create(platform.url() + "/api/v1/admin/tsdb/snapshot");
        var post = (HttpURLConnection) uri.toURL().openConnection();
        post.setRequestMethod("POST");
        try (var in = post.getInputStream()) {
            var answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            var name = Pattern.compile("\"name\":\"([^\"]+)\"").matcher(answer);
            if (!name.find()) {
                throw new IOException("no snapshot: " + answer);
            }
            return name.group(1);
        }
    }
}
