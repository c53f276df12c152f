/// A fleet that is not there: inference engines, GPUs and hosts simulated event by event, which
/// expose real text over real HTTP and fail on command. Start at [Fleet].
@Room(uses = {"http", "json", "signal"})
package tokenplumb.simulator;

import tokenplumb.Room;
