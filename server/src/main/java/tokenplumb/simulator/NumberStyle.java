package tokenplumb.simulator;

/// How an exporter spells its numbers.
enum NumberStyle {
    /// `prometheus_client` of Python: `1.0`, and Go's exponents from a million on: `3.675428e+06`.
    PYTHON {
        @Override
        void append(StringBuilder out, double value) {
            appendShortest(out, value, ".0");
        }
    },
    /// `client_golang`: `1`, `3.675428e+06`.
    GO {
        @Override
        void append(StringBuilder out, double value) {
            appendShortest(out, value, "");
        }
    },
    /// An integer, as DCGM prints integer fields.
    INTEGER {
        @Override
        void append(StringBuilder out, double value) {
            out.append(Math.round(value));
        }
    },
    /// Six decimals, as DCGM prints all others.
    FIXED {
        @Override
        void append(StringBuilder out, double value) {
            long micros = Math.round(Math.abs(value) * 1e6);
            if (value < 0 && micros > 0) {
                out.append('-');
            }
            out.append(micros / 1_000_000).append('.');
            var decimals = Long.toString(micros % 1_000_000);
            out.repeat('0', 6 - decimals.length()).append(decimals);
        }
    };

    abstract void append(StringBuilder out, double value);

    String text(double value) {
        var out = new StringBuilder();
        append(out, value);
        return out.toString();
    }

    private static void appendShortest(StringBuilder out, double value, String wholeSuffix) {
        if (!Double.isFinite(value)) {
            out.append(Double.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
            return;
        }
        if (value == Math.rint(value) && Math.abs(value) < 1e6) {
            if (value == 0 && 1 / value < 0) {
                out.append('-');
            }
            out.append((long) value).append(wholeSuffix);
            return;
        }
        if (value < 0) {
            out.append('-');
        }
        appendDecimal(out, Double.toString(Math.abs(value)));
    }

    /// Rewrites the shortest decimal of Java (`1.2345E7`, `123.45`, `1.0E-5`) as Go writes it.
    private static void appendDecimal(StringBuilder out, String java) {
        int e = java.indexOf('E');
        int exponent = e < 0 ? 0 : Integer.parseInt(java.substring(e + 1));
        var mantissa = e < 0 ? java : java.substring(0, e);
        int dot = mantissa.indexOf('.');
        var digits = new StringBuilder(mantissa).deleteCharAt(dot);
        exponent += dot - 1; // of the first digit
        while (digits.length() > 1 && digits.charAt(0) == '0') {
            digits.deleteCharAt(0);
            exponent--;
        }
        while (digits.length() > 1 && digits.charAt(digits.length() - 1) == '0') {
            digits.setLength(digits.length() - 1);
        }
        if (exponent < -4 || exponent >= 6) {
            out.append(digits.charAt(0));
            if (digits.length() > 1) {
                out.append('.').append(digits, 1, digits.length());
            }
            out.append(exponent < 0 ? "e-" : "e+");
            out.append(Math.abs(exponent) < 10 ? "0" : "").append(Math.abs(exponent));
        } else if (exponent < 0) {
            out.append("0.").repeat('0', -exponent - 1).append(digits);
        } else {
            out.append(digits, 0, exponent + 1).append('.');
            out.append(digits, exponent + 1, digits.length());
        }
    }
}
