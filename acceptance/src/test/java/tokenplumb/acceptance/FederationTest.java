package tokenplumb.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// A real Prometheus takes our series over `/federate`, as a central server does.
@Timeout(180)
final class FederationTest {
    private static final String SELF =
            """
            global:
              scrape_interval: 1s
              external_labels: {cluster: edge}
            scrape_configs:
              - job_name: self
                static_configs:
                  - targets: ["127.0.0.1:$PORT"]
            """;
    private static final String CENTRAL =
            """
            global: {scrape_interval: 1s}
            scrape_configs:
              - job_name: edges
                honor_labels: true
                metrics_path: /federate
                params: {"match[]": ['{job="self"}']}
                static_configs:
                  - targets: ["$EDGE"]
            """;

    @TempDir private Path folder;

    @Test
    void feedsACentralPrometheus() throws Exception {
        var prometheus = Program.of("prometheus", "prometheus");
        try (var edge = ServerProcess.start(folder, SELF)) {
            edge.await("/api/v1/query?query=up", body -> body.contains("\"1\"]"));
            var address = edge.address().substring("http://".length());
            int port = freePort();
            var config =
                    Files.writeString(
                            folder.resolve("central.yml"), CENTRAL.replace("$EDGE", address));
            var central =
                    new ProcessBuilder(
                                    prometheus.path().toString(),
                                    "--config.file=" + config,
                                    "--storage.tsdb.path=" + folder.resolve("central"),
                                    "--web.listen-address=127.0.0.1:" + port)
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("central.log").toFile())
                            .start();
            try {
                assertThat(arrived(port, address)).as("series at the central server").isTrue();
            } finally {
                central.destroy();
                central.waitFor(20, TimeUnit.SECONDS);
            }
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /// With the labels it has here, ours of the cluster, and not those of the federating job.
    private static boolean arrived(int port, String instance) throws InterruptedException {
        var query =
                "http://127.0.0.1:%d/api/v1/query?query=up%%7Bjob=%%22self%%22%%7D".formatted(port);
        try (var client = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(URI.create(query))
                            .timeout(Duration.ofSeconds(5))
                            .build();
            for (int i = 0; i < 300; i++) {
                try {
                    var body = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
                    if (body.contains("\"cluster\":\"edge\"")) {
                        assertThat(body).contains("\"instance\":\"" + instance + "\"");
                        return true;
                    }
                } catch (IOException notYet) {
                    // it is still starting
                }
                Thread.sleep(100);
            }
        }
        return false;
    }
}
