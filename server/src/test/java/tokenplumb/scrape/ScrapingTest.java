package tokenplumb.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import tokenplumb.discovery.TargetGroup;
import tokenplumb.http.Network;
import tokenplumb.kit.HostilePeer;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;
import tokenplumb.tasks.Closer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/// Real sockets, a real client, a real clock, and short intervals.
class ScrapingTest {
    private static final String FAST = "scrape_interval: 300ms, scrape_timeout: 300ms";

    private final RecordingStorage storage = new RecordingStorage();
    private final Closer closer = new Closer();
    private final Network network = closer.add(new Network());
    private final Meters meters = new Meters();
    private final Scraping scraping =
            closer.add(
                    new Scraping(
                            storage,
                            network.fetch(),
                            InstantSource.system(),
                            meters,
                            names -> names.contains("vllm:num_requests_running") ? "vLLM" : ""));

    @AfterEach
    void close() {
        closer.close();
    }

    private HostilePeer peer(HostilePeer.Manner manner) throws IOException {
        return closer.add(new HostilePeer(manner));
    }

    private static List<ScrapeJob> jobs(String... jobs) {
        return ScrapeJobTest.read("scrape_configs: [{" + String.join("}, {", jobs) + "}]");
    }

    private static List<TargetGroup> group(HostilePeer... peers) {
        var targets = new ArrayList<Labels>();
        for (var peer : peers) {
            targets.add(Labels.of("__address__", peer.address()));
        }
        return List.of(new TargetGroup("0", targets, Labels.EMPTY));
    }

    private static void eventually(String what, BooleanSupplier condition)
            throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("gave up waiting: " + what).isLessThan(end);
            Thread.sleep(10);
        }
    }

    private String up(HostilePeer peer, String job) {
        return "up{instance=\"%s\", job=\"%s\"}".formatted(peer.address(), job);
    }

    @Test
    void scrapesATargetAndSaysHowItWent() throws Exception {
        var peer =
                peer(
                        HostilePeer.says(
                                """
                                # HELP vllm:num_requests_running How many.
                                # TYPE vllm:num_requests_running gauge
                                vllm:num_requests_running{model_name="m"} 3
                                """));
        scraping.apply(
                jobs("job_name: vllm, " + FAST + ", extra_scrape_metrics: true"), Labels.EMPTY);
        scraping.targets("vllm", group(peer));
        assertThat(scraping.active().getFirst().health()).isIn(Health.UNKNOWN, Health.UP);
        eventually("three scrapes", () -> storage.of("vllm:num_requests_running").size() >= 3);
        assertThat(storage.of(up(peer, "vllm"))).containsValue(1.0).doesNotContainValue(0.0);
        assertThat(storage.last("scrape_samples_scraped")).isEqualTo(1.0);
        assertThat(storage.last("scrape_samples_post_metric_relabeling")).isEqualTo(1.0);
        assertThat(storage.last("scrape_series_added")).isEqualTo(0.0);
        assertThat((double) storage.last("scrape_duration_seconds")).isBetween(0.0, 0.3);
        assertThat(storage.last("scrape_timeout_seconds")).isEqualTo(0.3);
        assertThat(storage.last("scrape_sample_limit")).isEqualTo(0.0);
        assertThat((double) storage.last("scrape_body_size_bytes")).isGreaterThan(100);
        var active = scraping.active().getFirst();
        assertThat(active.health()).isEqualTo(Health.UP);
        assertThat(active.lastError()).isEmpty();
        assertThat(active.recognised()).isEqualTo("vLLM");
        assertThat(active.labels()).isEqualTo(Labels.of("instance", peer.address(), "job", "vllm"));
        assertThat(active.uri().toString()).isEqualTo("http://" + peer.address() + "/metrics");
        assertThat(scraping.metadata())
                .containsExactly(
                        new TargetMetadata(
                                active.labels(),
                                "vllm:num_requests_running",
                                new Metadata(Metadata.Type.GAUGE, "How many.", "")));
        assertThat(meters.exposition())
                .contains("prometheus_target_scrape_pool_targets{scrape_job=\"vllm\"} 1");
    }

    @Test
    void asksAsPrometheusDoesAndWithWhatTheUserSet() throws Exception {
        var peer = peer(HostilePeer.says("a 1\n"));
        scraping.apply(
                jobs(
                        "job_name: j, "
                                + FAST
                                + ", metrics_path: /probe, params: {module: [a b]},"
                                + " basic_auth: {username: me, password: pass},"
                                + " http_headers: {X-Site: {values: [north]}}"),
                Labels.EMPTY);
        scraping.targets("j", group(peer));
        eventually("a request", () -> !peer.requests().isEmpty());
        var request = peer.requests().getFirst().toLowerCase(Locale.ROOT);
        assertThat(request)
                .startsWith("get /probe?module=a+b http/1.1")
                .contains("authorization: basic bwu6cgfzcw==")
                .contains("x-site: north")
                .contains("x-prometheus-scrape-timeout-seconds: 0.3")
                .contains(
                        "accept:"
                            + " application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,")
                .contains("accept-encoding: gzip")
                .contains("user-agent: tokenplumb");
    }

    @Test
    void credentialsStayBehindWhenARedirectLeadsElsewhere() throws Exception {
        var elsewhere = peer(HostilePeer.says("a 1\n"));
        var peer =
                peer(
                        HostilePeer.redirectsTo(
                                "http://localhost:" + elsewhere.address().split(":")[1] + "/x"));
        scraping.apply(
                jobs(
                        "job_name: j, "
                                + FAST
                                + ", bearer_token: hunter2, http_headers: {X-Key:"
                                + " {secrets: [hunter3]}}"),
                Labels.EMPTY);
        scraping.targets("j", group(peer));
        eventually("the other host was asked", () -> !elsewhere.requests().isEmpty());
        assertThat(peer.requests().getFirst()).contains("hunter2", "hunter3");
        assertThat(elsewhere.requests()).noneMatch(request -> request.contains("hunter"));
    }

    @Test
    void credentialsGoAlongWhenARedirectStaysAtHome() throws Exception {
        var peer =
                peer((out, request) -> {
                    var manner =
                            request.startsWith("GET /metrics/ ")
                                    ? HostilePeer.says("a 1\n")
                                    : HostilePeer.redirectsTo("/metrics/");
                    manner.answer(out, request);
                });
        scraping.apply(
                jobs(
                        "job_name: j, " + FAST + ", bearer_token: hunter2",
                        "job_name: stays, follow_redirects: false, " + FAST),
                Labels.EMPTY);
        scraping.targets("j", group(peer));
        eventually("scraped", () -> !storage.of("a").isEmpty());
        assertThat(peer.requests())
                .filteredOn(request -> request.startsWith("GET /metrics/ "))
                .allMatch(request -> request.contains("Bearer hunter2"));
        scraping.targets("stays", group(peer));
        eventually(
                "the redirect is the answer",
                () -> Double.valueOf(0).equals(storage.last(up(peer, "stays"))));
        assertThat(scraping.active().getLast().lastError())
                .isEqualTo("server returned HTTP status 302 Found");
    }

    @Test
    void aPasswordInAnAddressIsNeverShownAsItIsNeverTaken() {
        var job = jobs("job_name: j").getFirst();
        var discovered =
                ScrapeTarget.discovered(job, Labels.of("__address__", "me:hunter2@host:1"));
        assertThatThrownBy(() -> ScrapeTarget.of(job, discovered))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("use basic_auth")
                .message()
                .doesNotContain("hunter2");
    }

    private Map<HostilePeer.Manner, String> hostileManners() throws IOException {
        var reasons = new LinkedHashMap<HostilePeer.Manner, String>();
        reasons.put(HostilePeer.hangs(), "timed out");
        reasons.put(HostilePeer.hangsInTheMiddle(), "timed out");
        reasons.put(HostilePeer.drips(), "timed out");
        reasons.put(HostilePeer.liesAboutItsLength(), "4 ");
        reasons.put(HostilePeer.sendsAGigabyte(), "body size limit exceeded");
        reasons.put(HostilePeer.sendsABomb(), "body size limit exceeded");
        reasons.put(
                HostilePeer.sendsHalfALine(), "line 2: the label value lacks its closing quote");
        reasons.put(HostilePeer.sendsBinary(), "line 1: ");
        reasons.put(HostilePeer.sendsEndlessHeaders(), "header");
        reasons.put(HostilePeer.closesAtOnce(), "closed");
        reasons.put(HostilePeer.speaksSomethingElse(), "HTTP");
        reasons.put(
                HostilePeer.status("503 Service Unavailable"),
                "server returned HTTP status 503 Service Unavailable");
        reasons.put(HostilePeer.redirectsTo("/round"), "redirects");
        reasons.put(
                HostilePeer.says("text/html", "<html>".getBytes(StandardCharsets.UTF_8)),
                "received unsupported Content-Type \"text/html\"");
        return reasons;
    }

    @Test
    void saysWhyAScrapeFailed() throws Exception {
        for (var manner : hostileManners().entrySet()) {
            var peer = peer(manner.getKey());
            boolean hangs = manner.getValue().equals("timed out");
            var timeout = hangs ? "scrape_timeout: 300ms" : "scrape_timeout: 30s";
            var job =
                    jobs("job_name: j, scrape_interval: 30s, body_size_limit: 1MB, " + timeout)
                            .getFirst();
            var discovered = ScrapeTarget.discovered(job, Labels.of("__address__", peer.address()));
            var loop =
                    new ScrapeLoop(
                            new ScrapeLoop.Surroundings(
                                    storage,
                                    network.fetch(),
                                    InstantSource.system(),
                                    new ScrapeMeters(new Meters()),
                                    names -> "",
                                    new Scratch.Pool(),
                                    new Families.Shared(),
                                    new HashSet<>()),
                            new ScrapeLoop.Plan(
                                    job,
                                    ScrapeTarget.of(job, discovered).orElseThrow(),
                                    discovered,
                                    () -> 0,
                                    () -> ""));
            loop.scrapeAt(1000);
            assertThat(loop.status().error()).contains(manner.getValue());
            assertThat(loop.status().health()).isEqualTo(Health.DOWN);
            assertThat(storage.of(up(peer, "j"))).isEqualTo(Map.of(1000L, 0.0));
        }
        assertThat(storage.all().keySet()).noneMatch(labels -> labels.metricName().equals("a"));
    }

    @Test
    void hostileTargetsHarmNobodyButThemselves() throws Exception {
        var bad = new ArrayList<HostilePeer>();
        for (var manner : hostileManners().keySet()) {
            bad.add(peer(manner));
        }
        var good = peer(HostilePeer.says("a 1\n"));
        scraping.apply(
                jobs(
                        "job_name: bad, scrape_interval: 4s, scrape_timeout: 3s, body_size_limit:"
                                + " 1MB",
                        "job_name: good, scrape_interval: 500ms, scrape_timeout: 500ms"),
                Labels.EMPTY);
        scraping.targets("good", group(good));
        scraping.targets("bad", group(bad.toArray(HostilePeer[]::new)));
        eventually(
                "every bad target is known to be",
                () ->
                        scraping.active().stream()
                                .filter(target -> target.pool().equals("bad"))
                                .allMatch(target -> target.health() == Health.DOWN));
        bad.forEach(peer -> assertThat(storage.last(up(peer, "bad"))).isEqualTo(0.0));
        var times = List.copyOf(storage.of(up(good, "good")).keySet());
        assertThat(storage.of(up(good, "good")).values()).containsOnly(1.0);
        for (int i = 2; i < times.size(); i++) {
            assertThat(times.get(i) - times.get(i - 1)).as("%s", times).isLessThan(2500L);
        }
        assertThat(meters.exposition()).contains("tokenplumb_scrape_bugs_total 0");
    }

    @Test
    void aTargetGoneMadCostsTheOthersNothing() throws Exception {
        var answers = new AtomicInteger();
        var mad =
                peer((out, request) -> {
                    int answer = answers.getAndIncrement();
                    var body = new StringBuilder("mad_known 1\n");
                    for (int i = 0; i < 20_000; i++) {
                        body.append("mad{path=\"/").append(answer).append('/').append(i);
                        body.append("\"} 1\n");
                    }
                    HostilePeer.says(body.toString()).answer(out, request);
                });
        var good = peer(HostilePeer.says("good 1\n"));
        scraping.apply(
                jobs(
                        "job_name: mad, guard_rails: {max_series: 100}, scrape_interval: 1s,"
                                + " scrape_timeout: 1s",
                        "job_name: good, " + FAST),
                Labels.EMPTY);
        scraping.targets("mad", group(mad));
        scraping.targets("good", group(good));
        eventually("three mad scrapes", () -> storage.of("mad_known").size() >= 3);
        eventually("ten good ones", () -> storage.of("good").size() >= 10);
        assertThat(storage.of(up(good, "good"))).doesNotContainValue(0.0);
        assertThat(storage.all().size()).isLessThan(130);
        var active =
                scraping.active().stream()
                        .filter(target -> target.pool().equals("mad"))
                        .findFirst()
                        .orElseThrow();
        assertThat(active.health()).isEqualTo(Health.UP);
        assertThat(active.warnings()).hasSize(1);
        assertThat(active.warnings().getFirst()).contains("label path exploded");
        assertThat(meters.exposition()).contains("tokenplumb_scrape_samples_refused_total ");
    }

    @Test
    void aReloadLeavesUnchangedLoopsAlone() throws Exception {
        var kept = peer(HostilePeer.says("a 1\n"));
        var changed = peer(HostilePeer.says("b 1\nc 1\n"));
        var removed = peer(HostilePeer.says("d 1\n"));
        scraping.apply(
                jobs(
                        "job_name: kept, " + FAST,
                        "job_name: changed, " + FAST,
                        "job_name: removed, " + FAST),
                Labels.EMPTY);
        scraping.targets("kept", group(kept));
        scraping.targets("changed", group(changed));
        scraping.targets("removed", group(removed));
        eventually("all scraped", () -> storage.of("b").size() > 2 && storage.of("d").size() > 2);
        scraping.apply(
                jobs(
                        "job_name: kept, " + FAST,
                        "job_name: changed, "
                                + FAST
                                + ", metric_relabel_configs: [{source_labels: [__name__], regex: c,"
                                + " action: drop}]"),
                Labels.EMPTY);
        int before = storage.of("b").size();
        eventually("scraped on", () -> storage.of("b").size() > before + 3);
        assertThat(scraping.pools()).containsExactly("changed", "kept");
        assertThat(storage.of("a").values()).containsOnly(1.0);
        assertThat(storage.of("b").values()).containsOnly(1.0);
        assertThat(storage.last("c")).isEqualTo("stale");
        eventually("the end is stored", () -> storage.last("d").equals("stale"));
        assertThat(storage.last(up(removed, "removed"))).isEqualTo("stale");
        assertThat(storage.of(up(changed, "changed")).values()).containsOnly(1.0);
        var times = List.copyOf(storage.of("a").keySet());
        for (int i = 2; i < times.size(); i++) {
            assertThat(times.get(i) - times.get(i - 1)).isBetween(100L, 1400L);
        }
    }

    @Test
    void aTargetThatGoesEndsAtOnceAndMayComeBack() throws Exception {
        var peer = peer(HostilePeer.says("a 1\n"));
        scraping.targets("j", group(peer)); // discovery may be faster than the configuration
        scraping.apply(jobs("job_name: j, " + FAST), Labels.EMPTY);
        eventually("scraped", () -> storage.of("a").size() > 2);
        scraping.targets("j", List.of());
        eventually("ended", () -> "stale".equals(storage.last("a")));
        assertThat(scraping.active()).isEmpty();
        assertThat(storage.last("up")).isEqualTo("stale");
        scraping.targets("j", group(peer));
        eventually("back", () -> Double.valueOf(1).equals(storage.last("a")));
    }

    @Test
    void anotherPathGoesOnWithTheSeries() throws Exception {
        var peer = peer(HostilePeer.says("a 1\n"));
        scraping.apply(jobs("job_name: j, " + FAST), Labels.EMPTY);
        scraping.targets("j", group(peer));
        eventually("scraped", () -> storage.of("a").size() > 2);
        var moved = Labels.of("__address__", peer.address(), "__metrics_path__", "/other");
        scraping.targets("j", List.of(new TargetGroup("0", List.of(moved), Labels.EMPTY)));
        eventually(
                "the other path is asked",
                () -> peer.requests().stream().anyMatch(r -> r.startsWith("GET /other ")));
        int before = storage.of("a").size();
        eventually("scraped on", () -> storage.of("a").size() > before);
        assertThat(storage.of("a").values()).containsOnly(1.0);
    }

    @Test
    void shuttingDownEndsNoSeries() throws Exception {
        var peer = peer(HostilePeer.says("a 1\n"));
        var slow = peer(HostilePeer.hangs());
        scraping.apply(
                jobs(
                        "job_name: j, " + FAST,
                        "job_name: slow, scrape_interval: 30s, scrape_timeout: 30s"),
                Labels.EMPTY);
        scraping.targets("j", group(peer));
        scraping.targets("slow", group(slow));
        eventually("scraped", () -> storage.of("a").size() > 2 && !slow.requests().isEmpty());
        long start = System.nanoTime();
        scraping.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        int commits = storage.commits;
        Thread.sleep(700);
        assertThat(storage.commits).isEqualTo(commits);
        assertThat(storage.of("a").values()).containsOnly(1.0);
        assertThat(storage.of(up(slow, "slow"))).isEmpty();
    }

    @Test
    void aJobThatCannotBeScrapedAsAskedIsNotScraped() throws Exception {
        var peer = peer(HostilePeer.says("a 1\n"));
        scraping.apply(
                jobs(
                        "job_name: proxied, " + FAST + ", proxy_url: 'http://proxy:1'",
                        "job_name: crowded, target_limit: 1, " + FAST),
                Labels.EMPTY);
        scraping.targets("proxied", group(peer));
        scraping.targets("crowded", group(peer, peer(HostilePeer.says("b 1\n"))));
        eventually(
                "all are down",
                () ->
                        scraping.active().stream()
                                .allMatch(target -> target.health() == Health.DOWN));
        assertThat(scraping.active().stream().map(ActiveTarget::lastError).distinct())
                .containsExactly(
                        "target_limit exceeded (number of targets: 2, limit: 1)",
                        "proxy_url is not supported yet");
        assertThat(peer.requests()).isEmpty();
        assertThat(storage.last(up(peer, "proxied"))).isEqualTo(0.0);
    }

    @Test
    void relabelingDropsTargetsAndRewritesThem() throws Exception {
        var peer = peer(HostilePeer.says("a 1\n"));
        scraping.apply(
                jobs(
                        "job_name: j, "
                                + FAST
                                + ", relabel_configs: [{source_labels: [__meta_role], regex: no,"
                                + " action: drop}, {source_labels: [__meta_role], target_label:"
                                + " role}, {target_label: __param_x, replacement: '1'}]"),
                Labels.EMPTY);
        var address = peer.address();
        scraping.targets(
                "j",
                List.of(
                        new TargetGroup(
                                "0",
                                List.of(
                                        Labels.of("__address__", address, "__meta_role", "no"),
                                        Labels.of("__address__", address, "__meta_role", "yes"),
                                        Labels.of("__address__", address, "__meta_role", "yes")),
                                Labels.EMPTY)));
        assertThat(scraping.dropped()).hasSize(1);
        assertThat(scraping.dropped().getFirst().discovered().toMap())
                .isEqualTo(
                        Map.of(
                                "__address__", address,
                                "__meta_role", "no",
                                "job", "j",
                                "__scheme__", "http",
                                "__metrics_path__", "/metrics",
                                "__scrape_interval__", "300ms",
                                "__scrape_timeout__", "300ms"));
        assertThat(scraping.active()).hasSize(1);
        var active = scraping.active().getFirst();
        assertThat(active.labels())
                .isEqualTo(Labels.of("job", "j", "instance", address, "role", "yes"));
        assertThat(active.uri().toString()).isEqualTo("http://" + address + "/metrics?x=1");
    }
}
