package tokenplumb.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.config.Config;
import tokenplumb.config.ConfigError;
import tokenplumb.json.Json;
import tokenplumb.kit.Shared;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

class ScrapeJobTest {
    /// Mistakes in sections that other rooms read, and in what YAML itself allows.
    private static final Set<String> NOT_OURS =
            Set.of(
                    "testdata/config_with_deprecated_am_api_config.yml",
                    "testdata/empty_alert_relabel_config.bad.yml",
                    "testdata/empty_alertmanager_relabel_config.bad.yml",
                    "testdata/labelmap.bad.yml",
                    "testdata/labelname.bad.yml",
                    "testdata/rules.bad.yml",
                    "testdata/static_config.bad.yml",
                    "testdata/unknown_global_attr.bad.yml");

    /// Refused with better words than Prometheus has.
    private static final Set<String> OTHER_WORDS =
            Set.of(
                    "testdata/empty_scrape_config_action.bad.yml",
                    "testdata/empty_target_relabel_config.bad.yml",
                    "testdata/scrape_config_files_fallback_scrape_protocol1.bad.yml",
                    "testdata/scrape_config_files_fallback_scrape_protocol2.bad.yml",
                    "testdata/scrape_config_files_scrape_protocols.bad.yml",
                    "testdata/section_key_dup.bad.yml");

    static List<ScrapeJob> read(String text) {
        return read("test.yml", text, Path.of("/etc/tokenplumb"));
    }

    private static List<ScrapeJob> read(String file, String text, Path folder) {
        return Config.read(
                file,
                text,
                root -> {
                    var global = root.section("global");
                    var defaults = ScrapeDefaults.read(global);
                    global.keys().stream()
                            .filter(key -> !key.startsWith("scrape"))
                            .forEach(global::ignore);
                    root.keys().stream()
                            .filter(key -> !key.equals("scrape_configs") && !key.equals("global"))
                            .forEach(root::ignore);
                    return ScrapeJob.readAll(root, defaults, folder);
                });
    }

    @TestFactory
    @SuppressWarnings("unchecked")
    Stream<DynamicTest> judgesConfigurationsAsPrometheus() throws IOException {
        var folder = Shared.path("conformance/config");
        var all =
                (Map<String, Object>)
                        Json.read(Files.readAllBytes(folder.resolve("expectations.json")));
        return ((List<Map<String, Object>>) all.get("cases"))
                .stream()
                        .filter(c -> c.get("mode") == null && c.get("full_check") == null)
                        .filter(c -> Files.exists(folder.resolve((String) c.get("file"))))
                        .map(c -> dynamicTest((String) c.get("file"), () -> judge(folder, c)));
    }

    private static void judge(Path folder, Map<String, Object> c) throws IOException {
        var file = folder.resolve((String) c.get("file"));
        var text = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (Boolean.TRUE.equals(c.get("ok"))) {
            assertThat(read(file.toString(), text, file.getParent())).isNotNull();
            return;
        }
        boolean ours =
                !NOT_OURS.contains(c.get("file"))
                        && (c.get("uses") == null
                                || Set.of("file_sd_configs", "static_configs")
                                        .containsAll((List<?>) c.get("uses")));
        if (!ours) {
            return;
        }
        var refused =
                assertThatThrownBy(() -> read(file.toString(), text, file.getParent()))
                        .isInstanceOf(ConfigError.class);
        if (c.get("error") != null && !OTHER_WORDS.contains(c.get("file"))) {
            refused.hasMessageContaining((String) c.get("error"));
        }
    }

    @Test
    void takesWhatIsLeftOutFromGlobalAndThenFromPrometheus() {
        var jobs =
                read(
                        """
                        global:
                          scrape_interval: 8s
                          sample_limit: 7
                        scrape_configs:
                          - job_name: a
                          - job_name: b
                            scrape_interval: 1m
                            sample_limit: 9
                            scheme: https
                            params: {"match[]": ["up", "x"]}
                        """);
        var a = jobs.getFirst();
        assertThat(a.interval()).isEqualTo(Duration.ofSeconds(8));
        assertThat(a.timeout()).isEqualTo(Duration.ofSeconds(8));
        assertThat(a.limits().samples()).isEqualTo(7);
        assertThat(a.path()).isEqualTo("/metrics");
        assertThat(a.honorTimestamps()).isTrue();
        var b = jobs.getLast();
        assertThat(b.timeout()).isEqualTo(Duration.ofSeconds(8));
        assertThat(b.limits().samples()).isEqualTo(9);
        assertThat(b.parameters()).containsEntry("match[]", List.of("up", "x"));
    }

    @Test
    void namesEveryMistakeWithItsPlace() {
        assertThatThrownBy(() ->
                        read(
                                """
                                scrape_configs:
                                  - job_name: a
                                    scrape_intervall: 5s
                                    scrape_protocols: [Morse]
                                    basic_auth: {username: me}
                                    authorization: {credentials: x}
                                  - job_name: a
                                    scrape_timeout: 2m
                                """))
                .hasMessageContaining("test.yml:3:5: ")
                .hasMessageContaining("did you mean \"scrape_interval\"?")
                .hasMessageContaining("scrape_protocols: unknown scrape protocol Morse")
                .hasMessageContaining("at most one of basic_auth, oauth2 & authorization")
                .hasMessageContaining("test.yml:8:21: scrape timeout greater than scrape interval")
                .hasMessageContaining("found multiple scrape configs with job name \"a\"");
    }

    @Test
    void saysWhatWillNotWorkInsteadOfDoingSomethingElse() {
        var job =
                read("""
                scrape_configs:
                  - job_name: a
                    proxy_url: http://proxy:3128
                    kubernetes_sd_configs: [{role: pod}]
                """)
                        .getFirst();
        assertThat(job.notes())
                .containsExactly(
                        "kubernetes_sd_configs is not supported yet: it finds no targets",
                        "proxy_url is not supported yet: its targets are not scraped");
    }

    @Test
    void neverShowsASecret() {
        var job =
                read("""
                scrape_configs:
                  - job_name: a
                    basic_auth: {username: me, password: hunter2}
                    http_headers: {X-Key: {secrets: [hunter2]}}
                    tls_config: {cert: public, key: hunter2}
                """)
                        .getFirst();
        assertThat(job.toString()).doesNotContain("hunter2");
    }

    @Test
    void sendsCredentialsAndHeadersAndReadsSecretFilesAnew(@TempDir Path folder)
            throws IOException {
        var file = folder.resolve("token");
        Files.writeString(file, "first\n");
        var access =
                read(
                                "test.yml",
                                """
                                scrape_configs:
                                  - job_name: a
                                    authorization: {credentials_file: token}
                                    http_headers: {X-Site: {values: [a, b]}}
                                """,
                                folder)
                        .getFirst()
                        .access();
        assertThat(access.headersNow())
                .isEqualTo(Map.of("Authorization", "Bearer first", "X-Site", "a, b"));
        Files.writeString(file, "second");
        assertThat(access.headersNow()).containsEntry("Authorization", "Bearer second");
        Files.delete(file);
        assertThatThrownBy(access::headersNow)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("unable to read file");
    }

    @Test
    void aJobThatScrapesTheSameIsKnownWhereverItStands() {
        var text =
                """
                scrape_configs:
                  - job_name: a
                    metric_relabel_configs: [{source_labels: [x], regex: %s, action: drop}]
                """;
        var job = read(text.formatted("1")).getFirst();
        assertThat(job.scrapesAs(read("\n\n" + text.formatted("1")).getFirst())).isTrue();
        assertThat(job.scrapesAs(read(text.formatted("2")).getFirst())).isFalse();
    }

    @Test
    void asksForFormatsAsPrometheusDoes() {
        assertThat(ScrapeProtocol.accept(ScrapeProtocol.DEFAULT, "allow-utf-8"))
                .isEqualTo(
                        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                                + "application/openmetrics-text;version=0.0.1;q=0.5,"
                                + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2");
    }
}
