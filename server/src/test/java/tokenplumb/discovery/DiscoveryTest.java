package tokenplumb.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.config.ConfigError;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

final class DiscoveryTest {
    @Test
    void readsYamlAndJsonAlike() {
        var yaml = Discovery.parse("t.yml", "- targets: ['a:1', 'b:2']\n  labels: {rack: r1}\n");
        var json =
                Discovery.parse(
                        "t.json", "[{\"targets\":[\"a:1\",\"b:2\"],\"labels\":{\"rack\":\"r1\"}}]");
        assertThat(yaml.getFirst().targets()).isEqualTo(json.getFirst().targets());
        assertThat(json.getFirst().combined().getLast())
                .isEqualTo(
                        Labels.of("__address__", "b:2", "__meta_filepath", "t.json", "rack", "r1"));
    }

    @Test
    void saysWhereAFileIsWrong() {
        assertThatThrownBy(() -> Discovery.parse("t.yml", "- targets: ['a:1']\n  lables: {}\n"))
                .isInstanceOf(ConfigError.class)
                .hasMessageContaining("t.yml:2:3: an item has no key \"lables\"; did you mean");
        assertThatThrownBy(() -> Discovery.parse("t.yml", "targets: [a]\n"))
                .hasMessageContaining("t.yml:1:1: the file must be a list");
    }

    @Test
    void noticesAChangedFileAndKeepsGoodTargetsWhenItBreaks(@TempDir Path folder)
            throws IOException, InterruptedException {
        var file = folder.resolve("gpus.yml");
        Files.writeString(file, "- targets: ['a:1']\n");
        var heard = new LinkedBlockingQueue<List<TargetGroup>>();
        var config =
                new DiscoveryConfig(
                        List.of(),
                        List.of(
                                new DiscoveryConfig.Files(
                                        List.of(folder.resolve("*.yml")), Duration.ofMinutes(5))));
        try (var discovery = new Discovery((job, groups) -> heard.add(groups))) {
            discovery.apply(Map.of("gpus", config));
            assertThat(heard.poll(1, TimeUnit.SECONDS).getFirst().targets()).hasSize(1);

            Files.writeString(file, "- targets: ['a:1', 'b:1']\n");
            assertThat(heard.poll(20, TimeUnit.SECONDS).getFirst().targets()).hasSize(2);

            Files.writeString(file, "- targets: [{}]\n");
            discovery.apply(Map.of("gpus", config));
            assertThat(discovery.errors()).containsKey(file);
            assertThat(heard).isEmpty();
        }
    }
}
