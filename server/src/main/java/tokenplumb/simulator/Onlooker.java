package tokenplumb.simulator;

import java.io.IOException;
import java.util.Map;

/// Looks at every page while a fleet's past goes by; plugged in by `app`.
@FunctionalInterface
public interface Onlooker {
    /// What each target exposes at a time, in the text format; the onlooker's own. Oldest first.
    void sees(Map<FleetTarget, byte[]> expositions, long timeMillis)
            throws IOException, InterruptedException;
}
