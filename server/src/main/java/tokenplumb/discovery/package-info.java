/// Where targets come from: static lists and files so far. Start at [Discovery].
@Room(uses = {"config", "json", "signal", "yaml"})
package tokenplumb.discovery;

import tokenplumb.Room;
