package tokenplumb.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;

@Timeout(30)
final class HttpServerTest {
    private static final Network NETWORK = new Network();

    @AfterAll
    static void close() {
        NETWORK.close();
    }

    private static HttpServer listen(HttpHandler handler) throws IOException {
        return NETWORK.listen(HttpServer.Options.at("127.0.0.1", 0), handler);
    }

    private static HttpServer impatient(HttpHandler handler) throws IOException {
        return NETWORK.listen(
                new HttpServer.Options(
                        "127.0.0.1", 0, 1_000, 4, Duration.ofMillis(400), Duration.ofSeconds(2)),
                handler);
    }

    private static Socket connect(HttpServer server) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(5_000);
        return socket;
    }

    /// Everything that comes back until the server closes.
    private static byte[] tell(HttpServer server, String request) throws IOException {
        try (var socket = connect(server)) {
            RawServer.say(socket.getOutputStream(), request);
            return socket.getInputStream().readAllBytes();
        }
    }

    private static String ask(HttpServer server, String request) throws IOException {
        return new String(tell(server, request), StandardCharsets.ISO_8859_1);
    }

    private static final String LAST = "Host: x\r\nConnection: close\r\n";

    @Test
    void handsOverWhatWasAsked() throws Exception {
        var seen = new CompletableFuture<HttpRequest>();
        try (var server =
                listen(request -> {
                    seen.complete(request);
                    assertThat(Thread.currentThread().isVirtual()).isTrue();
                    return HttpResponse.text(200, "hello");
                })) {
            var answer =
                    ask(
                            server,
                            "POST /a%20b/c+d?match[]=up&match[]=x%7By%3D%22z%22%7D HTTP/1.1\r\n"
                                    + LAST
                                    + "Content-Type: application/x-www-form-urlencoded\r\n"
                                    + "Content-Length: 14\r\n\r\nquery=1%2B1&a=");
            assertThat(answer).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\nhello");
            assertThat(answer).containsIgnoringCase("content-length: 5").contains("Date: ");
            var request = seen.get(1, TimeUnit.SECONDS);
            assertThat(request.method()).isEqualTo("POST");
            assertThat(request.path()).isEqualTo("/a b/c+d");
            assertThat(request.parameters("match[]")).containsExactly("up", "x{y=\"z\"}");
            assertThat(request.parameter("query")).isEqualTo("1+1");
            assertThat(request.parameter("a")).isEmpty();
            assertThat(request.remote()).isEqualTo("127.0.0.1");
        }
    }

    @Test
    void streamsLargeAnswersInPieces() throws Exception {
        try (var server =
                listen(request ->
                        new HttpResponse(
                                200,
                                java.util.Map.of("Content-Type", "application/json"),
                                out -> {
                                    for (int i = 0; i < 100_000; i++) {
                                        out.write("0123456789".getBytes(StandardCharsets.UTF_8));
                                    }
                                }))) {
            var answer = ask(server, "GET / HTTP/1.1\r\n" + LAST + "\r\n");
            assertThat(answer).containsIgnoringCase("transfer-encoding: chunked");
            assertThat(answer.length()).isBetween(1_000_000, 1_010_000);

            var packed =
                    tell(
                            server,
                            "GET / HTTP/1.0\r\nHost: x\r\nAccept-Encoding: br, gzip;q=0.5\r\n\r\n");
            int start = indexOf(packed, "\r\n\r\n") + 4;
            assertThat(new String(packed, 0, start, StandardCharsets.ISO_8859_1))
                    .containsIgnoringCase("content-encoding: gzip")
                    .containsIgnoringCase("vary: accept-encoding");
        }
    }

    @Test
    void packsWhereThatIsAcceptedAndWorthwhile() throws Exception {
        var large = "x".repeat(5_000);
        try (var server =
                listen(request ->
                        HttpResponse.text(200, request.path().equals("/large") ? large : "x"))) {
            var zipped =
                    tell(
                            server,
                            "GET /large HTTP/1.1\r\n" + LAST + "Accept-Encoding: gzip\r\n\r\n");
            int start = indexOf(zipped, "\r\n\r\n") + 4;
            try (var in =
                    new GZIPInputStream(
                            new ByteArrayInputStream(zipped, start, zipped.length - start))) {
                assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(large);
            }
            assertThat(
                            ask(
                                    server,
                                    "GET /small HTTP/1.1\r\n"
                                            + LAST
                                            + "Accept-Encoding: gzip\r\n\r\n"))
                    .endsWith("\r\n\r\nx");
            assertThat(
                            ask(
                                    server,
                                    "GET /large HTTP/1.1\r\n"
                                            + LAST
                                            + "Accept-Encoding: gzip;q=0\r\n\r\n"))
                    .endsWith(large);
        }
    }

    private static int indexOf(byte[] bytes, String text) {
        return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
    }

    @Test
    void refusesBodiesBeyondTheLimit() throws Exception {
        try (var server = impatient(request -> HttpResponse.text(200, "never"))) {
            assertThat(ask(server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"))
                    .startsWith("HTTP/1.1 413 ")
                    .endsWith("request body is larger than 1000 bytes\n");
            var chunk = "3e8\r\n" + "x".repeat(1000) + "\r\n";
            assertThat(
                            ask(
                                    server,
                                    "POST / HTTP/1.1\r\n"
                                            + "Host: x\r\n"
                                            + "Transfer-Encoding: chunked\r\n\r\n"
                                            + chunk
                                            + chunk))
                    .startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void answersBrokenEscapesAndHandlersThatFail() throws Exception {
        try (var server =
                listen(request -> {
                    throw new IllegalStateException("bug: on purpose");
                })) {
            assertThat(ask(server, "GET /?a=%zz HTTP/1.1\r\n" + LAST + "\r\n"))
                    .startsWith("HTTP/1.1 400 ");
            assertThat(ask(server, "GET / HTTP/1.1\r\n" + LAST + "\r\n"))
                    .startsWith("HTTP/1.1 500 ")
                    .contains("on purpose");
        }
    }

    @Test
    void refusesHeadsWithoutMeasure() throws Exception {
        try (var server = listen(request -> HttpResponse.text(200, "fine"))) {
            assertThat(ask(server, "GET /" + "x".repeat(100_000) + " HTTP/1.1\r\n" + LAST + "\r\n"))
                    .contains(" 414 ");
            assertThat(
                            ask(
                                    server,
                                    "GET / HTTP/1.1\r\n"
                                            + LAST
                                            + "X: "
                                            + "x".repeat(100_000)
                                            + "\r\n\r\n"))
                    .contains(" 431 ");
            assertThat(ask(server, "\u0000\u0001nonsense\r\n\r\n")).startsWith("HTTP/1.");
            assertThat(ask(server, "GET / HTTP/1.1\r\n" + LAST + "\r\n")).endsWith("fine");
        }
    }

    @Test
    void sendsAwayThoseWhoDripTheirRequest() throws Exception {
        try (var server = impatient(request -> HttpResponse.text(200, "fine"));
                var socket = connect(server)) {
            long start = System.nanoTime();
            var out = socket.getOutputStream();
            assertThatThrownBy(
                            () -> {
                                RawServer.say(out, "GET / HTTP/1.1\r\n");
                                for (int i = 0; i < 100; i++) {
                                    RawServer.say(out, "X-" + i + ": y\r\n");
                                    Thread.sleep(50);
                                }
                            })
                    .isInstanceOf(IOException.class);
            assertThat(System.nanoTime() - start).isLessThan(3_000_000_000L);
        }
    }

    @Test
    void givesUpOnThoseWhoDoNotRead() throws Exception {
        var failure = new CompletableFuture<IOException>();
        var written = new AtomicLong();
        try (var server =
                        impatient(request ->
                                new HttpResponse(
                                        200,
                                        java.util.Map.of(),
                                        out -> {
                                            try {
                                                for (int i = 0; i < 100_000; i++) {
                                                    out.write(new byte[10_000]);
                                                    written.addAndGet(10_000);
                                                }
                                            } catch (IOException e) {
                                                failure.complete(e);
                                                throw e;
                                            }
                                        }));
                var socket = connect(server)) {
            RawServer.say(socket.getOutputStream(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(failure.get(5, TimeUnit.SECONDS))
                    .hasMessageContaining("the client has not read for PT0.4S");
            assertThat(written).hasValueLessThan(64L << 20);
        }
    }

    @Test
    void breaksOffWorkWhenTheClientHasLeft() throws Exception {
        var begun = new CountDownLatch(1);
        var interrupted = new CompletableFuture<Boolean>();
        try (var server =
                listen(request -> {
                    request.presence()
                            .during(() -> {
                                begun.countDown();
                                try {
                                    Thread.sleep(20_000);
                                    return interrupted.complete(false);
                                } catch (InterruptedException e) {
                                    return interrupted.complete(true);
                                }
                            });
                    return HttpResponse.text(200, "too late");
                })) {
            try (var socket = connect(server)) {
                RawServer.say(socket.getOutputStream(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
                assertThat(begun.await(5, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(interrupted.get(5, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void closesConnectionsBeyondTheLimit() throws Exception {
        try (var server = impatient(request -> HttpResponse.text(200, "fine"))) {
            var open = new Socket[4];
            for (int i = 0; i < 4; i++) {
                open[i] = connect(server);
            }
            Thread.sleep(100);
            try (var oneTooMany = connect(server)) {
                assertThat(oneTooMany.getInputStream().read()).isEqualTo(-1);
            }
            for (var socket : open) {
                socket.close();
            }
        }
    }

    @Test
    void drainsBeforeItCloses() throws Exception {
        var begun = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var server =
                listen(request -> {
                    begun.countDown();
                    go.await();
                    return HttpResponse.text(200, "complete");
                });
        var answer =
                CompletableFuture.supplyAsync(() -> {
                    try {
                        return ask(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
                    } catch (IOException e) {
                        return "broken: " + e;
                    }
                });
        assertThat(begun.await(5, TimeUnit.SECONDS)).as("%s", answer).isTrue();
        var idle = connect(server);
        var closing = Thread.ofVirtual().start(server::close);
        Thread.sleep(200);
        assertThatThrownBy(() -> connect(server).close()).isInstanceOf(IOException.class);
        go.countDown();
        assertThat(answer.get(3, TimeUnit.SECONDS)).endsWith("complete");
        assertThat(closing.join(Duration.ofSeconds(3))).isTrue();
        assertThat(idle.getInputStream().read()).isEqualTo(-1);
        idle.close();
    }

    @Test
    void saysThatThePortIsTaken() throws Exception {
        try (var server = listen(request -> HttpResponse.text(200, ""))) {
            assertThatThrownBy(() ->
                            NETWORK.listen(
                                    HttpServer.Options.at("127.0.0.1", server.port()),
                                    request -> HttpResponse.text(200, "")))
                    .hasMessage(
                            "cannot listen on 127.0.0.1:%d: another process listens there already;"
                                            .formatted(server.port())
                                    + " stop it, or choose another address with"
                                    + " --web.listen-address");
        }
    }

    @Test
    void answersPipelinedRequestsInOrder() throws Exception {
        try (var server =
                listen(request -> {
                    Thread.sleep(request.path().equals("/1") ? 100 : 0);
                    return HttpResponse.text(200, request.path());
                })) {
            var answer =
                    ask(
                            server,
                            "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\n"
                                    + LAST
                                    + "\r\n");
            assertThat(answer.indexOf("/1")).isPositive().isLessThan(answer.indexOf("/2"));
        }
    }

    @Test
    void answersHeadWithoutABody() throws Exception {
        try (var server =
                listen(new Router().get("/", request -> HttpResponse.text(200, "body")))) {
            assertThat(ask(server, "HEAD / HTTP/1.1\r\n" + LAST + "\r\n"))
                    .startsWith("HTTP/1.1 200 ")
                    .doesNotContain("body");
        }
    }

    @Test
    void unpacksRequestBodiesWithinTheLimit() throws Exception {
        var seen = new CompletableFuture<byte[]>();
        try (var server =
                impatient(request -> {
                    seen.complete(request.body());
                    return HttpResponse.text(200, "ok");
                })) {
            assertThat(post(server, new byte[900])).startsWith("HTTP/1.1 200 ");
            assertThat(seen.get(1, TimeUnit.SECONDS)).isEqualTo(new byte[900]);
            assertThat(post(server, new byte[900_000])).startsWith("HTTP/1.1 413 ");
        }
    }

    private static String post(HttpServer server, byte[] plain) throws IOException {
        var packed = new java.io.ByteArrayOutputStream();
        try (var zip = new java.util.zip.GZIPOutputStream(packed)) {
            zip.write(plain);
        }
        try (var socket = connect(server)) {
            RawServer.say(
                    socket.getOutputStream(),
                    "POST / HTTP/1.1\r\n"
                            + LAST
                            + "Content-Encoding: gzip\r\nContent-Length: "
                            + packed.size()
                            + "\r\n\r\n");
            socket.getOutputStream().write(packed.toByteArray());
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void gunzipStopsAtTheLimitAndAtLies() throws Exception {
        var packed = new java.io.ByteArrayOutputStream();
        try (var zip = new java.util.zip.GZIPOutputStream(packed)) {
            zip.write(new byte[1_000]);
        }
        var bytes = packed.toByteArray();
        var gunzip = new Gunzip(new Spares());
        assertThat(gunzip.bytes(bytes, bytes.length, 1_000).length()).isEqualTo(1_000);
        assertThatThrownBy(() -> gunzip.bytes(bytes, bytes.length, 999))
                .isInstanceOf(Fetch.BodyTooLarge.class);
        var lying = Arrays.copyOf(bytes, bytes.length);
        lying[lying.length - 1] = 0x7f;
        assertThatThrownBy(() -> gunzip.bytes(lying, lying.length, 1 << 30))
                .hasMessageContaining("gzip body is broken");
    }
}
