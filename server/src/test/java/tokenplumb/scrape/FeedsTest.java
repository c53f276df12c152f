package tokenplumb.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.exposition.Format;
import tokenplumb.kit.Seeds;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

class FeedsTest {
    private final RecordingStorage storage = new RecordingStorage();
    private SeriesCache cache = cache("top: [{label: tenant, keep: 2}]");
    private long time;

    private static SeriesCache cache(String rails) {
        var text = "scrape_configs: [{job_name: j, guard_rails: {" + rails + "}}]";
        var job = ScrapeJobTest.read(text).getFirst();
        return new SeriesCache(job, new SampleLabels(job, Labels.EMPTY), new Scratch.Pool());
    }

    private void round(String body) {
        time += 1000;
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        cache.begin();
        try (var batch = storage.batch()) {
            cache.read(bytes, bytes.length, Format.TEXT, batch, time);
            cache.markVanished(batch, time);
            batch.commit();
            cache.keep();
        } catch (IOException e) {
            cache.abandon();
            try (var batch = storage.batch()) {
                cache.markAll(batch, time);
                batch.commit();
            } catch (IOException ofDisk) {
                throw new AssertionError(ofDisk);
            }
            cache.keepNoneAlive();
        }
    }

    private static String tenants(Object... namesAndValues) {
        var out = new StringBuilder("# TYPE t_total counter\n");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            out.append(
                    "t_total{tenant=\"%s\"} %s\n"
                            .formatted(namesAndValues[i], namesAndValues[i + 1]));
        }
        return out.toString();
    }

    private Object now(String tenant) {
        return storage.of("t_total{tenant=\"" + tenant + "\"}").getOrDefault(time, "none");
    }

    @Test
    void theLargestKeepTheirSeriesAndTheOthersAreOne() {
        round(tenants("a", 10, "b", 500, "c", 20, "d", 400));
        assertThat(now("b")).isEqualTo(500.0);
        assertThat(now("d")).isEqualTo(400.0);
        assertThat(now("other")).isEqualTo(0.0);
        round(tenants("a", 12, "b", 501, "c", 25, "d", 402));
        assertThat(now("other")).isEqualTo(7.0);
        round(tenants("b", 501, "c", 26, "d", 402));
        assertThat(now("other")).as("a is gone, and nothing falls").isEqualTo(8.0);
        round(tenants("b", 501, "c", 3, "d", 402, "e", 4));
        assertThat(now("other")).as("c has started over, e is new").isEqualTo(15.0);
        assertThat(storage.all()).hasSize(3);
        assertThat(cache.kept()).isEqualTo(4);
        round(tenants("b", 502, "d", 402));
        assertThat(now("other")).isEqualTo("stale");
    }

    @Test
    void gaugesSayWhatIsNowAndWhatCannotBeSummedIsLeftOut() {
        var body =
                """
                # TYPE g gauge
                g{tenant="a"} %d
                g{tenant="b"} 2
                g{tenant="c"} 3
                g{tenant="d"} NaN
                # TYPE s summary
                s{quantile="0.5",tenant="c"} 7
                s_sum{tenant="c"} 7
                s_created{tenant="c"} 7
                """;
        cache = cache("top: [{label: tenant, keep: 0}]");
        round(body.formatted(1));
        assertThat(storage.of("g")).isEqualTo(Map.of(1000L, 6.0));
        round(body.formatted(0));
        assertThat(storage.of("g")).isEqualTo(Map.of(1000L, 6.0, 2000L, 5.0));
        assertThat(storage.all()).hasSize(2);
    }

    @Test
    void aFailedRoundCountsNothingTwice() {
        round(tenants("a", 10, "b", 500, "c", 20, "d", 400));
        round(tenants("a", 12, "b", 500, "c", 20, "d", 400, "e", 3) + "!");
        assertThat(now("other")).isEqualTo("stale");
        round(tenants("a", 13, "b", 500, "c", 20, "d", 400, "e", 4));
        assertThat(now("other")).isEqualTo(7.0);
    }

    @Test
    void aValueThatHasBecomeLargeTakesThePlaceOfASmallOne() {
        round(tenants("a", 10, "b", 500, "c", 20, "d", 400));
        for (int i = 0; i < 239; i++) {
            round(tenants("a", 1000, "b", 500, "c", 20, "d", 400));
        }
        assertThat(now("other")).isEqualTo(990.0);
        assertThat(now("a")).isEqualTo("none");
        round(tenants("a", 1001, "b", 500, "c", 21, "d", 401));
        assertThat(now("a")).isEqualTo(1001.0);
        assertThat(now("d")).isEqualTo("stale");
        assertThat(now("other")).isEqualTo(991.0);
        round(tenants("a", 1001, "b", 500, "c", 21, "d", 405));
        assertThat(now("other")).isEqualTo(995.0);
    }

    @Test
    void theSameWithoutItsForbiddenLabelsIsSummedWhereTheJobSaysSo() {
        cache = cache("when_same: sum");
        round("# TYPE t counter\nt{request_id=\"1\"} 5\nt{request_id=\"2\"} 6\n");
        round("# TYPE t counter\nt{request_id=\"2\"} 7\nt{request_id=\"3\"} 1\n");
        assertThat(storage.of("t")).isEqualTo(Map.of(1000L, 0.0, 2000L, 2.0));
        assertThat(cache.duplicates()).isZero();
    }

    /// However tenants come, go and start over: all that was counted is in some series, once.
    @Test
    void nothingIsLostOrCountedTwice() {
        Seeds.forEach(
                60,
                random -> {
                    var test = new FeedsTest();
                    var counters = new TreeMap<String, Integer>();
                    for (int i = 0; i < 6; i++) {
                        counters.put("t" + i, random.nextInt(1000));
                    }
                    test.round(tenants(flat(counters)));
                    double counted = 0;
                    var before = test.latest();
                    double seen = 0;
                    for (int i = 0; i < 30; i++) {
                        for (var tenant : List.copyOf(counters.keySet())) {
                            int more = random.nextInt(4);
                            counters.merge(tenant, more, Integer::sum);
                            counted += more;
                        }
                        switch (random.nextInt(6)) {
                            case 0 -> counters.put("new" + i, 0);
                            case 1 -> {
                                if (counters.size() > 3) {
                                    counters.remove(counters.lastKey());
                                }
                            }
                            case 2 -> test.round(tenants(flat(counters)) + "!");
                            default -> {}
                        }
                        test.round(tenants(flat(counters)));
                        var now = test.latest();
                        for (var series : now.keySet()) {
                            seen += now.get(series) - before.getOrDefault(series, 0.0);
                        }
                        before.putAll(now);
                        if (i < 2) {
                            assertThat(now.size()).isLessThanOrEqualTo(3);
                        }
                    }
                    // what a tenant counted in the round that it was gone is the most that is lost
                    assertThat(seen).isBetween(counted - 30 * 3, counted);
                });
    }

    private static Object[] flat(Map<String, Integer> counters) {
        return counters.entrySet().stream()
                .flatMap(entry -> java.util.stream.Stream.of(entry.getKey(), entry.getValue()))
                .toArray();
    }

    private Map<String, Double> latest() {
        var latest = new HashMap<String, Double>();
        storage.all()
                .forEach((labels, samples) -> {
                    if (samples.getOrDefault(time, "none") instanceof Double value) {
                        latest.put(labels.toString(), value);
                    }
                });
        return latest;
    }
}
