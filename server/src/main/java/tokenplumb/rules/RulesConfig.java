package tokenplumb.rules;

import tokenplumb.signal.Labels;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/// What [Rules] runs: files already read, and the server's global settings. `external` and
/// `externalUrl` are what templates see.
public record RulesConfig(
        List<RuleFile> files,
        Duration interval,
        Duration queryOffset,
        Labels external,
        URI externalUrl) {
    public RulesConfig {
        files = List.copyOf(files);
    }
}
