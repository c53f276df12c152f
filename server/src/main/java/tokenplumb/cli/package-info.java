/// The command line: `serve`, `demo`, `watch`, `check`, `fault`, `explain`, `plan`, `version`.
/// Start at [Main].
@Room(uses = "*", libraries = "picocli")
package tokenplumb.cli;

import tokenplumb.Room;
