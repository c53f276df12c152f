/// The face of the YAML library: a tree whose every node knows its file, line and column. Start at
/// [Yaml].
@Room(libraries = "org.snakeyaml")
package tokenplumb.yaml;

import tokenplumb.Room;
