package tokenplumb.promql;

import tokenplumb.promql.Expr.ValueType;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The signature of a PromQL function. `variadic` as in Prometheus: 0 exactly the arguments listed,
/// n > 0 up to n further ones of the last type (or the last n optional), -1 any number.
public record Function(
        String name,
        List<ValueType> arguments,
        int variadic,
        ValueType returns,
        boolean experimental) {
    private static final ValueType S = ValueType.SCALAR;
    private static final ValueType V = ValueType.INSTANT_VECTOR;
    private static final ValueType M = ValueType.RANGE_VECTOR;
    private static final ValueType T = ValueType.STRING;

    private static final Map<String, Function> ALL = new TreeMap<>();

    public Function {
        arguments = List.copyOf(arguments);
    }

    static {
        for (var name :
                List.of(
                        "abs",
                        "acos",
                        "acosh",
                        "asin",
                        "asinh",
                        "atan",
                        "atanh",
                        "ceil",
                        "cos",
                        "cosh",
                        "deg",
                        "exp",
                        "floor",
                        "histogram_avg",
                        "histogram_count",
                        "histogram_stddev",
                        "histogram_stdvar",
                        "histogram_sum",
                        "ln",
                        "log10",
                        "log2",
                        "rad",
                        "sgn",
                        "sin",
                        "sinh",
                        "sort",
                        "sort_desc",
                        "sqrt",
                        "tan",
                        "tanh",
                        "timestamp",
                        "absent")) {
            add(name, 0, V, V);
        }
        for (var name :
                List.of(
                        "absent_over_time",
                        "avg_over_time",
                        "changes",
                        "count_over_time",
                        "delta",
                        "deriv",
                        "idelta",
                        "increase",
                        "irate",
                        "last_over_time",
                        "max_over_time",
                        "min_over_time",
                        "present_over_time",
                        "rate",
                        "resets",
                        "stddev_over_time",
                        "stdvar_over_time",
                        "sum_over_time")) {
            add(name, 0, V, M);
        }
        for (var name :
                List.of(
                        "day_of_month",
                        "day_of_week",
                        "day_of_year",
                        "days_in_month",
                        "hour",
                        "minute",
                        "month",
                        "year")) {
            add(name, 1, V, V);
        }
        for (var name :
                List.of(
                        "first_over_time",
                        "mad_over_time",
                        "ts_of_first_over_time",
                        "ts_of_last_over_time",
                        "ts_of_max_over_time",
                        "ts_of_min_over_time")) {
            experimental(name, 0, V, M);
        }
        add("clamp", 0, V, V, S, S);
        add("clamp_max", 0, V, V, S);
        add("clamp_min", 0, V, V, S);
        experimental("double_exponential_smoothing", 0, V, M, S, S);
        experimental("end", 0, S);
        experimental("histogram_quantiles", 9, V, V, T, S, S);
        add("histogram_fraction", 0, V, S, S, V);
        add("histogram_quantile", 0, V, S, V);
        experimental("info", 1, V, V, V);
        add("label_join", -1, V, V, T, T, T);
        add("label_replace", 0, V, V, T, T, T, T);
        experimental("max_of", 0, S, S, S);
        experimental("min_of", 0, S, S, S);
        add("pi", 0, S);
        add("predict_linear", 0, V, M, S);
        add("quantile_over_time", 0, V, S, M);
        experimental("range", 0, S);
        add("round", 1, V, V, S);
        add("scalar", 0, S, V);
        experimental("sort_by_label", -1, V, V, T);
        experimental("sort_by_label_desc", -1, V, V, T);
        experimental("start", 0, S);
        experimental("start_timestamp", 0, V, V);
        experimental("step", 0, S);
        add("time", 0, S);
        add("vector", 0, V, S);
    }

    private static void add(String name, int variadic, ValueType returns, ValueType... arguments) {
        ALL.put(name, new Function(name, List.of(arguments), variadic, returns, false));
    }

    private static void experimental(
            String name, int variadic, ValueType returns, ValueType... arguments) {
        ALL.put(name, new Function(name, List.of(arguments), variadic, returns, true));
    }

    public static Optional<Function> named(String name) {
        return Optional.ofNullable(ALL.get(name));
    }

    /// All functions, by name.
    public static Map<String, Function> all() {
        return Map.copyOf(ALL);
    }
}
