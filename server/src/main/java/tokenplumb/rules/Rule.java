package tokenplumb.rules;

import tokenplumb.promql.Expr;
import tokenplumb.signal.Labels;
import tokenplumb.yaml.Position;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// A rule as read from a file; labels of its group are merged in, its own winning.
public sealed interface Rule {
    String name();

    Expr expr();

    /// Label values of an alerting rule are templates.
    Labels labels();

    Position where();

    /// Writes the result of a query back as series called `name`.
    record Recording(String name, Expr expr, Labels labels, Position where) implements Rule {}

    /// Every series in the result is an alert: pending at first, firing once it has been there for
    /// `hold`, and firing on for `keepFiring` after it has gone.
    record Alerting(
            String name,
            Expr expr,
            Duration hold,
            Duration keepFiring,
            Labels labels,
            Map<String, String> annotations,
            Position where)
            implements Rule {
        public Alerting {
            annotations = Collections.unmodifiableMap(new TreeMap<>(annotations));
        }
    }
}
