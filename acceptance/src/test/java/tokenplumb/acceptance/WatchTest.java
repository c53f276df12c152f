package tokenplumb.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;

/// `watch` over a real node_exporter and a recorded exposition of a real vLLM, without any file.
final class WatchTest {
    @Test
    void recognisesWhatItIsGivenAndPrintsIt(@TempDir Path folder)
            throws IOException, InterruptedException {
        var exposition = recordedVllm();
        var nodeExporter = Program.of("prometheus-node-exporter", "prometheus-node-exporter");
        int port = freePort();
        var node =
                new ProcessBuilder(
                                nodeExporter.path().toString(),
                                "--web.listen-address=127.0.0.1:" + port)
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("node.log").toFile())
                        .start();
        var vllm = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        vllm.createContext(
                "/metrics",
                exchange -> {
                    exchange.getResponseHeaders().add("Content-Type", "text/plain; version=0.0.4");
                    exchange.sendResponseHeaders(200, exposition.length);
                    exchange.getResponseBody().write(exposition);
                    exchange.close();
                });
        vllm.start();
        awaitListening(port);
        try (var watch =
                ServerProcess.command(
                        folder,
                        "watch",
                        "--watch.interval=1s",
                        "127.0.0.1:" + port,
                        "http://127.0.0.1:" + vllm.getAddress().getPort())) {
            watch.await(
                    "/api/v1/query?query=llm_requests_running", body -> body.contains("\"value\""));
            watch.await("/api/v1/query?query=node_load1", body -> body.contains("\"value\""));
            for (int i = 0; i < 200 && !watch.log().contains("load, 1 min"); i++) {
                Thread.sleep(100);
            }
            assertThat(watch.log())
                    .contains("/metrics: node_exporter, ")
                    .contains("/metrics: vLLM")
                    .contains("CPU busy")
                    .contains("KV");
        } finally {
            vllm.stop(0);
            node.destroy();
        }
    }

    private static byte[] recordedVllm() throws IOException {
        var file =
                Path.of("")
                        .toAbsolutePath()
                        .getParent()
                        .resolveSibling(
                                "shared/data/expositions/vllm_v1_2026-09_specdecode_real.prom");
        Assumptions.assumeTrue(
                Files.exists(file), "no folder shared/ beside the checkout: watch not tested");
        return Files.readAllBytes(file);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void awaitListening(int port) throws InterruptedException {
        for (int i = 0; i < 200; i++) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertThat(socket.isConnected()).isTrue();
                return;
            } catch (IOException notYet) {
                Thread.sleep(50);
            }
        }
        throw new AssertionError("node_exporter does not listen");
    }
}
