package tokenplumb.promql;

import java.util.Map;

/// Who asks a query: for a fair share of turns, for the list of queries and for the log.
///
/// @param lane queries of one lane never wait for those of another
/// @param name clients of a lane take turns by name: a user, an address, a rule group
/// @param origin what the query log says of it, by the keys of Prometheus' log, such as
///   `httpRequest`: `clientIP`, `method`, `path`
public record Asker(Lane lane, String name, Map<String, Map<String, String>> origin) {
    /// People and their dashboards, and rules, which must not wait for dashboards.
    public enum Lane {
        USERS,
        RULES
    }

    /// Somebody within this process.
    public static final Asker INTERNAL = new Asker(Lane.USERS, "internal", Map.of());

    public Asker {
        origin = Map.copyOf(origin);
    }

    public static Asker user(String name) {
        return new Asker(Lane.USERS, name, Map.of());
    }

    /// A rule group, for Prometheus' log by the file it comes from.
    public static Asker rules(String file, String group) {
        return new Asker(
                Lane.RULES, group, Map.of("ruleGroup", Map.of("file", file, "name", group)));
    }
}
