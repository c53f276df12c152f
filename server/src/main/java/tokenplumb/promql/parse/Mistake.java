package tokenplumb.promql.parse;

import tokenplumb.promql.QueryError;

/// A mistake found in a query, before its position is turned into line and column. `at` is a char
/// index.
final class Mistake extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int at;

    Mistake(int at, String message) {
        super(message, null, false, false);
        this.at = at;
    }

    /// As Prometheus words it; columns count bytes from 1.
    QueryError in(String query) {
        return new QueryError(
                QueryError.Kind.BAD_DATA, position(query) + ": parse error: " + getMessage());
    }

    private String position(String query) {
        if (query.isEmpty()) {
            return "unknown position";
        }
        var before = query.substring(0, Math.min(at, query.length()));
        int lineStart = before.lastIndexOf('\n') + 1;
        long line = before.chars().filter(c -> c == '\n').count() + 1;
        return line + ":" + (GoText.utf8Length(before.substring(lineStart)) + 1);
    }
}
