package tokenplumb.yaml;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads YAML into a tree of [YamlNode]s. Anchors, aliases and `<<` merges are resolved, with
/// limits on depth and on aliases.
public final class Yaml {
    private static final int MAX_DEPTH = 100;

    private final String file;

    private Yaml(String file) {
        this.file = file;
    }

    /// All documents of a text; `file` is how positions name it. Throws [YamlError].
    public static List<YamlNode> documents(String file, String text) {
        var reader = new Yaml(file);
        var settings =
                LoadSettings.builder()
                        .setLabel(file)
                        .setUseMarks(true)
                        .setAllowDuplicateKeys(true)
                        .setMaxAliasesForCollections(200)
                        .build();
        try {
            var documents = new ArrayList<YamlNode>();
            for (var node : new Compose(settings).composeAllFromString(text)) {
                documents.add(reader.convert(node, 0));
            }
            return documents;
        } catch (MarkedYamlEngineException e) {
            var mark = e.getProblemMark().or(e::getContextMark);
            throw new YamlError(reader.at(mark), "not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new YamlError(new Position(file, 1, 1), "not YAML: " + e.getMessage());
        }
    }

    /// The only document of a text; empty when there is none. Throws [YamlError] also when there
    /// are several.
    public static Optional<YamlNode> read(String file, String text) {
        var documents = documents(file, text);
        if (documents.size() > 1) {
            throw new YamlError(
                    documents.get(1).where(), "a second YAML document; give one file one document");
        }
        return documents.stream().findFirst();
    }

    private Position at(Optional<Mark> mark) {
        return mark.map(m -> new Position(file, m.getLine() + 1, m.getColumn() + 1))
                .orElse(new Position(file, 1, 1));
    }

    private YamlNode convert(Node node, int depth) {
        var where = at(node.getStartMark());
        if (depth > MAX_DEPTH) {
            throw new YamlError(where, "nested more than " + MAX_DEPTH + " levels deep");
        }
        return switch (node) {
            case ScalarNode scalar ->
                    new YamlNode.Scalar(
                            text(scalar, where),
                            scalar.getScalarStyle() == ScalarStyle.PLAIN,
                            where);
            case SequenceNode sequence -> {
                var items = new ArrayList<YamlNode>();
                for (var item : sequence.getValue()) {
                    items.add(convert(item, depth + 1));
                }
                yield new YamlNode.Sequence(List.copyOf(items), where);
            }
            case MappingNode mapping -> mapping(mapping, where, depth);
            default -> throw new YamlError(where, "unsupported YAML node " + node.getNodeType());
        };
    }

    /// A scalar's text; that of a `!!binary` is what its base64 holds, which must be UTF-8.
    private static String text(ScalarNode scalar, Position where) {
        if (!scalar.getTag().getValue().equals("tag:yaml.org,2002:binary")) {
            return scalar.getValue();
        }
        try {
            var bytes = Base64.getMimeDecoder().decode(scalar.getValue());
            if (!scalar.getValue().matches("[A-Za-z0-9+/=\\s]*")) {
                throw new YamlError(where, "!!binary value contains invalid base64 data");
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (IllegalArgumentException e) {
            throw new YamlError(where, "!!binary value contains invalid base64 data");
        } catch (CharacterCodingException e) {
            throw new YamlError(where, "!!binary value is not UTF-8 text");
        }
    }

    private YamlNode mapping(MappingNode node, Position where, int depth) {
        var entries = new LinkedHashMap<String, YamlNode>();
        var keys = new LinkedHashMap<String, Position>();
        var merged = new ArrayList<YamlNode>();
        for (var tuple : node.getValue()) {
            var at = at(tuple.getKeyNode().getStartMark());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw new YamlError(at, "a mapping's key must be plain text");
            }
            var value = convert(tuple.getValueNode(), depth + 1);
            var name = text(key, at);
            if (name.equals("<<") && key.getScalarStyle() == ScalarStyle.PLAIN) {
                merged.add(value);
                continue;
            }
            if (entries.put(name, value) != null) {
                throw new YamlError(
                        at,
                        "key \"%s\" is given twice, first at line %d; keep one"
                                .formatted(name, keys.get(name).line()));
            }
            keys.put(name, at);
        }
        for (var merge : merged) {
            merge(merge, entries, keys);
        }
        return new YamlNode.Mapping(entries, keys, where);
    }

    private static void merge(
            YamlNode from, Map<String, YamlNode> entries, Map<String, Position> keys) {
        switch (from) {
            case YamlNode.Mapping mapping ->
                    mapping.entries()
                            .forEach((key, value) -> {
                                if (entries.putIfAbsent(key, value) == null) {
                                    keys.put(key, mapping.keys().get(key));
                                }
                            });
            case YamlNode.Sequence sequence ->
                    sequence.items().forEach(item -> merge(item, entries, keys));
            case YamlNode.Scalar scalar ->
                    throw new YamlError(scalar.where(), "<< needs a mapping to merge");
        }
    }
}
