package tokenplumb.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import tokenplumb.kit.Seeds;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;

@Timeout(30)
final class HttpFetchTest {
    private static final Network NETWORK = new Network();
    private static final Duration SOON = Duration.ofSeconds(5);

    @AfterAll
    static void close() {
        NETWORK.close();
    }

    private static Fetch.Response get(URI uri) throws Exception {
        return NETWORK.fetch().fetch(Fetch.Request.get(uri, Map.of(), SOON, 0));
    }

    private static String text(Fetch.Response response) {
        return new String(response.body(), 0, response.length(), StandardCharsets.UTF_8);
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(packed)) {
            out.write(plain);
        }
        return packed.toByteArray();
    }

    @Test
    void fetchesAndKeepsTheConnection() throws Exception {
        var connections = new AtomicInteger();
        try (var server =
                new RawServer((out, socket) -> {
                    connections.incrementAndGet();
                    while (true) {
                        RawServer.say(
                                out,
                                "HTTP/1.1 200 OK",
                                "Content-Length: 5",
                                "Content-Type: text/plain",
                                "",
                                "up 1\n");
                        if (RawServer.head(socket.getInputStream()).isEmpty()) {
                            return;
                        }
                    }
                })) {
            for (int i = 0; i < 3; i++) {
                var response = get(server.uri());
                assertThat(response.status()).isEqualTo(200);
                assertThat(response.headers()).containsEntry("content-type", "text/plain");
                assertThat(text(response)).isEqualTo("up 1\n");
            }
            assertThat(connections).hasValue(1);
            assertThat(server.heads.getFirst())
                    .startsWith("GET /metrics HTTP/1.1\r\n")
                    .containsIgnoringCase("host: 127.0.0.1:" + server.uri().getPort())
                    .containsIgnoringCase("accept-encoding: gzip");
        }
    }

    @Test
    void unpacksGzip() throws Exception {
        var plain = "vllm:num_requests_running 3\n".repeat(10_000).getBytes(StandardCharsets.UTF_8);
        var packed = gzip(plain);
        try (var server =
                new RawServer((out, socket) -> {
                    RawServer.say(out, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
                    out.write(packed);
                })) {
            var response = get(server.uri());
            assertThat(response.length()).isEqualTo(plain.length);
            assertThat(text(response)).endsWith("running 3\n");
        }
    }

    @Test
    void refusesABombBeforeItUnfolds() throws Exception {
        var bomb = gzip(new byte[64 << 20]);
        try (var server =
                new RawServer((out, socket) -> {
                    RawServer.say(
                            out,
                            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
                                    + bomb.length
                                    + "\r\n\r\n");
                    out.write(bomb);
                })) {
            assertThatThrownBy(() ->
                            NETWORK.fetch()
                                    .fetch(
                                            Fetch.Request.get(
                                                    server.uri(), Map.of(), SOON, 1 << 20)))
                    .isInstanceOf(Fetch.BodyTooLarge.class)
                    .hasMessage("body size limit exceeded: more than 1048576 bytes");
        }
    }

    @Test
    void refusesABodyWithoutEndAtTheLimit() throws Exception {
        var sent = new AtomicInteger();
        try (var server =
                new RawServer((out, socket) -> {
                    RawServer.say(out, "HTTP/1.1 200 OK\r\n\r\n");
                    var piece = new byte[64 << 10];
                    while (true) {
                        out.write(piece);
                        sent.addAndGet(piece.length);
                    }
                })) {
            assertThatThrownBy(() ->
                            NETWORK.fetch()
                                    .fetch(
                                            Fetch.Request.get(
                                                    server.uri(), Map.of(), SOON, 100_000)))
                    .isInstanceOf(Fetch.BodyTooLarge.class);
            int atRefusal = sent.get();
            Thread.sleep(200);
            assertThat(sent.get() - atRefusal)
                    .as("the connection is closed, so the server cannot go on")
                    .isLessThan(16 << 20);
        }
    }

    @Test
    void refusesAnAnnouncedLengthBeyondTheLimit() throws Exception {
        try (var server =
                new RawServer((out, socket) -> {
                    RawServer.say(out, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
                    Thread.sleep(3_000);
                })) {
            assertThatThrownBy(() -> get(server.uri())).isInstanceOf(Fetch.BodyTooLarge.class);
        }
    }

    @Test
    void saysHowMuchCameWhenTheLengthWasALie() throws Exception {
        try (var server =
                new RawServer((out, socket) ->
                        RawServer.say(
                                out, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nup 1\n"))) {
            assertThatThrownBy(() -> get(server.uri()))
                    .hasMessage("connection closed after 5 of 500 bytes of the answer");
        }
    }

    @Test
    void saysHowMuchCameWhenChunksBreakOff() throws Exception {
        try (var server =
                new RawServer((out, socket) ->
                        RawServer.say(
                                out,
                                "HTTP/1.1 200 OK",
                                "Transfer-Encoding: chunked",
                                "",
                                "5",
                                "up 1\n",
                                ""))) {
            assertThatThrownBy(() -> get(server.uri()))
                    .hasMessage("connection closed after 5 bytes of the answer");
        }
    }

    @Test
    void saysThatTheGzipEndsInTheMiddle() throws Exception {
        var packed = gzip("up 1\n".repeat(1000).getBytes(StandardCharsets.UTF_8));
        try (var server =
                new RawServer((out, socket) -> {
                    int half = packed.length / 2;
                    RawServer.say(
                            out,
                            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
                                    + half
                                    + "\r\n\r\n");
                    out.write(packed, 0, half);
                })) {
            assertThatThrownBy(() -> get(server.uri()))
                    .hasMessageStartingWith("gzip body ends in the middle, after ");
        }
    }

    @Test
    void saysThatNothingListens() throws Exception {
        int port;
        try (var gone = new ServerSocket(0)) {
            port = gone.getLocalPort();
        }
        assertThatThrownBy(() -> get(URI.create("http://127.0.0.1:" + port + "/")))
                .hasMessage("connection refused by 127.0.0.1:" + port + ": nothing listens there");
        assertThatThrownBy(() -> get(URI.create("http://localhost:" + port + "/")))
                .hasMessageContaining("connection refused by");
    }

    @Test
    void saysThatTheNameIsUnknown() {
        assertThatThrownBy(() -> get(URI.create("http://nobody.invalid/")))
                .hasMessage("host name nobody.invalid is unknown");
    }

    @Test
    void saysWhatItWaitedForWhenTimeIsUp() throws Exception {
        var short1 = Duration.ofMillis(300);
        try (var silent = new RawServer((out, socket) -> Thread.sleep(5_000));
                var slow =
                        new RawServer((out, socket) -> {
                            RawServer.say(out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
                            for (int i = 0; i < 100; i++) {
                                out.write('x');
                                out.flush();
                                Thread.sleep(50);
                            }
                        })) {
            long start = System.nanoTime();
            assertThatThrownBy(() ->
                            NETWORK.fetch()
                                    .fetch(Fetch.Request.get(silent.uri(), Map.of(), short1, 0)))
                    .hasMessageStartingWith("timed out after 0.3s waiting for an answer from 127.");
            assertThatThrownBy(() ->
                            NETWORK.fetch()
                                    .fetch(Fetch.Request.get(slow.uri(), Map.of(), short1, 0)))
                    .hasMessageMatching(
                            "timed out after 0.3s after \\d+ of 100 bytes of the answer");
            assertThat(System.nanoTime() - start).isLessThan(3_000_000_000L);
        }
    }

    @Test
    void saysThatItIsNotHttp() throws Exception {
        try (var server =
                new RawServer((out, socket) -> RawServer.say(out, "SSH-2.0-OpenSSH_9.2\r\n\r\n"))) {
            assertThatThrownBy(() -> get(server.uri()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("127.0.0.1:" + server.uri().getPort());
        }
    }

    @Test
    void survivesHeadersWithoutEnd() throws Exception {
        try (var server =
                new RawServer((out, socket) -> {
                    RawServer.say(out, "HTTP/1.1 200 OK\r\n");
                    while (true) {
                        RawServer.say(out, "X-Filler: " + "x".repeat(1000) + "\r\n");
                    }
                })) {
            assertThatThrownBy(() -> get(server.uri())).isInstanceOf(IOException.class);
        }
    }

    @Test
    void triesAgainWhenAKeptConnectionHadJustBeenGivenUp() throws Exception {
        var connections = new AtomicInteger();
        try (var server =
                new RawServer((out, socket) -> {
                    connections.incrementAndGet();
                    RawServer.say(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                    RawServer.head(socket.getInputStream()); // takes the next, says nothing
                })) {
            assertThat(text(get(server.uri()))).isEqualTo("ok");
            assertThat(text(get(server.uri()))).isEqualTo("ok");
            assertThat(connections).hasValue(2);
        }
    }

    @Test
    void followsRedirectsOnlyWhenAskedAndLeavesCredentialsBehind() throws Exception {
        try (var other =
                        new RawServer((out, socket) ->
                                RawServer.say(
                                        out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
                var first =
                        new RawServer((out, socket) ->
                                RawServer.say(
                                        out,
                                        "HTTP/1.1 302 Found\r\n"
                                                + "Content-Length: 0\r\n"
                                                + "Location: http://localhost:"
                                                + other.uri().getPort()
                                                + "/there\r\n\r\n"))) {
            var request =
                    Fetch.Request.get(
                            first.uri(), Map.of("Authorization", "Bearer secret"), SOON, 0);
            assertThat(NETWORK.fetch().fetch(request).status()).isEqualTo(302);

            var followed =
                    NETWORK.fetch().fetch(request.with(new Fetch.Options(true, Fetch.Tls.SYSTEM)));
            assertThat(text(followed)).isEqualTo("ok");
            assertThat(first.heads.getLast()).containsIgnoringCase("authorization: bearer secret");
            assertThat(other.heads.getLast())
                    .startsWith("GET /there ")
                    .doesNotContainIgnoringCase("secret");
        }
    }

    @Test
    void stopsGoingRoundInCircles() throws Exception {
        try (var server =
                new RawServer((out, socket) ->
                        RawServer.say(
                                out,
                                "HTTP/1.1 302 Found",
                                "Content-Length: 0",
                                "Location: /metrics",
                                "",
                                ""))) {
            assertThatThrownBy(() ->
                            NETWORK.fetch()
                                    .fetch(
                                            Fetch.Request.get(server.uri(), Map.of(), SOON, 0)
                                                    .with(
                                                            new Fetch.Options(
                                                                    true, Fetch.Tls.SYSTEM))))
                    .hasMessage("stopped after 10 redirects");
        }
    }

    @Test
    void joinsChunksHoweverTheyAreCut() throws Exception {
        var plain = "vllm:num_requests_running 3\n".repeat(3_000);
        Seeds.forEach(
                20,
                random -> {
                    var wire = chunked(plain.getBytes(StandardCharsets.UTF_8), random);
                    try (var server =
                            new RawServer((out, socket) -> {
                                RawServer.say(
                                        out,
                                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                                for (int at = 0; at < wire.length; ) {
                                    int some =
                                            Math.min(wire.length - at, 1 + random.nextInt(40_000));
                                    out.write(wire, at, some);
                                    out.flush();
                                    at += some;
                                }
                                Thread.sleep(
                                        5_000); // the end is in the chunks, not in the connection
                            })) {
                        var response = get(server.uri());
                        assertThat(text(response)).isEqualTo(plain);
                        NETWORK.fetch().giveBack(response.body());
                    } catch (IOException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
    }

    private static byte[] chunked(byte[] plain, Random random) {
        var wire = new ByteArrayOutputStream();
        int largest = 1 + random.nextInt(20_000);
        for (int at = 0; at < plain.length; ) {
            int size = Math.min(plain.length - at, 1 + random.nextInt(largest));
            var extension = random.nextInt(5) == 0 ? ";name=\"value\"" : "";
            wire.writeBytes(
                    (Integer.toHexString(size) + extension + "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            wire.write(plain, at, size);
            wire.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
            at += size;
        }
        var trailer = random.nextBoolean() ? "X-Checksum: 1\r\n" : "";
        wire.writeBytes(("0\r\n" + trailer + "\r\n").getBytes(StandardCharsets.US_ASCII));
        return wire.toByteArray();
    }

    @Test
    void refusesChunksThatMakeNoSense() throws Exception {
        for (var chunk :
                List.of("xyz\r\n", "\r\n", "-5\r\n", "fffffffffffffffffff\r\n", "1\r\nab")) {
            try (var server =
                    new RawServer((out, socket) ->
                            RawServer.say(
                                    out,
                                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                            + chunk))) {
                assertThatThrownBy(() -> get(server.uri()))
                        .as(chunk)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("chunk");
            }
        }
    }

    @Test
    void passesOverInterimAnswersAndUnderstandsOldHeaders() throws Exception {
        try (var server =
                new RawServer((out, socket) ->
                        RawServer.say(
                                out,
                                "HTTP/1.1 103 Early Hints",
                                "Link: </style.css>",
                                "",
                                "HTTP/1.1 200",
                                "X-Folded: one",
                                "  two",
                                "x-folded: three",
                                "Content-Length: 2",
                                "Content-Length:2",
                                "",
                                "ok"))) {
            var response = get(server.uri());
            assertThat(text(response)).isEqualTo("ok");
            assertThat(response.headers()).containsEntry("x-folded", "one two, three");
        }
    }

    @Test
    void doesNotBelieveTwoLengths() throws Exception {
        try (var server =
                new RawServer((out, socket) ->
                        RawServer.say(
                                out,
                                "HTTP/1.1 200 OK",
                                "Content-Length: 2",
                                "Content-Length: 3",
                                "",
                                "ok!"))) {
            assertThatThrownBy(() -> get(server.uri())).hasMessageContaining("two lengths");
        }
    }

    @Test
    void doesNotUseAConnectionOnWhichMoreCameThanTheAnswer() throws Exception {
        var connections = new AtomicInteger();
        try (var server =
                new RawServer((out, socket) -> {
                    connections.incrementAndGet();
                    RawServer.say(
                            out,
                            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                                    + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
                    RawServer.head(socket.getInputStream());
                })) {
            assertThat(text(get(server.uri()))).isEqualTo("ok");
            assertThat(text(get(server.uri()))).isEqualTo("ok");
            assertThat(connections).hasValue(2);
        }
    }

    @Test
    void noticesThatAServerGaveUpWhileNobodyAsked() throws Exception {
        var served = new AtomicInteger();
        try (var server =
                new RawServer((out, socket) -> {
                    served.incrementAndGet();
                    RawServer.say(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                })) {
            assertThat(text(get(server.uri()))).isEqualTo("ok");
            Thread.sleep(200); // the other side closes
            var post = new Fetch.Request("POST", server.uri(), Map.of(), new byte[] {1}, SOON, 0);
            assertThat(text(NETWORK.fetch().fetch(post)))
                    .as("a POST must not be repeated, so it must not start on a dead connection")
                    .isEqualTo("ok");
            assertThat(served).hasValue(2);
            assertThat(server.heads.getLast()).contains("Content-Length: 1\r\n");
        }
    }

    @Test
    void givesUpAPeerThatDoesNotTakeTheRequest() throws Exception {
        try (var deaf = new RawServer((out, socket) -> Thread.sleep(5_000))) {
            var request =
                    new Fetch.Request(
                            "POST",
                            deaf.uri(),
                            Map.of(),
                            new byte[64 << 20],
                            Duration.ofMillis(300),
                            0);
            long start = System.nanoTime();
            assertThatThrownBy(() -> NETWORK.fetch().fetch(request))
                    .hasMessageStartingWith("timed out after 0.3s");
            assertThat(System.nanoTime() - start).isLessThan(3_000_000_000L);
        }
    }

    @Test
    void sendsNoHeaderThatWouldBeTwo() throws Exception {
        try (var server =
                new RawServer((out, socket) ->
                        RawServer.say(out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))) {
            var request =
                    Fetch.Request.get(
                            server.uri(),
                            Map.of("Authorization", "Bearer secret\r\nX-Evil: 1"),
                            SOON,
                            0);
            assertThatThrownBy(() -> NETWORK.fetch().fetch(request))
                    .hasMessage("the header Authorization has a line break or the like in it");
            assertThat(server.heads).isEmpty();
        }
    }

    @Test
    void saysThatAnEmptyAnswerHasNoBody() throws Exception {
        try (var server =
                new RawServer((out, socket) -> {
                    RawServer.say(out, "HTTP/1.1 204 No Content\r\n\r\n");
                    Thread.sleep(5_000);
                })) {
            var response = get(server.uri());
            assertThat(response.status()).isEqualTo(204);
            assertThat(response.length()).isZero();
        }
    }

    @Test
    void joinsTheMembersOfAGzip() throws Exception {
        var packed = new ByteArrayOutputStream();
        packed.writeBytes(gzip("up 1\n".getBytes(StandardCharsets.UTF_8)));
        packed.writeBytes(gzip("down 0\n".getBytes(StandardCharsets.UTF_8)));
        var unpacked = new Gunzip(new Spares()).bytes(packed.toByteArray(), packed.size(), 100);
        assertThat(new String(unpacked.array(), 0, unpacked.length(), StandardCharsets.UTF_8))
                .isEqualTo("up 1\ndown 0\n");
    }

    @Test
    void gunzipsWhatTheJdkPacksAndNothingElse() {
        var gunzip = new Gunzip(new Spares());
        Seeds.forEach(
                100,
                random -> {
                    var plain = new byte[random.nextInt(100_000)];
                    random.nextBytes(plain);
                    Arrays.fill(plain, 0, plain.length / 2, (byte) 'x');
                    var packed = gzip(plain);
                    var unpacked = gunzip.bytes(packed, packed.length, plain.length);
                    assertThat(Arrays.copyOf(unpacked.array(), unpacked.length())).isEqualTo(plain);
                    assertThatThrownBy(() ->
                                    gunzip.bytes(
                                            packed, random.nextInt(packed.length), plain.length))
                            .hasMessageStartingWith("gzip body ends in the middle, after ");
                    packed[10 + random.nextInt(packed.length - 10)] ^=
                            (byte) (1 << random.nextInt(8));
                    assertThatThrownBy(() -> gunzip.bytes(packed, packed.length, plain.length))
                            .isInstanceOf(IOException.class);
                });
    }

    @Test
    void endsWhenItsThreadIsToStop() throws Exception {
        try (var silent = new RawServer((out, socket) -> Thread.sleep(5_000))) {
            var outcome = new java.util.concurrent.CompletableFuture<Throwable>();
            var asking =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    get(silent.uri());
                                } catch (Exception e) {
                                    outcome.complete(e);
                                }
                            });
            Thread.sleep(100);
            asking.interrupt();
            assertThat(outcome.get(2, java.util.concurrent.TimeUnit.SECONDS))
                    .isInstanceOf(InterruptedException.class);
        }
    }
}
