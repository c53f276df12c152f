package tokenplumb.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Random;

/// Whatever one client does, the next one is answered.
@Timeout(180)
final class HostileRequestsTest {
    @TempDir private static Path folder;
    private static ServerProcess server; // set once, before all tests

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        server = ServerProcess.start(folder, "scrape_configs: []\n");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @AfterEach
    void stillAnswers() throws Exception {
        assertThat(server.isAlive()).isTrue();
        assertThat(server.get("/api/v1/query?query=1").body()).contains("\"success\"");
    }

    private static String tell(String request) throws IOException {
        try (var socket = server.connect()) {
            send(socket, request);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    @Test
    void bytesThatAreNotHttp() throws Exception {
        var random = new Random(1);
        for (int i = 0; i < 50; i++) {
            var bytes = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(bytes);
            try (var socket = server.connect()) {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (IOException reset) {
                // hanging up is an answer, too
            }
        }
    }

    @Test
    void headsWithoutEnd() throws Exception {
        assertThat(shout("GET /" + "a".repeat(200_000) + " HTTP/1.1\r\n\r\n"))
                .containsAnyOf(" 414 ", "hung up");
        var header = "A: " + "a".repeat(200_000) + "\r\n\r\n";
        assertThat(shout("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header))
                .containsAnyOf(" 431 ", "hung up");
    }

    /// As [#tell], but the server may well hang up before it has heard everything.
    private static String shout(String request) {
        try {
            return tell(request);
        } catch (IOException e) {
            return "hung up: " + e.getMessage();
        }
    }

    @Test
    void bodiesWithoutMeasure() throws Exception {
        assertThat(
                        tell(
                                "POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Length:"
                                        + " 99999999999\r\n\r\n"))
                .contains(" 413 ");
    }

    @Test
    void manyConnectionsThatSayNothing() throws Exception {
        var silent = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 300; i++) {
                silent.add(server.connect());
            }
            stillAnswers();
        } finally {
            for (var socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void answersThatNobodyReads() throws Exception {
        var deaf = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 20; i++) {
                var socket = server.connect();
                deaf.add(socket);
                send(
                        socket,
                        "GET /api/v1/query_range?query=vector(time())&start=0&end=11000&step=1"
                                + " HTTP/1.1\r\nHost: x\r\n\r\n");
            }
            stillAnswers();
        } finally {
            for (var socket : deaf) {
                socket.close();
            }
        }
    }

    @Test
    void queriesThatAskTooMuch() throws Exception {
        assertThat(server.get("/api/v1/query?query=" + "(".repeat(20_000)).statusCode())
                .isBetween(400, 422);
        assertThat(server.get("/api/v1/query?query=1" + "%2B1".repeat(5_000)).statusCode())
                .isBetween(200, 422);
        assertThat(
                        server.get("/api/v1/query_range?query=1&start=0&end=1e15&step=0.001")
                                .statusCode())
                .isEqualTo(400);
    }

    @Test
    void pathsThatClimb() throws Exception {
        for (var path : new String[] {"/../../etc/passwd", "/assets/..%2f..%2f..%2fetc/passwd"}) {
            assertThat(tell("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                    .as(path)
                    .contains(" 404 ")
                    .doesNotContain("root:");
        }
    }
}
