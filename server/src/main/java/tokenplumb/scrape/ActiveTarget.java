package tokenplumb.scrape;

import tokenplumb.signal.Labels;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// A target that is scraped, as the targets page shows it. `pool` is the job's name in the
/// configuration, `discovered` the labels before relabeling, `labels` those that its series carry.
/// `lastError` is `""` while it is well, `lastScrape` the epoch before the first one. `recognised`
/// names the engine or exporter its metrics betray, or `""`. `uri` carries no password. `warnings`
/// say what of the target's series was refused or changed to protect the others.
public record ActiveTarget(
        String pool,
        Labels discovered,
        Labels labels,
        URI uri,
        Health health,
        String lastError,
        Instant lastScrape,
        Duration lastDuration,
        Duration interval,
        Duration timeout,
        long samplesScraped,
        long bytes,
        String recognised,
        List<String> warnings) {
    public ActiveTarget {
        warnings = List.copyOf(warnings);
    }
}
