package tokenplumb.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/// A server's life: it starts, reloads, is killed, comes back, and ends when asked.
@Timeout(180)
final class LifeTest {
    private static final String SELF =
            """
            global:
              scrape_interval: 1s
            scrape_configs:
              - job_name: self
                static_configs:
                  - targets: ["127.0.0.1:$PORT"]
            """;

    @TempDir private Path folder;

    @Test
    void keepsWhatItHadBeforeItWasKilled() throws Exception {
        var server = ServerProcess.start(folder, SELF);
        server.await(
                "/api/v1/query?query=count_over_time(up[1m])%3E2", b -> b.contains("\"value\""));
        Thread.sleep(1_500); // what is older than the unsynced second
        var killed = Instant.now();
        server.kill();

        try (var again = ServerProcess.start(folder, "scrape_configs: []\n")) {
            var kept =
                    again.get(
                                    "/api/v1/query?query=count_over_time(up[1m])&time="
                                            + killed.minusSeconds(1).getEpochSecond())
                            .body();
            assertThat(kept).contains("\"job\":\"self\"").containsPattern("\"[2-9]\"\\]");
        }
    }

    @Test
    void keepsTheOldConfigurationWhenTheNewOneIsWrong() throws Exception {
        try (var server = ServerProcess.start(folder, SELF, "--web.enable-lifecycle")) {
            server.await("/api/v1/targets", body -> body.contains("\"health\":\"up\""));
            Files.writeString(folder.resolve("prometheus.yml"), "scrape_confgs: []\n");

            var refused = server.send("POST", "/-/reload", "");
            assertThat(refused.statusCode()).isEqualTo(500);
            assertThat(refused.body())
                    .contains("prometheus.yml:1:1")
                    .contains("scrape_confgs")
                    .contains("scrape_configs");
            assertThat(server.get("/api/tokenplumb/v1/status").body())
                    .contains("\"ok\":false")
                    .contains("prometheus.yml:1:1");
            assertThat(server.get("/api/v1/targets").body()).contains("\"health\":\"up\"");

            Files.writeString(
                    folder.resolve("prometheus.yml"),
                    SELF.replace("$PORT", server.address().replaceAll(".*:", ""))
                            .replace("self", "renamed"));
            assertThat(server.send("POST", "/-/reload", "").statusCode()).isEqualTo(200);
            server.await("/api/v1/targets", body -> body.contains("\"scrapePool\":\"renamed\""));
            assertThat(server.get("/api/tokenplumb/v1/status").body()).contains("\"ok\":true");
        }
    }

    @Test
    void endsWhenAsked() throws Exception {
        var server = ServerProcess.start(folder, SELF, "--web.enable-lifecycle");
        assertThat(server.send("POST", "/-/quit", "").body()).contains("Goodbye");
        assertThat(server.endsWithin(Duration.ofSeconds(20))).isTrue();
        assertThat(server.exit()).isZero();
    }

    @Test
    void refusesToStartWithAWrongConfiguration() {
        assertThatThrownBy(() -> ServerProcess.start(folder, "scrape_confgs: []\n"))
                .hasMessageContaining("prometheus.yml:1:1")
                .hasMessageContaining("scrape_configs");
    }

    @Test
    void staysSmallWhileNobodyAsks() throws Exception {
        try (var server = ServerProcess.start(folder, "scrape_configs: []\n")) {
            server.get("/api/v1/query?query=1");
            var status = Path.of("/proc", Long.toString(server.pid()), "status");
            if (!Files.isReadable(status)) {
                return; // only Linux tells
            }
            long kilobytes =
                    Files.readAllLines(status).stream()
                            .filter(line -> line.startsWith("VmRSS:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .findFirst()
                            .orElseThrow();
            // The promise is 140 MB as the launcher starts it; plain `java -jar` lacks its cache.
            assertThat(kilobytes).isLessThan(190_000);
        }
    }
}
