package tokenplumb.templates;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// A Go `map[string]string`: a key that is absent reads as empty.
public record TextMap(Map<String, String> entries) {
    public TextMap {
        entries = Collections.unmodifiableMap(new TreeMap<>(entries));
    }
}
