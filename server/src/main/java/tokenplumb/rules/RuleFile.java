package tokenplumb.rules;

import tokenplumb.config.ConfigError;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// What a rule file says, and what is wrong in it. Sound rules are there even when others are not:
/// it is for the caller to run them or to refuse the file.
public record RuleFile(String name, List<RuleGroup> groups, List<ConfigError.Problem> problems) {
    private static final List<String> BUILT_IN =
            List.of("serving.yml", "engines.yml", "gateway.yml", "store.yml");

    public RuleFile {
        groups = List.copyOf(groups);
        problems = List.copyOf(problems);
    }

    /// Reads Prometheus' rule files, and the `PrometheusRule` resources of its Kubernetes operator.
    /// `name` is how positions and the API name the file. Never throws: all mistakes are
    /// [#problems], in the order they stand in the file.
    public static RuleFile read(String name, String yaml) {
        return new RuleReader(name, false).read(yaml);
    }

    /// The same, but keys nobody knows are no mistakes (`promtool --ignore-unknown-fields`).
    public static RuleFile readLeniently(String name, String yaml) {
        return new RuleReader(name, true).read(yaml);
    }

    /// The rules that come with the product, as files named `builtin/…`.
    public static List<RuleFile> builtIn() {
        return BUILT_IN.stream()
                .map(name -> read("builtin/" + name, resource("rules/builtin/" + name)))
                .toList();
    }

    private static String resource(String path) {
        try (var in = RuleFile.class.getResourceAsStream("/tokenplumb/" + path)) {
            if (in == null) {
                throw new IllegalStateException("bug: no resource " + path);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What `promtool check rules` prints below the name of the file: the number of rules, or every
    /// mistake. Rules that record or alert twice under one name and labels are told too, though the
    /// file is accepted.
    public String verdict() {
        if (!problems.isEmpty()) {
            return problems.stream()
                    .map(problem -> problem + "\n")
                    .collect(Collectors.joining("", "  FAILED:\n", ""));
        }
        var twice = duplicates();
        if (twice.isEmpty()) {
            return "  SUCCESS: %d rules found\n".formatted(ruleCount());
        }
        return "  FAILED:\nlint error %d duplicate rule(s) found.\n%sMight cause inconsistency while"
                        .formatted(twice.size(), String.join("", twice))
                + " recording expressions\n";
    }

    private List<String> duplicates() {
        var seen = new HashSet<String>();
        var twice = new TreeSet<String>();
        for (var group : groups) {
            for (var rule : group.rules()) {
                var shown = new StringBuilder("Metric: " + rule.name() + "\nLabel(s):\n");
                rule.labels()
                        .forEach((name, value) ->
                                shown.append('\t')
                                        .append(name)
                                        .append(": ")
                                        .append(value)
                                        .append('\n'));
                if (!seen.add(shown.toString())) {
                    twice.add(shown.toString());
                }
            }
        }
        return List.copyOf(twice);
    }

    public int ruleCount() {
        return groups.stream().mapToInt(group -> group.rules().size()).sum();
    }
}
