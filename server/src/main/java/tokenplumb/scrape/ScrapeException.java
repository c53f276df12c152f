package tokenplumb.scrape;

import java.io.IOException;

/// A scrape that failed for a reason other than the network: what the target sent is beyond a limit
/// or not what we can read.
final class ScrapeException extends IOException {
    private static final long serialVersionUID = 1;

    /// Fit to be counted by.
    enum Reason {
        SAMPLE_LIMIT,
        LABEL_LIMIT,
        TARGET_LIMIT,
        CONTENT,
        STATUS,
        REFUSED
    }

    private final Reason reason;

    ScrapeException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    Reason reason() {
        return reason;
    }
}
