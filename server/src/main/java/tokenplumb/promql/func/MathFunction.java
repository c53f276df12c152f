package tokenplumb.promql.func;

import java.util.Map;
import java.util.Optional;

/// A function from one value to another, such as `sqrt`.
@FunctionalInterface
public interface MathFunction {
    double apply(double value);

    static Optional<MathFunction> named(String name) {
        return Optional.ofNullable(Named.ALL.get(name));
    }

    /// All of them, exact where Go's `math` and Java's differ.
    final class Named {
        private static final Map<String, MathFunction> ALL =
                Map.ofEntries(
                        Map.entry("abs", Math::abs),
                        Map.entry("ceil", Math::ceil),
                        Map.entry("floor", Math::floor),
                        Map.entry("exp", Math::exp),
                        Map.entry("sqrt", Math::sqrt),
                        Map.entry("ln", Math::log),
                        Map.entry("log2", Named::log2),
                        Map.entry("log10", Math::log10),
                        Map.entry("sin", Math::sin),
                        Map.entry("cos", Math::cos),
                        Map.entry("tan", Math::tan),
                        Map.entry("asin", Math::asin),
                        Map.entry("acos", Math::acos),
                        Map.entry("atan", Math::atan),
                        Map.entry("sinh", Math::sinh),
                        Map.entry("cosh", Math::cosh),
                        Map.entry("tanh", Math::tanh),
                        Map.entry("asinh", Named::asinh),
                        Map.entry("acosh", Named::acosh),
                        Map.entry("atanh", Named::atanh),
                        Map.entry("rad", v -> v * Math.PI / 180),
                        Map.entry("deg", v -> v * 180 / Math.PI),
                        Map.entry("sgn", v -> v < 0 ? -1 : v > 0 ? 1 : v));

        private Named() {}

        private static double log2(double value) {
            if (!(value > 0) || Double.isInfinite(value)) {
                return Math.log(value);
            }
            int exponent = Math.getExponent(value);
            if (exponent >= Double.MIN_EXPONENT && value == Math.scalb(1.0, exponent)) {
                return exponent; // a power of two, without rounding
            }
            return Math.log(value) / Math.log(2);
        }

        private static double asinh(double value) {
            double size = Math.abs(value);
            if (size == 0 || Double.isInfinite(value)) {
                return value;
            }
            double result =
                    size > 1e154
                            ? Math.log(size) + Math.log(2)
                            : Math.log1p(size + size * size / (1 + Math.sqrt(1 + size * size)));
            return Math.copySign(result, value);
        }

        private static double acosh(double value) {
            if (value < 1) {
                return Double.NaN;
            }
            if (value > 1e154) {
                return Math.log(value) + Math.log(2);
            }
            double above = value - 1;
            return Math.log1p(above + Math.sqrt(above * above + 2 * above));
        }

        private static double atanh(double value) {
            return 0.5 * Math.log1p(2 * value / (1 - value));
        }
    }

    /// `x ^ y`.
    static double power(double x, double y) {
        if (x == 1 || x == -1 && Double.isInfinite(y)) {
            return 1;
        }
        return Math.pow(x, y);
    }

    /// The larger; +Inf wins over NaN, NaN over everything else.
    static double larger(double a, double b) {
        return a == Double.POSITIVE_INFINITY || b == Double.POSITIVE_INFINITY
                ? Double.POSITIVE_INFINITY
                : Math.max(a, b);
    }

    /// The smaller; -Inf wins over NaN, NaN over everything else.
    static double smaller(double a, double b) {
        return a == Double.NEGATIVE_INFINITY || b == Double.NEGATIVE_INFINITY
                ? Double.NEGATIVE_INFINITY
                : Math.min(a, b);
    }
}
