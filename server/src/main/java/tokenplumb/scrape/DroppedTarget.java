package tokenplumb.scrape;

import tokenplumb.signal.Labels;

/// A target that relabeling has dropped. `pool` is the job's name in the configuration.
public record DroppedTarget(String pool, Labels discovered) {}
