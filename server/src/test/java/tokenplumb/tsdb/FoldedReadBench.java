package tokenplumb.tsdb;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.promql.Promql;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Storage;
import tokenplumb.tsdb.folded.Kind;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// How long it takes to find and read histograms that are folded, and the same kept apart. Run by
/// hand: `FoldedReadBench [engines] [families]`.
public final class FoldedReadBench {
    private static final long T = 1_700_000_000_000L;
    private static final int ROUNDS = 240; // an hour of 15 s
    private static final BucketLayout LAYOUT =
            BucketLayout.of(
                    List.of(
                            "0.001", "0.005", "0.01", "0.02", "0.04", "0.06", "0.08", "0.1", "0.25",
                            "0.5", "0.75", "1.0", "2.5", "5.0", "7.5", "10.0", "20.0", "40.0",
                            "80.0", "160.0", "+Inf"));

    private FoldedReadBench() {}

    public static void main(String[] args) throws IOException {
        int engines = args.length > 0 ? Integer.parseInt(args[0]) : 50;
        int families = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        try (var folded = filled(true, engines, families);
                var apart = filled(false, engines, families)) {
            for (var name : List.of("h0_bucket", "h0_count", "h0_sum", "up")) {
                var matcher = List.of(Matcher.equal("__name__", name));
                compare(
                        "select " + name,
                        () -> select(folded, matcher, false),
                        () -> select(apart, matcher, false));
                compare(
                        "select+read " + name,
                        () -> select(folded, matcher, true),
                        () -> select(apart, matcher, true));
            }
            for (var query :
                    List.of(
                            "histogram_quantile(0.99, sum by (le) (rate(h0_bucket[5m])))",
                            "rate(h0_sum[5m]) / rate(h0_count[5m])",
                            "sum(rate(h0_count[5m]))")) {
                compare(
                        query + " 1h/15s",
                        () -> query(folded, query, 15_000),
                        () -> query(apart, query, 15_000));
                compare(
                        query + " instant",
                        () -> query(folded, query, 0),
                        () -> query(apart, query, 0));
            }
        }
    }

    private static Tsdb filled(boolean folds, int engines, int families) throws IOException {
        InstantSource clock = () -> Instant.ofEpochMilli(T + ROUNDS * 15_000L);
        var options = new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(100), 0);
        var tsdb = new Tsdb(new MemoryDisk(), options, clock, new Meters(), false);
        var random = new Random(1);
        int width = LAYOUT.size();
        var counts = new long[engines * families][width];
        for (int round = 0; round < ROUNDS; round++) {
            for (int engine = 0; engine < engines; engine++) {
                try (var batch = tsdb.batch()) {
                    long time = T + round * 15_000L + engine * 100L;
                    var labels =
                            Labels.of(
                                    "instance",
                                    "engine-" + engine + ":8000",
                                    "job",
                                    "vllm",
                                    "model_name",
                                    "llama");
                    batch.append(batch.series(labels.with("__name__", "up")), time, 1);
                    for (int family = 0; family < families; family++) {
                        var own = labels.with("__name__", "h" + family);
                        var now = counts[engine * families + family];
                        for (int i = random.nextInt(20); i > 0; i--) {
                            for (int b =
                                            Math.min(
                                                    width - 1,
                                                    (int) Math.abs(8 + random.nextGaussian() * 3));
                                    b < width;
                                    b++) {
                                now[b]++;
                            }
                        }
                        double sum = now[width - 1] * 0.37 + random.nextDouble();
                        if (folds) {
                            batch.append(batch.folded(own, LAYOUT), time, now, 0, sum);
                            continue;
                        }
                        for (int b = 0; b < width; b++) {
                            batch.append(
                                    batch.series(
                                            Kind.member(
                                                    own, "h" + family + "_bucket", LAYOUT.le(b))),
                                    time,
                                    now[b]);
                        }
                        batch.append(
                                batch.series(Kind.member(own, "h" + family + "_count", "")),
                                time,
                                now[width - 1]);
                        batch.append(
                                batch.series(Kind.member(own, "h" + family + "_sum", "")),
                                time,
                                sum);
                    }
                    batch.commit();
                }
            }
        }
        return tsdb;
    }

    private static double select(Storage storage, List<Matcher> matchers, boolean reads) {
        double sum = 0;
        var samples = new Samples();
        long to = T + ROUNDS * 15_000L;
        try (var querier = storage.querier()) {
            for (var series : querier.select(T, to, matchers)) {
                sum++;
                if (reads) {
                    samples.clear();
                    series.read(T, to, samples);
                    sum += samples.size();
                }
            }
        }
        return sum;
    }

    private static double query(Storage storage, String query, long step) {
        var promql = new Promql(storage, Promql.Options.defaults());
        long end = T + ROUNDS * 15_000L;
        var request = Promql.Request.of(query);
        return step == 0
                ? promql.instant(request, end).stats().totalSamples()
                : promql.range(request, T, end, step).stats().totalSamples();
    }

    /// Of this thread alone, so that what else runs on the machine counts little.
    private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

    private interface Work {
        double run();
    }

    private static void compare(String what, Work folded, Work apart) {
        System.out.printf(
                "%-75s folded %9.1f us   apart %9.1f us%n", what, micros(folded), micros(apart));
    }

    private static double micros(Work work) {
        long until = System.nanoTime() + 700_000_000L;
        var times = new ArrayList<Long>();
        double check = work.run();
        while (System.nanoTime() < until || times.size() < 5) {
            long start = CPU.getCurrentThreadCpuTime();
            if (work.run() != check) {
                throw new IllegalStateException("bug: another answer");
            }
            times.add(CPU.getCurrentThreadCpuTime() - start);
        }
        var sorted = times.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2] / 1e3;
    }
}
