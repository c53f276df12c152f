package tokenplumb.config;

import tokenplumb.yaml.Position;
import tokenplumb.yaml.Yaml;
import tokenplumb.yaml.YamlError;
import tokenplumb.yaml.YamlNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Reads a user's file. All its mistakes are gathered and thrown together.
public final class Config {
    private Config() {}

    /// Reads `text` (of the file named `file`) with `reader`, which gets the top level. Throws
    /// [ConfigError] with every problem found, unknown keys among them.
    public static <T> T read(String file, String text, Function<Section, T> reader) {
        var problems = new ArrayList<ConfigError.Problem>();
        var section = root(file, text, problems);
        var value = reader.apply(section);
        section.finish();
        if (!problems.isEmpty()) {
            throw new ConfigError(problems);
        }
        return value;
    }

    /// Reads a file that is a list of sections, such as the files of `file_sd_configs`.
    public static <T> T readList(String file, String text, Function<List<Section>, T> reader) {
        var problems = new ArrayList<ConfigError.Problem>();
        try {
            var node = Yaml.read(file, text).orElse(null);
            if (node != null && !(node instanceof YamlNode.Sequence)) {
                throw new ConfigError(node.where(), "the file must be a list (lines with - )");
            }
            var sections =
                    node instanceof YamlNode.Sequence list
                            ? list.items().stream()
                                    .map(item -> Section.of(item, "an item", problems))
                                    .toList()
                            : List.<Section>of();
            var value = reader.apply(sections);
            sections.forEach(Section::finish);
            if (!problems.isEmpty()) {
                throw new ConfigError(problems);
            }
            return value;
        } catch (YamlError e) {
            throw new ConfigError(e.where(), e.what());
        }
    }

    private static Section root(String file, String text, List<ConfigError.Problem> problems) {
        try {
            var start = new Position(file, 1, 1);
            var node =
                    Yaml.read(file, text.startsWith("\uFEFF") ? text.substring(1) : text)
                            .orElse(new YamlNode.Mapping(Map.of(), Map.of(), start));
            return Section.of(node, "the file", problems);
        } catch (YamlError e) {
            throw new ConfigError(e.where(), e.what());
        }
    }

    /// The same document with every secret written as `<secret>`, for showing.
    public static String masked(String file, String text) {
        try {
            return Yaml.read(file, text).map(Masking::print).orElse("");
        } catch (YamlError e) {
            throw new ConfigError(e.where(), e.what());
        }
    }

    /// `$NAME` and `${NAME}` replaced from `environment`, `$$` by a dollar; unknown names become
    /// empty, as in Prometheus' external labels.
    public static String expand(String text, Map<String, String> environment) {
        var out = new StringBuilder();
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c != '$' || i + 1 == text.length()) {
                out.append(c);
                i++;
                continue;
            }
            if (text.charAt(i + 1) == '$') {
                out.append('$');
                i += 2;
                continue;
            }
            boolean braced = text.charAt(i + 1) == '{';
            int start = braced ? i + 2 : i + 1;
            int end = start;
            while (end < text.length()
                    && (braced
                            ? text.charAt(end) != '}'
                            : text.charAt(end) == '_'
                                    || Character.isLetterOrDigit(text.charAt(end)))) {
                end++;
            }
            if (end == start || braced && end == text.length()) {
                out.append(c);
                i++;
                continue;
            }
            out.append(environment.getOrDefault(text.substring(start, end), ""));
            i = braced ? end + 1 : end;
        }
        return out.toString();
    }

    /// Entries of a mapping of plain texts, in order.
    static Map<String, String> texts(YamlNode.Mapping mapping) {
        var map = new LinkedHashMap<String, String>();
        mapping.entries()
                .forEach((key, value) -> {
                    if (value instanceof YamlNode.Scalar scalar) {
                        map.put(key, scalar.isNull() ? "" : scalar.text());
                    }
                });
        return map;
    }
}
