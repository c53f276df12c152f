package tokenplumb.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.http.HttpRequest;
import tokenplumb.http.HttpResponse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

class FleetHandlerTest {
    private final Fleet fleet =
            new Fleet(
                    FleetOptions.defaults().withBackstory(Duration.ofSeconds(5)),
                    InstantSource.fixed(Instant.parse("2026-11-24T22:00:00Z")));

    private HttpResponse ask(String method, String path, String body) throws Exception {
        return fleet.handler()
                .handle(
                        new HttpRequest(
                                method,
                                path,
                                Map.of(),
                                Map.of("content-type", List.of("application/json")),
                                body.getBytes(StandardCharsets.UTF_8),
                                "127.0.0.1"));
    }

    private static String body(HttpResponse response) throws IOException {
        var out = new ByteArrayOutputStream();
        response.body().writeTo(out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void servesEveryTargetAndListsThemAll() throws Exception {
        var index = body(ask("GET", "/", ""));
        for (var target : fleet.targets()) {
            assertThat(index).contains(target.path());
            var response = ask("GET", target.path(), "");
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.headers())
                    .containsEntry("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            assertThat(body(response)).startsWith("# HELP ");
        }
    }

    @Test
    void injectsListsAndClearsAFault() throws Exception {
        var injected =
                ask("POST", "/faults", "{\"fault\": \"thermal-throttle@10s:node=gpu-node-1\"}");
        assertThat(injected.status()).isEqualTo(200);
        assertThat(body(injected))
                .contains("\"id\":\"thermal-throttle-1\"")
                .contains("\"state\":\"planned\"")
                .contains("\"from\":\"2026-11-24T22:00:10Z\"");
        assertThat(body(ask("GET", "/faults", "")))
                .contains("thermal-throttle-1")
                .contains("\"kind\":\"kv-cache-thrash\"");
        assertThat(ask("DELETE", "/faults/thermal-throttle-1", "").status()).isEqualTo(200);
        assertThat(ask("DELETE", "/faults/thermal-throttle-1", "").status()).isEqualTo(404);
    }

    @Test
    void takesTheOrderAsPlainTextToo() throws Exception {
        assertThat(body(ask("POST", "/faults", "bursty-queue+1m"))).contains("bursty-queue-1");
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        var wrong = ask("POST", "/faults", "{\"fault\": \"gremlins\"}");
        assertThat(wrong.status()).isEqualTo(400);
        assertThat(body(wrong)).contains("there is no fault \\\"gremlins\\\"");
        assertThat(ask("POST", "/faults", "{\"fau").status()).isEqualTo(400);
        assertThat(body(ask("POST", "/faults", "{}"))).contains("no text field");
        assertThat(ask("GET", "/vllm/nobody/metrics", "").status()).isEqualTo(404);
        assertThat(ask("PUT", "/faults", "").status()).isEqualTo(405);
        assertThat(ask("POST", "/", "").status()).isEqualTo(405);
    }
}
