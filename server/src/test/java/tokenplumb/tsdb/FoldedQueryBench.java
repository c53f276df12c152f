package tokenplumb.tsdb;

import tokenplumb.disk.RealDisk;
import tokenplumb.promql.Promql;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SelectHints;
import tokenplumb.storage.Selected;
import tokenplumb.storage.Series;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/// How long the histogram queries of `bench.py query` take on the data it has filled a folder with,
/// whole and bucket by bucket. Run by hand: `FoldedQueryBench folder [end, in seconds]`, on a copy.
public final class FoldedQueryBench {
    private static final int ROUNDS = 60;

    private record Query(String text, int seconds, int step) {}

    private static final List<Query> QUERIES =
            List.of(
                    new Query(
                            "histogram_quantile(0.99, sum by (le, model_name)"
                                    + " (rate(vllm:time_to_first_token_seconds_bucket[5m])))",
                            3600,
                            15),
                    new Query(
                            "histogram_quantile(0.99, sum by (le, instance)"
                                    + " (rate(vllm:time_to_first_token_seconds_bucket[5m])))",
                            3600,
                            15),
                    new Query(
                            "histogram_quantile(0.95, sum by (le)"
                                    + " (rate(vllm:e2e_request_latency_seconds_bucket[5m])))",
                            21_000,
                            60));

    private FoldedQueryBench() {}

    public static void main(String[] args) throws IOException {
        long end = args.length > 1 ? Long.parseLong(args[1]) * 1000 : 1_793_512_800_000L;
        var options =
                new Tsdb.Options(
                        Duration.ofDays(3650),
                        0,
                        Duration.ofSeconds(1),
                        GuardRails.inAll(0),
                        Duration.ZERO,
                        TierRetention.NONE,
                        9);
        try (var tsdb =
                new Tsdb(
                        new RealDisk(Path.of(args[0])),
                        options,
                        () -> Instant.ofEpochMilli(end),
                        new Meters(),
                        false)) {
            var whole = new Promql(tsdb, Promql.Options.defaults());
            var apart = new Promql(new Members(tsdb), Promql.Options.defaults());
            for (var query : QUERIES) {
                for (int i = 0; i < 2; i++) {
                    System.out.printf(
                            "%s%n  whole %.2f ms, bucket by bucket %.2f ms%n",
                            query.text, median(whole, query, end), median(apart, query, end));
                }
            }
        }
    }

    private static double median(Promql promql, Query query, long end) {
        var request = Promql.Request.of(query.text);
        var nanos = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            long to = end - 1000L * query.step * (i % 20);
            long began = System.nanoTime();
            var _ = promql.range(request, to - query.seconds * 1000L, to, query.step * 1000L);
            nanos[i] = System.nanoTime() - began;
        }
        Arrays.sort(nanos);
        return nanos[ROUNDS / 2] / 1e6;
    }

    /// Shows no histogram whole.
    private record Members(Storage inner) implements Storage {
        @Override
        public Batch batch() {
            return inner.batch();
        }

        @Override
        public Querier querier() {
            return new MembersQuerier(inner.querier());
        }
    }

    private record MembersQuerier(Querier inner) implements Querier {
        @Override
        public List<Series> select(long from, long to, List<Matcher> matchers) {
            return inner.select(from, to, matchers);
        }

        @Override
        public Selected selectFolded(
                long from, long to, List<Matcher> matchers, SelectHints hints) {
            return new Selected(inner.select(from, to, matchers, hints), List.of());
        }

        @Override
        public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
            return inner.series(from, to, matchers, limit);
        }

        @Override
        public List<String> labelNames(long from, long to, List<Matcher> matchers, int limit) {
            return inner.labelNames(from, to, matchers, limit);
        }

        @Override
        public List<String> labelValues(
                String label, long from, long to, List<Matcher> matchers, int limit) {
            return inner.labelValues(label, from, to, matchers, limit);
        }

        @Override
        public void close() {
            inner.close();
        }
    }
}
