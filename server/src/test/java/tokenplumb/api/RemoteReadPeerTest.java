package tokenplumb.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Snappy;
import tokenplumb.kit.MemoryStorage;
import tokenplumb.kit.RealPrometheus;
import tokenplumb.signal.Labels;

import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/// A real Prometheus that keeps nothing itself and reads all from us.
@Timeout(120)
final class RemoteReadPeerTest {
    private static final long FROM = 1_735_690_000_000L;
    private static final int COUNT = 500; // several chunks

    private static Served served() throws Exception {
        var storage = new MemoryStorage();
        for (int series = 0; series < 3; series++) {
            var labels = Labels.of("__name__", "x", "i", "s" + series, "kind", "ü");
            for (int i = 0; i < COUNT; i++) {
                storage.put(labels, FROM + i * 15_000L + i % 7, i * 1.1 + series);
            }
        }
        return new Served(storage);
    }

    @Test
    void aRealPrometheusReadsTheSameFromUs(@TempDir Path folder) throws Exception {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        try (var ours = served();
                var prometheus =
                        RealPrometheus.serve(
                                folder.resolve("data"),
                                "remote_read: [{url: '%s/api/v1/read', read_recent: true}]\n"
                                        .formatted(ours.address()),
                                folder,
                                port)) {
            for (var query : new String[] {"x", "x/2", "x%7Bi=~%22s%5B12%5D%22,i!=%22s1%22%7D"}) {
                var path =
                        "/api/v1/query_range?query=%s&start=%d&end=%d&step=60"
                                .formatted(query, FROM / 1000 + 600, FROM / 1000 + 7_000);
                var theirs = new String(prometheus.ask(path).body(), StandardCharsets.UTF_8);
                var own = ours.get(path).body();
                assertThat(own).contains("\"values\":[[");
                assertThat(
                                Served.json(
                                                theirs.replace("\"cluster\":\"prod\",", "")
                                                        .replace("\"job\":\"never wins\",", "")
                                                        .replace(",\"job\":\"never wins\"", ""))
                                        .toString())
                        .contains(dataOf(own));
            }
        }
    }

    /// The answer's data as text, without infos.
    private static String dataOf(String answer) {
        return ((java.util.Map<?, ?>) Served.json(answer)).get("data").toString();
    }

    @Test
    void answersOneMessageOfSamplesToWhoAsksForNoType() throws Exception {
        // queries { start: 0, end: FROM, matchers { name: "__name__" value: "x" } }
        var matcher = new Buffer();
        matcher.putByte(0x12);
        matcher.putText("__name__");
        matcher.putByte(0x1a);
        matcher.putText("x");
        var query = new Buffer();
        query.putByte(0x10);
        query.putUvarint(FROM);
        query.putByte(0x1a);
        query.putUvarint(matcher.size());
        query.put(matcher.array(), 0, matcher.size());
        var request = new Buffer();
        request.putByte(0x0a);
        request.putUvarint(query.size());
        request.put(query.array(), 0, query.size());
        var packed = new Buffer();
        Snappy.pack(request.array(), request.size(), packed);
        try (var ours = served();
                var client = HttpClient.newHttpClient()) {
            var answer =
                    client.send(
                            HttpRequest.newBuilder(URI.create(ours.address() + "/api/v1/read"))
                                    .POST(
                                            HttpRequest.BodyPublishers.ofByteArray(
                                                    packed.array(), 0, packed.size()))
                                    .build(),
                            HttpResponse.BodyHandlers.ofByteArray());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type"))
                    .hasValue("application/x-protobuf");
            var plain = new Buffer();
            Snappy.unpack(answer.body(), 0, answer.body().length, plain);
            var text =
                    new String(
                            Arrays.copyOf(plain.array(), plain.size()),
                            StandardCharsets.ISO_8859_1);
            assertThat(text).contains("s0", "s1", "s2", "cluster").startsWith("\n");
            var damaged =
                    client.send(
                            HttpRequest.newBuilder(URI.create(ours.address() + "/api/v1/read"))
                                    .POST(HttpRequest.BodyPublishers.ofString("nonsense"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(damaged.statusCode()).isEqualTo(400);
        }
    }
}
