package tokenplumb.kit;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/// Three instances of PromLabs' demo service, the metrics that the compliance queries ask for: 75
/// minutes every 5 s, at times that are never whole seconds, so that no sample falls on the border
/// of a range. Deterministic.
public final class DemoSeries {
    public static final long START = 1_735_689_600_000L;
    public static final long STEP = 5_000;
    public static final int SAMPLES = 900;

    private static final double[] BOUNDS = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1
    };
    private static final String[][] PATHS = {
        {"GET", "/api/foo", "200", "20", "0.004"},
        {"GET", "/api/foo", "500", "1", "0.02"},
        {"POST", "/api/bar", "200", "7", "0.015"},
        {"GET", "/api/nonexistent", "404", "0.7", "0.0003"}
    };

    private final Map<Labels, Samples> series = new LinkedHashMap<>();

    private DemoSeries() {}

    public static Map<Labels, Samples> all() {
        var demo = new DemoSeries();
        long[] jitter = {137, 2931, 4500};
        for (int i = 0; i < jitter.length; i++) {
            demo.instance("demo.promlabs.com:1000" + i, jitter[i], new Random(i));
        }
        return demo.series;
    }

    private Samples add(String name, String... labels) {
        var all = Labels.of(labels).toBuilder().set(Labels.NAME, name).set("job", "demo").build();
        return series.computeIfAbsent(all, key -> new Samples());
    }

    private void instance(String instance, long jitter, Random random) {
        boolean restarts = jitter == 2931;
        double[] usage = {random.nextDouble() * 1e4, random.nextDouble() * 1e4, 17};
        String[] modes = {"user", "system", "idle"};
        String[] types = {"used", "free", "buffers", "cached"};
        double lastSuccess = START / 1000 - 100;
        double disk = 1.1e11 + random.nextDouble() * 1e10;
        for (int k = 0; k < SAMPLES; k++) {
            long time = START + k * STEP + jitter;
            for (int i = 0; i < types.length; i++) {
                double wave = 1 + 0.3 * Math.sin(i + jitter + k / 80.0);
                double bytes = Math.floor((i + 1) * 9e8 * wave + random.nextDouble() * 1e7);
                add("demo_memory_usage_bytes", "instance", instance, "type", types[i])
                        .add(time, bytes);
            }
            for (int i = 0; i < modes.length; i++) {
                usage[i] += (i + 1) * 5 * (1 + 0.4 * Math.sin(k / 60.0)) + random.nextDouble();
                if (restarts && k == 420) {
                    usage[i] = random.nextDouble();
                }
                add("demo_cpu_usage_seconds_total", "instance", instance, "mode", modes[i])
                        .add(time, usage[i]);
            }
            add("demo_num_cpus", "instance", instance).add(time, 4);
            add("demo_disk_total_bytes", "instance", instance).add(time, 2.56e11);
            add("demo_disk_usage_bytes", "instance", instance)
                    .add(time, disk + k * 1.7e6 + random.nextDouble() * 9e5);
            if (time / 1000.0 - lastSuccess > 55 + 10 * random.nextDouble()) {
                lastSuccess = Math.floor(time / 1000.0);
            }
            add("demo_batch_last_success_timestamp_seconds", "instance", instance)
                    .add(time, lastSuccess);
            add("demo_is_holiday", "instance", instance).add(time, k % 240 < 200 ? 0 : 1);
            if (k % 13 < 6) {
                add("demo_intermittent_metric", "instance", instance).add(time, 1);
            } else if (k % 13 == 6) {
                add("demo_intermittent_metric", "instance", instance).add(time, StaleMarker.VALUE);
            }
        }
        for (var path : PATHS) {
            requests(instance, jitter, path, restarts, random);
        }
    }

    private void requests(
            String instance, long jitter, String[] path, boolean restarts, Random random) {
        String[] labels = {
            "instance", instance, "method", path[0], "path", path[1], "status", path[2]
        };
        double rate = Double.parseDouble(path[3]);
        double latency = Double.parseDouble(path[4]);
        var counts = new long[BOUNDS.length + 1];
        double sum = 0;
        for (int k = 0; k < SAMPLES; k++) {
            if (restarts && k == 420) {
                counts = new long[BOUNDS.length + 1];
                sum = 0;
            }
            int requests = (int) (rate * 5 * (1 + 0.5 * Math.sin(k / 100.0)) + random.nextDouble());
            for (int r = 0; r < requests; r++) {
                double taken = -latency * Math.log(1 - random.nextDouble());
                sum += taken;
                for (int b = 0; b <= BOUNDS.length; b++) {
                    if (b == BOUNDS.length || taken <= BOUNDS[b]) {
                        counts[b]++;
                    }
                }
            }
            long time = START + k * STEP + jitter;
            for (int b = 0; b <= BOUNDS.length; b++) {
                var le = b == BOUNDS.length ? "+Inf" : plain(BOUNDS[b]);
                add("demo_api_request_duration_seconds_bucket", with(labels, "le", le))
                        .add(time, counts[b]);
            }
            add("demo_api_request_duration_seconds_count", labels).add(time, counts[BOUNDS.length]);
            add("demo_api_request_duration_seconds_sum", labels).add(time, sum);
        }
    }

    private static String plain(double bound) {
        return new BigDecimal(Double.toString(bound)).toPlainString();
    }

    private static String[] with(String[] labels, String name, String value) {
        var more = Arrays.copyOf(labels, labels.length + 2);
        more[labels.length] = name;
        more[labels.length + 1] = value;
        return more;
    }
}
