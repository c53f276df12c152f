package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.promql.Answer;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.promql.Value;
import tokenplumb.scrape.RandomScrapes;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Batch;
import tokenplumb.storage.FoldedSeries;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SelectHints;
import tokenplumb.storage.Selected;
import tokenplumb.storage.Series;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/// A folded histogram cannot be told from one whose members are kept apart: the same random scrapes
/// into a store that folds and into one that does not ([Apart]) give the same answers, to the last
/// bit, to everything that can be asked.
class FoldEquivalenceTest {
    /// `F` is a histogram family, `R` a range.
    private static final List<String> QUERIES =
            List.of(
                    "F_bucket",
                    "F_count",
                    "F_sum",
                    "F",
                    "F_bucket{le=\"+Inf\"}",
                    "F_bucket{le=\"1\"}",
                    "F_bucket{le=\"1.0\"}",
                    "F_bucket{le!=\"1.0\"}",
                    "F_bucket{le=~\"1|2.5|10\"}",
                    "F_bucket{le!~\"1.*\"}",
                    "F_bucket{le=\"\"}",
                    "{__name__=~\"F_.*\"}",
                    "{__name__=~\"F_(sum|count)\"}",
                    "{__name__=~\"F_sum|F_count\"}",
                    "{__name__=~\"h.*\", __name__!~\".*_bucket\"}",
                    "{job=\"j\", __name__!=\"F_bucket\"}",
                    "{instance=\"i0\", le=\"\"}",
                    "{instance=\"i0\", le!=\"\"}",
                    "s{quantile=\"0.5\"}",
                    "s{quantile=\"1\"} + on(instance) s{quantile=\"1.0\"}",
                    "rate(F_bucket[R])",
                    "rate(F_count[R])",
                    "rate(F_sum[R]) / rate(F_count[R])",
                    "increase(F_bucket[R])",
                    "irate(F_sum[R])",
                    "delta(F_count[R])",
                    "resets(F_bucket[R])",
                    "changes(F_bucket[R])",
                    "F_bucket[R]",
                    "sum by (le) (rate(F_bucket[R]))",
                    "sum by (le, instance) (F_bucket)",
                    "sum without (le) (F_bucket)",
                    "histogram_quantile(0.9, rate(F_bucket[R]))",
                    "histogram_quantile(0.5, sum by (le) (rate(F_bucket[R])))",
                    "histogram_quantile(0.99, sum by (le, instance) (increase(F_bucket[R])))",
                    "histogram_quantile(0.5, F_bucket)",
                    "histogram_fraction(0, 2, rate(F_bucket[R]))",
                    "histogram_fraction(-1, 5, sum by (le, instance) (F_bucket))",
                    "histogram_quantiles(F_bucket, \"q\", 0.1, 0.9)",
                    "histogram_quantile(0.99, sum by (le, model) (rate(F_bucket[R])))",
                    "histogram_quantile(0.99, sum without (instance) (delta(F_bucket[R])))",
                    "histogram_quantile(0.9, sum by (le) (rate(F_bucket[R]))) /"
                            + " histogram_quantile(0.5, sum by (le) (rate(F_bucket[R])))",
                    "sum without (instance) (increase(F_bucket{instance=~\"i.*\"}[R]))",
                    "sum by (le, __name__) (F_bucket)",
                    "sum without (instance) (F_bucket offset R)",
                    "sum by (le) (sum by (le, instance) (F_bucket))",
                    "avg by (le) (sum by (le, instance) (rate(F_bucket[R])))",
                    "sum by (instance) (sum by (le, instance) (F_bucket))",
                    "-sum by (le) (rate(F_bucket[R]))",
                    "sum by (le) (rate(F_bucket{le!=\"\"}[R]))",
                    "sum by (le) (irate(F_bucket[R]))",
                    "histogram_quantile(0.9, max_over_time(sum by (le) (rate(F_bucket[R]))[R:]))",
                    "histogram_quantile(0.9, sum by (le) (rate({__name__=~\"h._bucket\"}[R])))",
                    "topk(3, F_bucket)",
                    "bottomk(2, F_sum)",
                    "topk by (le) (1, F_bucket)",
                    "quantile(0.5, F_bucket)",
                    "count by (__name__) ({job=\"j\"})",
                    "count by (le) (F_bucket)",
                    "group by (le, __name__) ({__name__=~\".+_bucket\"})",
                    "count_values(\"v\", F_bucket)",
                    "label_replace(F_bucket, \"bound\", \"$1\", \"le\", \"(.*)\")",
                    "label_join(F_bucket, \"all\", \"-\", \"le\", \"instance\")",
                    "F_bucket offset R",
                    "F_count @ START",
                    "rate(F_bucket[R] offset R)",
                    "sum(F_count @ end()) by (instance)",
                    "max_over_time(F_bucket[R:])",
                    "max_over_time(rate(F_count[R])[R:])",
                    "sum_over_time(F_sum[R])",
                    "last_over_time(F_bucket[R])",
                    "present_over_time(F_bucket[R])",
                    "count_over_time(F_bucket[R])",
                    "absent(F_bucket{le=\"nope\"})",
                    "absent(F_bucket)",
                    "absent_over_time(F_sum[R])",
                    "timestamp(F_bucket)",
                    "F_bucket > 3",
                    "F_bucket > bool 3",
                    "F_bucket == ignoring(le) group_left F_count",
                    "F_bucket / ignoring(le) group_left F_count",
                    "F_count and on(instance) F_sum",
                    "F_bucket{le=\"+Inf\"} unless on(instance, model) F_count",
                    "F_count or F_bucket{le=\"+Inf\"}",
                    "sort_desc(F_sum)",
                    "predict_linear(F_count[R], 60)",
                    "deriv(F_sum[R])",
                    "stddev by (le) (F_bucket)",
                    "avg without (instance) (F_bucket)",
                    "scalar(F_count{instance=\"i0\"})",
                    "vector(1) + on() group_right F_count",
                    "clamp_max(F_bucket, 4)",
                    "{le=~\"[0-9].*\"}",
                    "{quantile!=\"0.5\", job=\"j\"}");

    private static final AtomicInteger BLOCKS = new AtomicInteger(); // met, over all seeds
    private static final AtomicInteger FOLDED = new AtomicInteger(); // histograms, over all seeds
    private static final AtomicInteger TOGETHER = new AtomicInteger(); // of these, evaluated whole
    private static final AtomicInteger BESIDE = new AtomicInteger(); // selected beside others apart

    @Test
    void foldedAndApartAreTheSame() {
        Seeds.forEach(
                200,
                random -> {
                    try (var trial = new Trial(random)) {
                        trial.run();
                    }
                });
        assertThat(BLOCKS.get()).as("blocks").isPositive();
        assertThat(FOLDED.get()).as("histograms that were folded").isPositive();
        assertThat(TOGETHER.get()).as("histograms that were evaluated whole").isPositive();
        assertThat(BESIDE.get()).as("such beside others that were not").isPositive();
    }

    private static final class Trial implements AutoCloseable {
        private final Random random;
        private final MemoryDisk disk = new MemoryDisk();
        private final Apart apart = new Apart();
        private final List<Storage> storages = new ArrayList<>();
        private final Tsdb.Options options;
        private final RandomScrapes scrapes;
        private long now = RandomScrapes.START;
        private Tsdb tsdb; // opened anew now and then

        Trial(Random random) throws IOException {
            this.random = random;
            options =
                    new Tsdb.Options(
                            Duration.ZERO,
                            0,
                            Duration.ofMillis(100),
                            GuardRails.inAll(0),
                            Duration.ZERO,
                            TierRetention.NONE,
                            random.nextInt(3));
            tsdb = open();
            storages.add(tsdb);
            storages.add(apart);
            scrapes = new RandomScrapes(random, false, storages);
        }

        private Tsdb open() throws IOException {
            InstantSource clock = () -> Instant.ofEpochMilli(now);
            return new Tsdb(disk, options, clock, new Meters(), false);
        }

        @Override
        public void close() {
            tsdb.close();
        }

        void run() throws IOException {
            int rounds = 3 + random.nextInt(40);
            for (int i = 0; i < rounds; i++) {
                scrapes.round();
                now = scrapes.now();
                if (random.nextInt(8) == 0) {
                    tsdb.upkeep().round(random.nextBoolean());
                }
                if (random.nextInt(10) == 0) {
                    tsdb.compacting().round(0);
                    BLOCKS.addAndGet(
                            (int) disk.folders("").stream().filter(f -> f.length() == 26).count());
                }
                if (random.nextInt(15) == 0) {
                    reopen();
                }
                if (random.nextInt(30) == 0) {
                    check();
                }
            }
            check();
            if (random.nextInt(4) == 0) {
                reopen();
                check();
            }
        }

        /// The process ends, in peace or not, and another takes over.
        private void reopen() throws IOException {
            if (random.nextBoolean()) {
                tsdb.close();
            }
            tsdb = open();
            storages.set(0, tsdb);
            scrapes.forget();
        }

        private void check() {
            try (var kept = tsdb.kept()) {
                FOLDED.addAndGet(
                        kept.folded(0, Long.MAX_VALUE, Optional.empty(), List.of()).size());
            }
            try (var folded = tsdb.querier();
                    var expected = apart.querier()) {
                for (int i = 0; i < 8; i++) {
                    check(folded, expected, matchers());
                }
                check(folded, expected, List.of());
            }
            checkQueries();
        }

        // --- what queriers tell

        private void check(Querier folded, Querier expected, List<Matcher> matchers) {
            long from = RandomScrapes.START - 3_600_000L * 24;
            long to = scrapes.now() + 1000;
            assertThat(difference(folded, expected, from, to, matchers))
                    .as("samples of %s", matchers)
                    .isEmpty();
            assertThat(folded.series(from, to, matchers, 0))
                    .as("series of %s", matchers)
                    .isEqualTo(expected.series(from, to, matchers, 0));
            assertThat(folded.series(from, to, matchers, 3))
                    .isEqualTo(expected.series(from, to, matchers, 3));
            assertThat(folded.labelNames(from, to, matchers, 0))
                    .as("label names of %s", matchers)
                    .isEqualTo(expected.labelNames(from, to, matchers, 0));
            for (var label : List.of("__name__", "le", "instance", "model", "bound", "quantile")) {
                assertThat(folded.labelValues(label, from, to, matchers, 0))
                        .as("values of %s of %s", label, matchers)
                        .isEqualTo(expected.labelValues(label, from, to, matchers, 0));
            }
            long span = scrapes.now() - RandomScrapes.START;
            long a = RandomScrapes.START + random.nextLong(span + 1);
            long b = RandomScrapes.START + random.nextLong(span + 1);
            long early = Math.min(a, b);
            long late = Math.max(a, b);
            assertThat(difference(folded, expected, early, late, matchers))
                    .as("samples of %s from %d to %d", matchers, early, late)
                    .isEmpty();
            assertThat(folded.series(early, late, matchers, 0))
                    .containsAll(expected.series(early, late, matchers, 0));
        }

        /// The first series that is not the same, from where it is not.
        private static String difference(
                Querier folded, Querier expected, long from, long to, List<Matcher> matchers) {
            var ours = samples(folded, from, to, matchers);
            var theirs = samples(expected, from, to, matchers);
            if (ours.equals(theirs)) {
                return "";
            }
            var all = new TreeSet<>(ours.keySet());
            all.addAll(theirs.keySet());
            for (var labels : all) {
                var a = List.of(ours.getOrDefault(labels, "nothing").split(" "));
                var b = List.of(theirs.getOrDefault(labels, "nothing").split(" "));
                if (!a.equals(b)) {
                    int same = 0;
                    while (same < a.size() && same < b.size() && a.get(same).equals(b.get(same))) {
                        same++;
                    }
                    return "%s, sample %d: folded %s, apart %s"
                            .formatted(labels, same, tail(a, same), tail(b, same));
                }
            }
            return "?";
        }

        private static List<String> tail(List<String> all, int from) {
            return all.subList(Math.max(0, from - 1), Math.min(all.size(), from + 3));
        }

        private static Map<Labels, String> samples(
                Querier querier, long from, long to, List<Matcher> matchers) {
            var found = new TreeMap<Labels, String>();
            var samples = new Samples();
            for (var series : querier.select(from, to, matchers)) {
                samples.clear();
                series.read(from, to, samples);
                if (samples.size() > 0) {
                    assertThat(found.put(series.labels(), text(samples)))
                            .as("%s comes once", series.labels())
                            .isNull();
                }
            }
            return found;
        }

        private static String text(Samples samples) {
            var text = new StringBuilder();
            for (int i = 0; i < samples.size(); i++) {
                text.append(samples.time(i) - RandomScrapes.START).append('=');
                text.append(bits(samples.value(i))).append(' ');
            }
            return text.toString();
        }

        /// The number, and its bits where it is not said by its digits.
        private static String bits(double value) {
            return Double.isNaN(value)
                    ? Long.toHexString(Double.doubleToRawLongBits(value))
                    : Double.toString(value);
        }

        private List<Matcher> matchers() {
            var matchers = new ArrayList<Matcher>();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                var type = one(List.of(Matcher.Type.values()));
                boolean isRegex = type == Matcher.Type.REGEX || type == Matcher.Type.NOT_REGEX;
                switch (random.nextInt(5)) {
                    case 0, 1 -> matchers.add(name(type, isRegex));
                    case 2, 3 -> matchers.add(le(type, isRegex));
                    default ->
                            matchers.add(
                                    Matcher.of(
                                            type,
                                            one(List.of("instance", "model", "quantile", "none")),
                                            isRegex
                                                    ? one(List.of("i.*", "a|b", "", ".+", "a|"))
                                                    : one(List.of("i0", "a", "", "1", "0.5"))));
                }
            }
            return matchers;
        }

        private Matcher name(Matcher.Type type, boolean isRegex) {
            var family = one(scrapes.families());
            var value =
                    isRegex
                            ? one(
                                    List.of(
                                            "F_.*",
                                            "F_sum|F_count|s",
                                            ".*_bucket",
                                            "F_(bucket|sum)",
                                            "h.+",
                                            "",
                                            ".*",
                                            "F",
                                            ".*count"))
                            : one(List.of("F_bucket", "F_count", "F_sum", "F", "", "s"));
            return Matcher.of(type, Labels.NAME, value.replace("F", family));
        }

        private Matcher le(Matcher.Type type, boolean isRegex) {
            var value =
                    isRegex
                            ? one(
                                    List.of(
                                            "1|2",
                                            "1\\.0",
                                            ".+",
                                            "",
                                            "|1",
                                            "[0-9.]+",
                                            "\\+Inf",
                                            "1.*",
                                            "0.5|.Inf",
                                            ".*",
                                            "1e.*"))
                            : one(
                                    List.of(
                                            "1", "1.0", "1e0", "+Inf", "Inf", "", "0.5", "100",
                                            "1e2", "1000", "abc", "x"));
            return Matcher.of(type, "le", value);
        }

        private <T> T one(List<T> of) {
            return of.get(random.nextInt(of.size()));
        }

        // --- what queries tell

        private void checkQueries() {
            var folded = new Promql(new Sorted(tsdb, true), Promql.Options.defaults());
            var members = new Promql(new Sorted(tsdb, false), Promql.Options.defaults());
            var expected = new Promql(new Sorted(apart, false), Promql.Options.defaults());
            long span = scrapes.now() - RandomScrapes.START;
            long at = RandomScrapes.START + random.nextLong(span + 1);
            long start = RandomScrapes.START + random.nextLong(span + 1) - scrapes.step();
            long step = Math.max(1000, span / (3 + random.nextInt(15)));
            var shapes = new ArrayList<>(QUERIES);
            Collections.shuffle(shapes, random);
            for (var shape : shapes.subList(0, 20)) {
                var query =
                        shape.replace("START", Long.toString(at / 1000))
                                .replace("F", one(scrapes.families()))
                                .replace("R", scrapes.step() * (1 + random.nextInt(8)) + "ms");
                var request = Promql.Request.of(query);
                var asks = new ArrayList<Function<Promql, Answer>>();
                asks.add(promql -> promql.instant(request, at));
                if (!query.endsWith("ms]")) {
                    asks.add(promql -> promql.range(request, start, scrapes.now(), step));
                }
                for (var ask : asks) {
                    var wanted = answer(ask, expected);
                    assertThat(answer(ask, members)).as(query).isEqualTo(wanted);
                    // Groups come in the order in which they were met.
                    assertThat(ordered(query, answer(ask, folded)))
                            .as("%s, folded", query)
                            .isEqualTo(ordered(query, wanted));
                }
            }
        }

        private static List<String> ordered(String query, List<String> answer) {
            return query.startsWith("sort") ? answer : answer.stream().sorted().toList();
        }

        private static List<String> answer(Function<Promql, Answer> asked, Promql promql) {
            try {
                var answer = asked.apply(promql);
                var texts = new ArrayList<>(texts(answer.value()));
                answer.warnings().stream().sorted().forEach(texts::add);
                answer.infos().stream().sorted().forEach(texts::add);
                return texts;
            } catch (QueryError e) {
                return List.of(String.valueOf(e.getMessage()));
            }
        }

        private static List<String> texts(Value value) {
            return switch (value) {
                case Value.Scalar scalar -> List.of(scalar.time() + " " + bits(scalar.value()));
                case Value.Text text -> List.of(text.value());
                case Value.Vector vector ->
                        vector.samples().stream()
                                .map(s -> s.labels() + " " + s.time() + " " + bits(s.value()))
                                .toList();
                case Value.Matrix matrix ->
                        matrix.columns().stream()
                                .map(c -> c.labels() + " " + text(c.samples()))
                                .toList();
            };
        }
    }

    /// Gives series in the order of their labels, on which sums of fractions depend. Histograms are
    /// shown folded only where `isFolding`.
    private record Sorted(Storage inner, boolean isFolding) implements Storage {
        @Override
        public Batch batch() {
            return inner.batch();
        }

        @Override
        public Querier querier() {
            return new SortedQuerier(inner.querier(), isFolding);
        }
    }

    private record SortedQuerier(Querier inner, boolean isFolding) implements Querier {
        @Override
        public Selected selectFolded(
                long from, long to, List<Matcher> matchers, SelectHints hints) {
            if (!isFolding) {
                return new Selected(select(from, to, matchers), List.of());
            }
            var found = inner.selectFolded(from, to, matchers, hints);
            TOGETHER.addAndGet(found.folded().size());
            BESIDE.addAndGet(found.folded().isEmpty() || found.series().isEmpty() ? 0 : 1);
            var series = new ArrayList<>(found.series());
            var folded = new ArrayList<>(found.folded());
            series.sort(Comparator.comparing(Series::labels));
            folded.sort(Comparator.comparing(FoldedSeries::labels));
            return new Selected(series, folded);
        }

        @Override
        public List<Series> select(long from, long to, List<Matcher> matchers) {
            var series = new ArrayList<>(inner.select(from, to, matchers));
            series.sort(Comparator.comparing(Series::labels));
            return series;
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
