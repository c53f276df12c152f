package tokenplumb.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import tokenplumb.config.ConfigError;
import tokenplumb.json.Json;
import tokenplumb.kit.Shared;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class PlatformConfigTest {
    /// Prometheus' own configuration files: accepted or refused as the reference does. Left out:
    /// mistakes inside kinds of discovery that have an issue of their own.
    @TestFactory
    List<DynamicTest> judgesFilesAsPrometheus() throws IOException {
        var folder = Shared.path("conformance/config");
        var document =
                (Map<?, ?>) Json.read(Files.readAllBytes(folder.resolve("expectations.json")));
        var tests = new ArrayList<DynamicTest>();
        for (var item : (List<?>) document.get("cases")) {
            var expected = (Map<?, ?>) item;
            boolean good = Boolean.TRUE.equals(expected.get("ok"));
            if (!good && usesLaterDiscovery(expected)) {
                continue;
            }
            var file = folder.resolve(expected.get("file").toString());
            boolean agent = "agent".equals(expected.get("mode"));
            tests.add(
                    DynamicTest.dynamicTest(
                            file.getFileName().toString(),
                            () -> {
                                if (good) {
                                    assertThat(
                                                    PlatformConfig.read(
                                                            file, Files.readString(file), agent))
                                            .isNotNull();
                                } else {
                                    assertThatThrownBy(() ->
                                                    PlatformConfig.read(
                                                            file, Files.readString(file), agent))
                                            .isInstanceOf(ConfigError.class);
                                }
                            }));
        }
        assertThat(tests).hasSizeGreaterThan(60);
        return tests;
    }

    private static boolean usesLaterDiscovery(Map<?, ?> expected) {
        return expected.get("uses") instanceof List<?> uses
                && uses.stream()
                        .map(Object::toString)
                        .anyMatch(use ->
                                use.endsWith("_sd_configs")
                                        && !Set.of("static_configs", "file_sd_configs")
                                                .contains(use));
    }

    @Test
    void saysWhatIsAskedForAndNotDoneYet() {
        var config =
                PlatformConfig.read(
                        Path.of("p.yml"),
                        """
                        remote_write:
                          - url: http://mimir/push
                            basic_auth: {username: me, password: hunter2}
                        scrape_configs:
                          - job_name: pods
                            kubernetes_sd_configs: [{role: pod}]
                        """,
                        false);
        assertThat(config.warnings())
                .containsExactly(
                        "job pods: kubernetes_sd_configs is not supported yet: it finds no targets",
                        "remote_write: samples are NOT forwarded yet");
        assertThat(config.masked()).contains("password: <secret>").doesNotContain("hunter2");
    }

    @Test
    void tellsEveryMistakeWithItsPlace() {
        assertThatThrownBy(() ->
                        PlatformConfig.read(
                                Path.of("p.yml"),
                                """
                                global:
                                  scrape_intervall: 15s
                                scrape_config:
                                  - job_name: a
                                tokenplumb:
                                  builtin_rules: perhaps
                                """,
                                false))
                .isInstanceOf(ConfigError.class)
                .hasMessageContaining(
                        "p.yml:2:3: global has no key \"scrape_intervall\"; did you mean"
                                + " \"scrape_interval\"?")
                .hasMessageContaining(
                        "p.yml:3:1: the file has no key \"scrape_config\"; did you mean"
                                + " \"scrape_configs\"?")
                .hasMessageContaining("p.yml:6:18: builtin_rules must be true or false");
    }
}
