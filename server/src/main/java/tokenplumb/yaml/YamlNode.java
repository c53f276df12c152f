package tokenplumb.yaml;

import java.util.List;
import java.util.Map;

/// A node of a YAML document, aliases and merges resolved.
public sealed interface YamlNode {
    Position where();

    /// A plain value as text. `plain` is true when it was written without quotes, so that `~`,
    /// `null` and the empty text mean nothing, and `true` a boolean.
    record Scalar(String text, boolean plain, Position where) implements YamlNode {
        public boolean isNull() {
            return plain
                    && (text.isEmpty()
                            || text.equals("~")
                            || text.equals("null")
                            || text.equals("Null")
                            || text.equals("NULL"));
        }
    }

    record Sequence(List<YamlNode> items, Position where) implements YamlNode {}

    /// Entries in the order written; `keys` says where each key stands. A key given twice is a
    /// [YamlError].
    record Mapping(Map<String, YamlNode> entries, Map<String, Position> keys, Position where)
            implements YamlNode {}
}
