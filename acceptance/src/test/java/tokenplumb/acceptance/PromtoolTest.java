package tokenplumb.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;

/// Debian's promtool works against our server, which scrapes itself.
@Timeout(180)
final class PromtoolTest {
    private static final String SELF =
            """
            global:
              scrape_interval: 1s
            scrape_configs:
              - job_name: self
                static_configs:
                  - targets: ["127.0.0.1:$PORT"]
                    labels: {site: here}
            """;

    @TempDir private static Path folder;
    private static Program promtool; // set once, before all tests
    private static ServerProcess server;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        promtool = Program.of("promtool", "prometheus");
        server = ServerProcess.start(folder, SELF);
        server.await("/api/v1/query?query=up", body -> body.contains("\"1\"]"));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static String run(String... arguments) throws IOException, InterruptedException {
        var run = promtool.run(arguments);
        assertThat(run.exit()).as(run.output()).isZero();
        return run.output();
    }

    @Test
    void asksAnInstantQuery() throws Exception {
        var instance = server.address().substring("http://".length());
        assertThat(run("query", "instant", server.address(), "up{job=\"self\"}"))
                .startsWith(
                        "up{instance=\"%s\", job=\"self\", site=\"here\"} => 1 @["
                                .formatted(instance));
        assertThat(run("query", "instant", server.address(), "1 + 1")).startsWith("scalar: 2 @[");
    }

    @Test
    void asksARangeQuery() throws Exception {
        var now = Instant.now();
        var output =
                run(
                        "query",
                        "range",
                        "--start=" + now.minusSeconds(30).getEpochSecond(),
                        "--end=" + (now.getEpochSecond() + 1), // the first sample is young
                        "--step=1s",
                        server.address(),
                        "up");
        assertThat(output).startsWith("up{").contains("\n1 @[");
    }

    @Test
    void findsSeriesAndLabels() throws Exception {
        assertThat(run("query", "series", "--match=up", server.address()))
                .contains("__name__=\"up\"")
                .contains("site=\"here\"");
        assertThat(run("query", "labels", server.address(), "job")).isEqualTo("self\n");
        assertThat(run("query", "labels", server.address(), "__name__")).contains("up\n");
    }

    @Test
    void showsOurMistakesAsItsOwn() throws Exception {
        var wrong = promtool.run("query", "instant", server.address(), "sum(");
        assertThat(wrong.exit()).isEqualTo(1);
        assertThat(wrong.output())
                .contains("bad_data: invalid parameter \"query\": 1:5: parse error:");
    }

    @Test
    void findsOurMetricsWellFormed() throws Exception {
        var metrics = server.get("/metrics").body().getBytes(StandardCharsets.UTF_8);
        var check = promtool.run(metrics, "check", "metrics");
        assertThat(check.exit()).as(check.output()).isNotEqualTo(1); // 3: matters of taste
        assertThat(check.output()).doesNotContain("error while linting");
    }
}
