package tokenplumb.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.kit.DemoSeries;
import tokenplumb.kit.MemoryStorage;
import tokenplumb.kit.RealPrometheus;

import java.net.ServerSocket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The same requests to us and to a real Prometheus over the same series: the same status and the
/// same answer. 2.42 is what Debian has, so what later versions changed is left to [ApiTest].
@Timeout(120)
final class SideBySideTest {
    private static final long AT = 1_735_691_400; // half an hour after the first sample

    @TempDir private static Path folder;
    private static RealPrometheus prometheus; // started once for all
    private static Served ours;

    @BeforeAll
    static void start() throws Exception {
        var series = DemoSeries.all();
        var storage = new MemoryStorage();
        series.forEach((labels, samples) -> {
            for (int i = 0; i < samples.size(); i++) {
                storage.put(labels, samples.time(i), samples.value(i));
            }
        });
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        prometheus = RealPrometheus.start(series, folder, port);
        ours = new Served(storage);
    }

    @AfterAll
    static void stop() {
        if (prometheus != null) {
            prometheus.close();
            ours.close();
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String instant(String query) {
        return "/api/v1/query?time=" + AT + "&query=" + encode(query);
    }

    private static String range(String query, String from, String to, String step) {
        return "/api/v1/query_range?query=%s&start=%s&end=%s&step=%s"
                .formatted(encode(query), encode(from), encode(to), encode(step));
    }

    /// Compares what comes back; gives the two as text where they differ.
    private static void compare(String path, List<String> differences) throws Exception {
        var theirs = prometheus.ask(path);
        var answer = ours.get(path);
        var expected =
                theirs.statusCode()
                        + " "
                        + ordered(Served.json(new String(theirs.body(), StandardCharsets.UTF_8)));
        var actual = answer.statusCode() + " " + ordered(Served.json(answer.body()));
        if (!expected.equals(actual)) {
            differences.add(path + "\n  theirs " + cut(expected) + "\n  ours   " + cut(actual));
        }
        assertThat(answer.headers().firstValue("Content-Type"))
                .isEqualTo(theirs.headers().firstValue("Content-Type"));
    }

    private static String cut(String text) {
        return text.length() > 600 ? text.substring(0, 600) + "…" : text;
    }

    /// Vectors come in no particular order; so do the fields of an object.
    private static String ordered(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(entry -> entry.getKey() + "=" + ordered(entry.getValue()))
                    .sorted()
                    .toList()
                    .toString();
        }
        if (value instanceof List<?> list
                && !list.isEmpty()
                && list.getFirst() instanceof Map<?, ?>) {
            return list.stream().map(SideBySideTest::ordered).sorted().toList().toString();
        }
        return String.valueOf(value);
    }

    private static void compareAll(List<String> paths) throws Exception {
        var differences = new ArrayList<String>();
        for (var path : paths) {
            compare(path, differences);
        }
        assertThat(differences).isEmpty();
    }

    @Test
    void instantQueries() throws Exception {
        compareAll(
                List.of(
                        instant("demo_memory_usage_bytes"),
                        instant("demo_memory_usage_bytes{type=\"used\"}[30s]"),
                        instant("1"),
                        instant("-0.5"),
                        instant("1e-9"),
                        instant("1/0"),
                        instant("-1/0"),
                        instant("0/0"),
                        instant("1e300"),
                        instant("\"a <text> & \\\"quotes\\\"\""),
                        instant("vector(0.000000123)"),
                        instant("vector(123456789012345678901234567890)"),
                        instant(
                                "vector(-1e21) or label_replace(vector(1e20), \"a\", \"<&>\", \"\","
                                        + " \"\")"),
                        instant("sum by (mode) (rate(demo_cpu_usage_seconds_total[5m]))"),
                        instant("demo_memory_usage_bytes / 3"),
                        instant("vector(1/3) > bool 0"),
                        instant("scalar(nothing_there)"),
                        instant("nothing_there"),
                        instant("time()"),
                        "/api/v1/query?time=1735691400.123&query=time()",
                        "/api/v1/query?time=1735691400.1&query=1",
                        "/api/v1/query?time=1735691400.1&query=vector(1)",
                        "/api/v1/query?time=2025-01-01T00:30:00Z&query=vector(time())",
                        "/api/v1/query?time=2025-01-01T01:30:00.5%2B01:00&query=vector(time())",
                        instant("up") + "&timeout=5s",
                        instant("up") + "&timeout=2.5"));
    }

    @Test
    void rangeQueries() throws Exception {
        compareAll(
                List.of(
                        range("demo_memory_usage_bytes", "1735690000", "1735690600", "60"),
                        range("demo_memory_usage_bytes / 7", "1735690000.25", "1735690600", "1m"),
                        range("1", "1735690000", "1735690010", "0.5"),
                        range("vector(time())", "1735690000", "1735690001", "0.25"),
                        range("1/0", "1735690000", "1735690000", "1h"),
                        range("nothing", "1735690000", "1735690600", "15"),
                        range(
                                "rate(demo_cpu_usage_seconds_total[1m])",
                                "2025-01-01T00:10:00Z",
                                "2025-01-01T00:20:00.000Z",
                                "30s")));
    }

    @Test
    void mistakes() throws Exception {
        compareAll(
                List.of(
                        instant("1 +"),
                        instant("up{"),
                        instant("rate(up)"),
                        instant("sum(demo_memory_usage_bytes) by (a) + on(b) group_left demo"),
                        instant("up") + "&timeout=x",
                        range("up", "1735690000", "1735689999", "15"),
                        range("up", "x", "1735689999", "15"),
                        range("up", "1735690000", "", "15"),
                        range("up", "1735690000", "1735690010", "0"),
                        range("up", "1735690000", "1735690010", "-1"),
                        range("up", "1735690000", "1735690010", "abc"),
                        range("up", "1735690000", "1735790010", "1"),
                        "/api/v1/query_range",
                        "/api/v1/series",
                        "/api/v1/series?match[]=%7Bjob%3D~%22.*%22%7D",
                        "/api/v1/series?match[]=up%7B",
                        "/api/v1/labels?match[]=%7B%7D",
                        "/api/v1/labels?match[]=up%7B",
                        "/api/v1/rules?type=abc",
                        "/api/v1/targets/metadata?limit=x",
                        "/api/v1/targets/metadata?match_target=%7B",
                        "/api/v1/metadata?limit=x"));
    }

    @Test
    void labelsAndSeries() throws Exception {
        var within = "start=1735690000&end=1735690600";
        compareAll(
                List.of(
                        "/api/v1/labels",
                        "/api/v1/labels?" + within,
                        "/api/v1/labels?match[]=demo_memory_usage_bytes",
                        "/api/v1/labels?match[]=demo_memory_usage_bytes&match[]=demo_cpu_usage_seconds_total",
                        "/api/v1/labels?match[]=nothing",
                        "/api/v1/label/__name__/values",
                        "/api/v1/label/type/values",
                        "/api/v1/label/type/values?" + within,
                        "/api/v1/label/instance/values?match[]=%7Btype%3D%22used%22%7D",
                        "/api/v1/label/nothing/values",
                        "/api/v1/series?match[]=demo_memory_usage_bytes&" + within,
                        "/api/v1/series?match[]=demo_memory_usage_bytes%7Btype%3D%22used%22%7D&match[]=%7Bmode%3D%22idle%22%7D",
                        "/api/v1/series?match[]=nothing",
                        "/api/v1/series?match[]=%7B__name__%3D~%22demo_(cpu%7Cmemory).*%22%2Cinstance%3D~%22.*0%22%7D"));
    }

    @Test
    void theRest() throws Exception {
        compareAll(
                List.of(
                        "/api/v1/format_query?query=" + encode("sum  by(a)(rate(x{b='c'}[ 5m ]))"),
                        "/api/v1/format_query?query=foo%2F",
                        "/api/v1/rules",
                        "/api/v1/alerts",
                        "/api/v1/alertmanagers",
                        "/api/v1/metadata",
                        "/api/v1/targets/metadata",
                        "/api/v1/query_exemplars?query=up",
                        "/api/v1/status/walreplay"));
    }
}
