package tokenplumb.promql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.json.Json;
import tokenplumb.kit.PromqlScript;
import tokenplumb.kit.Shared;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Prometheus 3.14's own scripts, each `eval` as it is. What fails today is listed in
/// `golden/promql-expected-failures.txt`; a case that is not on the list must pass, and one that
/// passes must leave it (`-Dgolden=write` rewrites it).
final class PromqlConformanceTest {
    private static final Path EXPECTED =
            Path.of("src/test/resources/golden/promql-expected-failures.txt");

    private static final Path PAGE = Path.of("../docs/promql-conformance.md");

    /// What the scripts take for granted.
    private static Promql.Options options(boolean delayedNameRemoval) {
        return new Promql.Options(
                Duration.ofMinutes(5),
                Duration.ofSeconds(20),
                20,
                10_000,
                Duration.ofMinutes(1),
                true,
                delayedNameRemoval);
    }

    private static Map<String, List<PromqlScript.Outcome>> run(boolean delayedNameRemoval)
            throws IOException {
        var byFile = new TreeMap<String, List<PromqlScript.Outcome>>();
        try (var files = Files.list(Shared.path("conformance/promql-testdata"))) {
            for (var file : files.filter(f -> f.toString().endsWith(".test")).sorted().toList()) {
                var name = file.getFileName().toString();
                byFile.put(
                        name,
                        PromqlScript.run(
                                name, Files.readString(file), options(delayedNameRemoval)));
            }
        }
        return byFile;
    }

    /// Without the feature flag, as we and Prometheus run by default, only cases about it differ.
    @Test
    void undelayedNameRemovalChangesOnlyCasesAboutNames() throws IOException {
        var changed = new TreeSet<String>();
        var expected = new TreeSet<>(Files.readAllLines(EXPECTED));
        for (var outcomes : run(false).values()) {
            for (var outcome : outcomes) {
                if (outcome.failure().isPresent() && !expected.contains(outcome.id())) {
                    changed.add(outcome.id());
                }
            }
        }
        assertThat(changed)
                .as("cases in which the flag matters: messages with a name, and matching on it")
                .isEqualTo(
                        Set.of(
                                "histograms.test:1179",
                                "histograms.test:1184",
                                "histograms.test:1189",
                                "histograms.test:1200",
                                "histograms.test:1205",
                                "histograms.test:1210",
                                "name_label_dropping.test:115",
                                "name_label_dropping.test:119",
                                "name_label_dropping.test:123",
                                "name_label_dropping.test:59",
                                "name_label_dropping.test:64",
                                "name_label_dropping.test:69",
                                "name_label_dropping.test:74",
                                "name_label_dropping.test:89",
                                "native_histograms.test:1908",
                                "native_histograms.test:1911",
                                "type_and_unit.test:222",
                                "type_and_unit.test:237",
                                "type_and_unit.test:77",
                                "type_and_unit.test:92"));
    }

    @Test
    void scriptsPassExceptForTheListedCases() throws IOException {
        var byFile = run(true);
        report(byFile);
        var failing = new TreeSet<String>();
        for (var outcomes : byFile.values()) {
            for (var outcome : outcomes) {
                if (outcome.failure().isPresent()) {
                    failing.add(outcome.id());
                }
            }
        }
        var page = page(byFile);
        if ("write".equals(System.getProperty("golden"))) {
            Files.createDirectories(EXPECTED.getParent());
            Files.write(EXPECTED, failing);
            Files.writeString(PAGE, page);
        }
        assertThat(failing)
                .as("cases that fail (see target/promql-conformance.md), against %s", EXPECTED)
                .isEqualTo(new TreeSet<>(Files.readAllLines(EXPECTED)));
        assertThat(Files.readString(PAGE))
                .as("%s (rewrite with -Dgolden=write)", PAGE)
                .isEqualTo(page);
    }

    /// The page for users: how much passes, and why the rest does not.
    private static String page(Map<String, List<PromqlScript.Outcome>> byFile) throws IOException {
        var needs = new TreeMap<String, String>();
        var cases =
                (List<?>)
                        Json.read(
                                Files.readAllBytes(
                                        Shared.path("conformance/promql-testdata/cases.json")));
        for (var each : cases) {
            var fields = (Map<?, ?>) each;
            var tags = (List<?>) fields.get("tags");
            var reason =
                    tags.contains("start-timestamp")
                            ? "start timestamps"
                            : tags.contains("native-histogram") || tags.contains("nhcb")
                                    ? "native histograms"
                                    : "none of these";
            needs.put((String) fields.get("id"), reason);
        }
        var reasons = new TreeMap<String, Integer>();
        var table = new StringBuilder();
        int all = 0;
        int passed = 0;
        for (var file : byFile.entrySet()) {
            int good = 0;
            for (var outcome : file.getValue()) {
                if (outcome.failure().isEmpty()) {
                    good++;
                } else {
                    reasons.merge(
                            needs.getOrDefault(outcome.id(), "none of these"), 1, Integer::sum);
                }
            }
            table.append(
                    "| `%s` | %d | %d |\n".formatted(file.getKey(), file.getValue().size(), good));
            all += file.getValue().size();
            passed += good;
        }
        table.append("| **all** | %d | %d |\n".formatted(all, passed));
        return """
        # PromQL conformance

        Prometheus 3.14's own test scripts (`conformance/promql-testdata/`), run as they are by
        `PromqlConformanceTest`: each `eval` is a case, instant cases also as range queries and with
        every selector pinned by `@`, as the reference runner does. This page is written by that test
        (`-Dgolden=write`) and checked by it. Each failing case stands in
        `server/src/test/resources/golden/promql-expected-failures.txt`; a case that is not listed there
        must pass, and one that starts to pass must leave the list. What differs in each is in
        `server/target/promql-conformance.md` after a run.

        | script | cases | pass |
        |---|---:|---:|
        %s
        Why the others fail: %s. A case whose data contains native histograms is loaded without those
        samples and judged all the same.

        Beside the scripts: `ComplianceTest` runs PromLabs' compliance queries in all variants and compares
        each answer with a real Prometheus 2.42 over the same series (to 1e-9); `CorpusEvaluationTest`
        evaluates every expression of the collected dashboards and rules.
        """
                .formatted(
                        table,
                        String.join(
                                ", ",
                                reasons.entrySet().stream()
                                        .map(r -> "%d need %s".formatted(r.getValue(), r.getKey()))
                                        .toList()));
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
