package tokenplumb.promql.parse;

import tokenplumb.kit.Shared;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The expressions of `data/`, Grafana's variables replaced as ANALYSIS.md describes.
final class Corpus {
    private static final Pattern VARIABLE =
            Pattern.compile("\\$(\\w+)|\\[\\[(\\w+)(?::\\w+)?\\]\\]|\\$\\{([^}:]+)(?::[^}]+)?\\}");

    private Corpus() {}

    /// Rows by column name.
    static List<Map<String, String>> lines(String file) throws IOException {
        var rows = new ArrayList<Map<String, String>>();
        var lines = Files.readAllLines(Shared.path("data/" + file));
        var names = lines.getFirst().split("\t", -1);
        for (var line : lines.subList(1, lines.size())) {
            var fields = line.split("\t", -1);
            var row = new LinkedHashMap<String, String>();
            for (int i = 0; i < names.length; i++) {
                row.put(names[i], i < fields.length ? fields[i] : "");
            }
            rows.add(row);
        }
        return rows;
    }

    static Set<String> expressions() throws IOException {
        var doubtful = new LinkedHashSet<String>();
        lines("invalid.tsv").forEach(line -> doubtful.add(line.get("file") + line.get("expr")));
        var expressions = new LinkedHashSet<String>();
        for (var line : lines("expressions.tsv")) {
            if (!doubtful.contains(line.get("file") + line.get("expr"))) {
                expressions.add(substituted(line.get("expr")));
            }
        }
        return expressions;
    }

    static String substituted(String expr) {
        var text = expr.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\");
        return VARIABLE.matcher(text)
                .replaceAll(match -> {
                    var name = name(match);
                    return Matcher.quoteReplacement(
                            switch (name) {
                                case "__interval", "__rate_interval", "interval" -> "5m";
                                case "__range" -> "1h";
                                case "__interval_ms", "__range_s", "__range_ms" -> "300000";
                                default -> {
                                    boolean fraction = text.startsWith("0.", match.start() - 2);
                                    yield fraction
                                            ? "5"
                                            : name.matches("\\d+") ? match.group() : value(name);
                                }
                            });
                });
    }

    private static String name(java.util.regex.MatchResult match) {
        for (int i = 1; i <= match.groupCount(); i++) {
            if (match.group(i) != null) {
                return match.group(i);
            }
        }
        throw new IllegalStateException("bug: no group matched in " + match.group());
    }

    /// Numbers where the name says that one is wanted.
    private static String value(String name) {
        return name.matches("(?i).*(limit|topk|top|quantile|percentile|_n|^n)$") ? "5" : "x";
    }
}
