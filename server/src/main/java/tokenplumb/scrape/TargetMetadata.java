package tokenplumb.scrape;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;

/// What one target's last expositions said about one metric family.
public record TargetMetadata(Labels target, String metric, Metadata metadata) {}
