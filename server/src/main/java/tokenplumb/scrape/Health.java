package tokenplumb.scrape;

import java.util.Locale;

/// What the last scrape of a target said about it.
public enum Health {
    UNKNOWN,
    UP,
    DOWN;

    /// As the Prometheus API spells it.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
