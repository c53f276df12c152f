package tokenplumb.kit;

import tokenplumb.json.Json;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// Debian's Prometheus, running over given series. Tests are skipped with a message where it is not
/// installed.
public final class RealPrometheus implements AutoCloseable {
    private final Process process;
    private final String address;
    private final HttpClient http = HttpClient.newHttpClient();

    private RealPrometheus(Process process, String address) {
        this.process = process;
        this.address = address;
    }

    /// Loads the series into `folder` and starts a server over them. Stale markers are loaded as
    /// promtool reads them: not at all, so series must not need them.
    public static RealPrometheus start(Map<Labels, Samples> series, Path folder, int port)
            throws IOException, InterruptedException {
        var text = folder.resolve("series.om");
        Files.write(text, openMetrics(series));
        var data = folder.resolve("data");
        Promtool.run("tsdb", "create-blocks-from", "openmetrics", text, data);
        return serve(
                data,
                "scrape_configs: []\n",
                folder,
                port,
                "--enable-feature=promql-at-modifier,promql-negative-offset");
    }

    /// Starts a server over a data folder; its configuration and log go to `folder`.
    public static RealPrometheus serve(
            Path data, String configuration, Path folder, int port, String... flags)
            throws IOException, InterruptedException {
        var config = Files.writeString(folder.resolve("prometheus.yml"), configuration);
        var log = folder.resolve("log");
        var address = "127.0.0.1:" + port;
        var command =
                new ArrayList<>(
                        List.of(
                                Promtool.program("prometheus").toString(),
                                "--config.file=" + config,
                                "--storage.tsdb.path=" + data,
                                "--storage.tsdb.retention.time=100y",
                                "--web.listen-address=" + address));
        command.addAll(List.of(flags));
        var process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        var server = new RealPrometheus(process, address);
        for (int i = 0; i < 200; i++) {
            if (server.isReady()) {
                return server;
            }
            if (!process.isAlive()) {
                break;
            }
            Thread.sleep(50);
        }
        server.close();
        throw new IOException("prometheus did not start: " + Files.readString(log));
    }

    /// Ends it as a crash would.
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    private static List<String> openMetrics(Map<Labels, Samples> series) {
        var byName = new TreeMap<String, List<String>>();
        series.forEach((labels, samples) -> {
            var lines = byName.computeIfAbsent(labels.metricName(), name -> new ArrayList<>());
            var shown = labels.toString().replace("\", ", "\",");
            for (int i = 0; i < samples.size(); i++) {
                long time = samples.time(i);
                lines.add(
                        "%s %s %d.%03d"
                                .formatted(
                                        shown, number(samples.value(i)), time / 1000, time % 1000));
            }
        });
        var text = new ArrayList<String>();
        byName.forEach((name, lines) -> {
            text.add("# TYPE " + name + " unknown");
            text.addAll(lines);
        });
        text.add("# EOF");
        return text;
    }

    private static String number(double value) {
        return Double.isInfinite(value) ? value > 0 ? "+Inf" : "-Inf" : Double.toString(value);
    }

    private boolean isReady() {
        try {
            return get("/-/ready", 5).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    /// Its answer to any request, for comparing answers whole.
    public HttpResponse<byte[]> ask(String path) throws IOException {
        return get(path, 60);
    }

    private HttpResponse<byte[]> get(String path, int seconds) throws IOException {
        var request =
                HttpRequest.newBuilder(URI.create("http://" + address + path))
                        .timeout(Duration.ofSeconds(seconds))
                        .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// A range query's series; throws [IllegalArgumentException] with its error when it is refused.
    public Map<Labels, Samples> range(String query, long start, long end, long step)
            throws IOException {
        var path =
                "/api/v1/query_range?query=%s&start=%s&end=%s&step=%s"
                        .formatted(
                                URLEncoder.encode(query, StandardCharsets.UTF_8),
                                start / 1000.0,
                                end / 1000.0,
                                step / 1000.0);
        var answer = (Map<?, ?>) Json.read(get(path, 60).body());
        if (!"success".equals(answer.get("status"))) {
            throw new IllegalArgumentException(String.valueOf(answer.get("error")));
        }
        var result = new TreeMap<Labels, Samples>();
        for (var each : (List<?>) ((Map<?, ?>) answer.get("data")).get("result")) {
            var series = (Map<?, ?>) each;
            var labels = Labels.builder();
            ((Map<?, ?>) series.get("metric"))
                    .forEach((name, value) -> labels.set((String) name, (String) value));
            var samples = new Samples();
            for (var point : (List<?>) series.get("values")) {
                var pair = (List<?>) point;
                double seconds = ((Number) pair.get(0)).doubleValue();
                samples.add(Math.round(seconds * 1000), SeriesLine.number((String) pair.get(1)));
            }
            result.put(labels.build(), samples);
        }
        return result;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
