package tokenplumb.cli;

import picocli.CommandLine.Command;

import tokenplumb.app.Demo;
import tokenplumb.app.Platform;
import tokenplumb.app.ServeOptions;
import tokenplumb.simulator.FleetOptions;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// `tokenplumb warm-up`: starts, is asked a little, stops. The launcher records such a run after a
/// build (`-XX:AOTCacheOutput`), so that later starts find their classes loaded and linked.
@Command(name = "warm-up", hidden = true, description = "Start, be asked a little, stop.")
final class WarmUpCommand implements Runnable {
    private static final List<String> QUERIES =
            List.of(
                    "up",
                    "sum by (model) (rate(llm_generation_tokens_total[1m]))",
                    "histogram_quantile(0.95, sum by (le, model)"
                            + " (rate(llm_ttft_seconds_bucket[1m])))",
                    "max by (gpu_uuid) (gpu_temperature_celsius) > 30");

    @Override
    public void run() {
        var clock = InstantSource.system();
        var flags = new ServeFlags();
        try {
            var demo = new Demo(FleetOptions.defaults(), clock, "1s", Optional.empty());
            flags.listen.add("127.0.0.1:0");
            ServeOptions options =
                    flags.options(Optional.empty(), demo.configText(), demo.folder());
            try (var platform = new Platform(options, clock, Optional.of(demo))) {
                platform.start();
                for (int i = 0; i < 3; i++) {
                    Thread.sleep(Duration.ofMillis(1200));
                    QUERIES.forEach(query -> ask(platform, query));
                }
            }
        } catch (IOException e) {
            throw new Failure(1, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void ask(Platform platform, String query) {
        var encoded = URLEncoder.encode(query, StandardCharsets.UTF_8);
        long now = System.currentTimeMillis() / 1000;
        for (var path :
                List.of(
                        "/api/v1/query?query=" + encoded,
                        "/api/v1/query_range?query=%s&start=%d&end=%d&step=5"
                                .formatted(encoded, now - 300, now),
                        "/api/v1/targets",
                        "/metrics",
                        "/")) {
            var uri = URI.create(platform.url() + path);
            try (var in = uri.toURL().openStream()) {
                System.out.println(uri + ": " + in.readAllBytes().length + " bytes");
            } catch (IOException e) {
                throw new Failure(1, uri + ": " + e.getMessage());
            }
        }
    }
}
