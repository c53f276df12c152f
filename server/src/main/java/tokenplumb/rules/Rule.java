package tokenplumb.rules;

import tokenplumb.promql.Expr;
import tokenplumb.yaml.Position;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// A rule as read from a file; labels of its group are merged in, its own winning. A label with an
/// empty value takes that label off the result.
public sealed interface Rule {
    String name();

    Expr expr();

    /// Values of an alerting rule are templates.
    Map<String, String> labels();

    Position where();

    private static Map<String, String> sorted(Map<String, String> map) {
        return Collections.unmodifiableMap(new TreeMap<>(map));
    }

    /// Writes the result of a query back as series called `name`.
    record Recording(String name, Expr expr, Map<String, String> labels, Position where)
            implements Rule {
        public Recording {
            labels = sorted(labels);
        }
    }

    /// Every series in the result is an alert: pending at first, firing once it has been there for
    /// `hold`, and firing on for `keepFiring` after it has gone.
    record Alerting(
            String name,
            Expr expr,
            Duration hold,
            Duration keepFiring,
            Map<String, String> labels,
            Map<String, String> annotations,
            Position where)
            implements Rule {
        public Alerting {
            labels = sorted(labels);
            annotations = sorted(annotations);
        }
    }
}
