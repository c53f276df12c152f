package tokenplumb.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// The demo as a stranger meets it: a live fleet, its pages in a real browser, and a fault that
/// becomes visible in the signals and as an alert.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class DemoTest {
    @TempDir static Path folder;
    private static ServerProcess demo;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        demo = ServerProcess.command(folder, "demo", "--demo.interval=1s");
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (demo != null) {
            demo.close();
        }
    }

    private static String query(String promql) {
        return "/api/v1/query?query=" + URLEncoder.encode(promql, StandardCharsets.UTF_8);
    }

    @Test
    @Order(1)
    void showsALiveFleetInCanonicalNames() throws IOException, InterruptedException {
        demo.await(
                query("count(up == 1)"),
                body -> body.contains("\"11\"") || body.contains("\"10\""));
        demo.await(query("count(llm_requests_running)"), body -> body.contains("\"6\""));
        demo.await(
                query("count(count by (gpu_uuid) (gpu_temperature_celsius))"),
                body -> body.contains("\"16\""));
        // The past is there as well: half an hour ago somebody generated tokens.
        var past = query("sum(rate(llm_generation_tokens_total[5m] offset 20m)) > 0");
        assertThat(demo.get(past).body()).contains("\"value\"");
    }

    @Test
    @Order(2)
    void isWellInEveryPageOfARealBrowser() throws IOException, InterruptedException {
        var ui = Path.of("").toAbsolutePath().resolveSibling("ui");
        org.junit.jupiter.api.Assumptions.assumeTrue(
                Files.isDirectory(ui.resolve("node_modules")),
                "the web UI is not installed: ./tokenplumb build");
        Program.of("chromium", "chromium");
        var run = new ProcessBuilder("npm", "run", "--silent", "e2e").directory(ui.toFile());
        run.environment().put("TOKENPLUMB_URL", demo.address());
        var process = run.redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ends: %s", output).isTrue();
        System.out.println(output);
        assertThat(process.exitValue()).as(output).isZero();
    }

    @Test
    @Order(3)
    void aFaultShowsInTheSignalsAndAsAnAlert() throws IOException, InterruptedException {
        var order = "{\"fault\":\"kv-cache-thrash+10m\"}";
        assertThat(demo.send("POST", "/api/tokenplumb/v1/faults", order).statusCode())
                .isEqualTo(200);
        demo.await(
                query("max by (model) (llm_kv_cache_usage_ratio) > 0.95"),
                body -> body.contains("llama"));
        demo.await(
                query("sum by (model) (rate(llm_preemptions_total[30s])) > 0"),
                body -> body.contains("llama"));
        demo.await("/api/v1/alerts", body -> body.contains("CacheThrash"));
    }
}
