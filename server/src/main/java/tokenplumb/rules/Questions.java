package tokenplumb.rules;

import tokenplumb.promql.Promql;
import tokenplumb.promql.Value;
import tokenplumb.signal.Labels;

import java.util.List;

/// Asks for vectors, as rules and their templates need them. Throws [tokenplumb.promql.QueryError].
record Questions(Promql promql) {
    List<Value.Sample> vector(String query, long timeMillis) {
        return switch (promql.instant(Promql.Request.of(query), timeMillis).value()) {
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
