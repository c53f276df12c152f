package tokenplumb.promql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.PromqlScript;
import tokenplumb.kit.Shared;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// Prometheus 3.14's own scripts, each `eval` as it is. What fails today is listed in
/// `golden/promql-expected-failures.txt`; a case that is not on the list must pass, and one that
/// passes must leave it (`-Dgolden=write` rewrites it).
final class PromqlConformanceTest {
    private static final Path EXPECTED =
            Path.of("src/test/resources/golden/promql-expected-failures.txt");

    /// What the scripts take for granted.
    private static final Promql.Options OPTIONS =
            new Promql.Options(
                    Duration.ofMinutes(5),
                    Duration.ofSeconds(20),
                    20,
                    10_000,
                    Duration.ofMinutes(1),
                    true,
                    true);

    @Test
    void scriptsPassExceptForTheListedCases() throws IOException {
        var byFile = new TreeMap<String, List<PromqlScript.Outcome>>();
        try (var files = Files.list(Shared.path("conformance/promql-testdata"))) {
            for (var file : files.filter(f -> f.toString().endsWith(".test")).sorted().toList()) {
                var name = file.getFileName().toString();
                byFile.put(name, PromqlScript.run(name, Files.readString(file), OPTIONS));
            }
        }
        report(byFile);
        var failing = new TreeSet<String>();
        for (var outcomes : byFile.values()) {
            for (var outcome : outcomes) {
                if (outcome.failure().isPresent()) {
                    failing.add(outcome.id());
                }
            }
        }
        if ("write".equals(System.getProperty("golden"))) {
            Files.createDirectories(EXPECTED.getParent());
            Files.write(EXPECTED, failing);
        }
        assertThat(failing)
                .as("cases that fail (see target/promql-conformance.md), against %s", EXPECTED)
                .isEqualTo(new TreeSet<>(Files.readAllLines(EXPECTED)));
    }

    private static void report(Map<String, List<PromqlScript.Outcome>> byFile) throws IOException {
        var text = new ArrayList<String>();
        text.add("# Prometheus' conformance scripts: passed per file");
        text.add("");
        text.add("| file | cases | passed |");
        text.add("|---|---:|---:|");
        long all = 0;
        long passed = 0;
        for (var file : byFile.entrySet()) {
            long good = file.getValue().stream().filter(o -> o.failure().isEmpty()).count();
            text.add("| %s | %d | %d |".formatted(file.getKey(), file.getValue().size(), good));
            all += file.getValue().size();
            passed += good;
        }
        text.add("| **all** | %d | %d |".formatted(all, passed));
        text.add("");
        for (var outcomes : byFile.values()) {
            for (var outcome : outcomes) {
                outcome.failure()
                        .ifPresent(why ->
                                text.add(
                                        "- `%s` `%s`: %s"
                                                .formatted(
                                                        outcome.id(),
                                                        outcome.query(),
                                                        why.replace('\n', ' '))));
            }
        }
        Files.createDirectories(Path.of("target"));
        Files.write(Path.of("target/promql-conformance.md"), text);
    }
}
