/// The user's YAML as a tree with positions: typed reading, every problem of a file reported at
/// once with file, line and column, and secrets that never show themselves. Start at [Config].
@Room(uses = "yaml")
package tokenplumb.config;

import tokenplumb.Room;
