package tokenplumb.templates;

import java.util.List;
import java.util.Optional;

/// A value with fields and methods that templates may name, as a Go struct. Values that are not of
/// this kind are texts, booleans, [Long], [Double], lists, maps, [TextMap] and null.
public interface Fields {
    /// How Go would name the type, for messages.
    String typeName();

    /// The value of a field, or of a method called with these arguments; empty when there is none
    /// of that name. A field takes no arguments.
    Optional<Object> field(String name, List<Object> arguments);

    /// As `{{ . }}` prints it.
    String print();
}
