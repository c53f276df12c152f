package tokenplumb.rules;

import tokenplumb.promql.Asker;
import tokenplumb.promql.Promql;
import tokenplumb.promql.Value;
import tokenplumb.signal.Labels;

import java.util.List;

/// Asks for vectors, as rules and their templates need them. Throws [tokenplumb.promql.QueryError].
record Questions(Promql promql) {
    /// Rules have a lane of their own: dashboards never make an alert wait.
    private static final Asker ASKER = Asker.rules("", "rules");

    List<Value.Sample> vector(String query, long timeMillis) {
        return switch (promql.instant(Promql.Request.of(query).by(ASKER), timeMillis).value()) {
            case Value.Vector vector -> vector.samples();
            case Value.Scalar scalar ->
                    List.of(new Value.Sample(Labels.EMPTY, scalar.time(), scalar.value()));
            case Value.Matrix matrix -> throw notAVector();
            case Value.Text text -> throw notAVector();
        };
    }

    private static IllegalStateException notAVector() {
        return new IllegalStateException("rule result is not a vector or scalar");
    }
}
