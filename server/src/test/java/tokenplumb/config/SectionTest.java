package tokenplumb.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Map;

final class SectionTest {
    @Test
    void reportsEveryMistakeAtOnceWithItsPlace() {
        var text =
                """
                global:
                  scrape_interval: soon
                  scrape_timout: 10s
                jobs:
                  - name: a
                    limit: many
                  - just a text
                """;
        assertThatThrownBy(() ->
                        Config.read(
                                "p.yml",
                                text,
                                root -> {
                                    var global = root.section("global");
                                    global.duration("scrape_interval", Duration.ZERO);
                                    global.duration("scrape_timeout", Duration.ZERO);
                                    for (var job : root.sections("jobs")) {
                                        job.text("name", "");
                                        job.integer("limit", 0);
                                    }
                                    return root;
                                }))
                .isInstanceOf(ConfigError.class)
                .hasMessage(
                        """
                        p.yml:2:20: scrape_interval: not a valid duration string: "soon"; write it like 15s, 1m30s or 500ms
                        p.yml:7:5: an item of jobs must be a mapping (key: value lines), not the text "just a text"
                        p.yml:6:12: limit must be a whole number, not "many"
                        p.yml:3:3: global has no key "scrape_timout"; did you mean "scrape_timeout"?\
                        """);
    }

    @Test
    void masksEverySecretAndKeepsTheRest() {
        var text =
                """
                scrape_configs:
                  - job_name: vllm
                    basic_auth: {username: me, password: hunter2}
                    proxy_url: http://me:hunter2@proxy:3128
                    static_configs:
                      - targets: ["a:1", "b:2"]
                    authorization:
                      credentials: hunter2
                """;
        var masked = Config.masked("p.yml", text);
        assertThat(masked).doesNotContain("hunter2").contains("username: me", "job_name: vllm");
        assertThat(Config.masked("again.yml", masked)).isEqualTo(masked);
    }

    @Test
    void readsDurationsAsPrometheusDoes() {
        assertThat(Durations.parse("1h30m")).isEqualTo(Duration.ofMinutes(90));
        assertThat(Durations.parse("1y")).isEqualTo(Duration.ofDays(365));
        assertThat(Durations.parse("0")).isZero();
        for (var wrong : List.of("", "1", "30m1h", "-1s", "1.5h", "1h1h", "99999999999999999y")) {
            assertThatThrownBy(() -> Durations.parse(wrong))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (var text : List.of("0s", "1h30m", "1w", "1d", "8d", "1m1s500ms", "1y", "52w")) {
            assertThat(Durations.print(Durations.parse(text))).isEqualTo(text);
        }
    }

    @Test
    void readsSizes() {
        assertThat(Bytes.parse("1KB")).isEqualTo(1024);
        assertThat(Bytes.parse("1.5GiB")).isEqualTo(3L << 29);
        assertThat(Bytes.parse("17")).isEqualTo(17);
        assertThatThrownBy(() -> Bytes.parse("ten")).hasMessageContaining("512MB");
    }

    @Test
    void expandsTheEnvironment() {
        var environment = Map.of("TEST", "abc", "X1", "y");
        assertThat(Config.expand("foo${TEST}bar $X1 $$TEST ${GONE}|", environment))
                .isEqualTo("fooabcbar y $TEST |");
    }
}
