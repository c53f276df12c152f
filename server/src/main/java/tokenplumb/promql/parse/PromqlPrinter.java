package tokenplumb.promql.parse;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.Cardinality;
import tokenplumb.promql.Expr.DurationExpr;
import tokenplumb.promql.Expr.DurationOp;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/// Turns a tree back into text, in Prometheus' canonical spelling: on one line, or broken into
/// lines where one would be longer than 100 bytes.
public final class PromqlPrinter {
    private static final int WIDTH = 100;

    private final int width;
    private final StringBuilder out = new StringBuilder();

    private PromqlPrinter(int width) {
        this.width = width;
    }

    /// On one line.
    public static String print(Expr expr) {
        var printer = new PromqlPrinter(WIDTH);
        printer.write(expr);
        return printer.out.toString();
    }

    /// As `/api/v1/format_query` answers.
    public static String pretty(Expr expr) {
        return pretty(expr, WIDTH);
    }

    static String pretty(Expr expr, int width) {
        var printer = new PromqlPrinter(width);
        printer.layOut(expr, 0);
        return printer.out.toString();
    }

    // ---- on one line

    private void write(Expr expr) {
        if (expr instanceof Expr.Binary binary) { // chains thousands long: a shallow stack
            write(binary.left());
            out.append(' ').append(operator(binary)).append(' ');
            write(binary.right());
        } else {
            writeSingle(expr);
        }
    }

    private void writeSingle(Expr expr) {
        switch (expr) {
            case Expr.NumberLiteral number -> out.append(number(number.value(), number.duration()));
            case Expr.TextLiteral text -> out.append(GoText.quote(text.value()));
            case Expr.Selector selector -> writeSelector(selector);
            case Expr.Range range -> writeRange(range);
            case Expr.Subquery subquery -> {
                write(subquery.expr());
                out.append(suffix(subquery));
            }
            case Expr.Call call -> writeCall(call);
            case Expr.Aggregation aggregation -> writeAggregation(aggregation);
            case Expr.Binary binary -> write(binary);
            case Expr.Unary unary -> {
                out.append(unary.negative() ? '-' : '+');
                write(unary.expr());
            }
            case Expr.Parens parens -> {
                out.append('(');
                write(parens.expr());
                out.append(')');
            }
        }
    }

    private static String number(double value, boolean duration) {
        return duration ? PromDuration.print(millis(value)) : GoText.plain(value);
    }

    private static long millis(double seconds) {
        return (long) (seconds * 1e9) / 1_000_000;
    }

    private void writeSelector(Expr.Selector selector) {
        out.append(nameAndMatchers(selector));
        out.append(at(selector.shift()));
        out.append(smoothing(selector.smoothing()));
        out.append(offset(selector.shift()));
    }

    private void writeRange(Expr.Range range) {
        var selector = range.selector();
        out.append(nameAndMatchers(selector));
        out.append('[').append(duration(range.range())).append(']');
        out.append(smoothing(selector.smoothing()));
        out.append(at(selector.shift()));
        out.append(offset(selector.shift()));
    }

    private static String nameAndMatchers(Expr.Selector selector) {
        var texts = new ArrayList<String>();
        for (var matcher : selector.matchers()) {
            boolean isTheName =
                    matcher.name().equals(Labels.NAME)
                            && matcher.type() == Matcher.Type.EQUAL
                            && !matcher.value().isEmpty()
                            && matcher.value().equals(selector.name());
            if (!isTheName) {
                texts.add(
                        label(matcher.name())
                                + matcher.type().symbol()
                                + GoText.quote(matcher.value()));
            }
        }
        if (texts.isEmpty()) {
            return selector.name();
        }
        texts.sort(null);
        return selector.name() + '{' + String.join(",", texts) + '}';
    }

    /// Quoted unless it is a classic label name.
    private static String label(String name) {
        if (name.isEmpty() || name.charAt(0) >= '0' && name.charAt(0) <= '9') {
            return GoText.quote(name);
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean classic =
                    c == '_'
                            || c >= '0' && c <= '9'
                            || c >= 'a' && c <= 'z'
                            || c >= 'A' && c <= 'Z';
            if (!classic) {
                return GoText.quote(name);
            }
        }
        return name;
    }

    private static String labels(List<String> names) {
        return String.join(", ", names.stream().map(PromqlPrinter::label).toList());
    }

    private static String smoothing(Expr.Smoothing smoothing) {
        return switch (smoothing) {
            case NONE -> "";
            case ANCHORED -> " anchored";
            case SMOOTHED -> " smoothed";
        };
    }

    private static String at(Expr.Shift shift) {
        if (shift.at().isPresent()) {
            return " @ " + BigDecimal.valueOf(shift.at().get(), 3).toPlainString();
        }
        return shift.edge()
                .map(edge ->
                        switch (edge) {
                            case START -> " @ start()";
                            case END -> " @ end()";
                        })
                .orElse("");
    }

    private static String offset(Expr.Shift shift) {
        boolean none = shift.offset().millis() == 0 && shift.offset().expression().isEmpty();
        return none ? "" : " offset " + duration(shift.offset());
    }

    private static String duration(Expr.Duration duration) {
        return duration.expression()
                .map(PromqlPrinter::duration)
                .orElseGet(() -> PromDuration.print(duration.millis()));
    }

    private static String duration(DurationExpr expr) {
        return switch (expr) {
            case DurationExpr.Literal literal -> number(literal.seconds(), literal.duration());
            case DurationExpr.Step step -> "step()";
            case DurationExpr.QueryRange range -> "range()";
            case DurationExpr.Negative negative -> "-" + duration(negative.operand());
            case DurationExpr.Parens parens -> "(" + duration(parens.inner()) + ")";
            case DurationExpr.Arithmetic arithmetic -> {
                var left = duration(arithmetic.left());
                var right = duration(arithmetic.right());
                var op = arithmetic.op().text();
                boolean function =
                        arithmetic.op() == DurationOp.MIN_OF
                                || arithmetic.op() == DurationOp.MAX_OF;
                yield function
                        ? op + "(" + left + ", " + right + ")"
                        : left + " " + op + " " + right;
            }
        };
    }

    private static String suffix(Expr.Subquery subquery) {
        boolean stepGiven =
                subquery.step().millis() != 0 || subquery.step().expression().isPresent();
        return "["
                + duration(subquery.range())
                + ":"
                + (stepGiven ? duration(subquery.step()) : "")
                + "]"
                + at(subquery.shift())
                + offset(subquery.shift());
    }

    private void writeCall(Expr.Call call) {
        out.append(call.function().name()).append('(');
        for (int i = 0; i < call.arguments().size(); i++) {
            if (i > 0) {
                out.append(", ");
            }
            write(call.arguments().get(i));
        }
        out.append(')');
    }

    private void writeAggregation(Expr.Aggregation aggregation) {
        out.append(head(aggregation)).append('(');
        aggregation
                .parameter()
                .ifPresent(parameter -> {
                    write(parameter);
                    out.append(", ");
                });
        write(aggregation.expr());
        out.append(')');
    }

    private static String head(Expr.Aggregation aggregation) {
        var op = aggregation.op().text();
        if (aggregation.without()) {
            return op + " without (" + labels(aggregation.labels()) + ") ";
        }
        return aggregation.labels().isEmpty()
                ? op
                : op + " by (" + labels(aggregation.labels()) + ") ";
    }

    private static String operator(Expr.Binary binary) {
        var text = new StringBuilder(binary.op().text());
        if (binary.returnBool()) {
            text.append(" bool");
        }
        var matching = binary.matching();
        var cardinality = matching.cardinality();
        boolean grouped =
                cardinality == Cardinality.MANY_TO_ONE || cardinality == Cardinality.ONE_TO_MANY;
        if (!matching.labels().isEmpty() || matching.on() || grouped) {
            text.append(matching.on() ? " on (" : " ignoring (");
            text.append(labels(matching.labels())).append(')');
        }
        if (grouped) {
            text.append(
                    cardinality == Cardinality.MANY_TO_ONE ? " group_left (" : " group_right (");
            text.append(labels(matching.include())).append(')');
        }
        boolean same =
                matching.fillLeft().isPresent()
                        && matching.fillRight().isPresent()
                        && matching.fillLeft().get().doubleValue() == matching.fillRight().get();
        if (same) {
            text.append(fill(" fill (", matching.fillLeft().get()));
        } else {
            matching.fillLeft().ifPresent(value -> text.append(fill(" fill_left (", value)));
            matching.fillRight().ifPresent(value -> text.append(fill(" fill_right (", value)));
        }
        return text.toString();
    }

    private static String fill(String name, double value) {
        return name + GoText.shortest(value) + ")";
    }

    // ---- on several lines

    /// Writes at the current place; a level above 0 means that a new line has begun.
    private void layOut(Expr expr, int level) {
        if (!(expr instanceof Expr.Binary binary)) {
            layOutSingle(expr, level);
        } else if (needsSplit(binary)) {
            layOut(binary.left(), level + 1);
            newLine(level);
            out.append(operator(binary)).append('\n');
            layOut(binary.right(), level + 1);
        } else {
            oneLine(binary, level);
        }
    }

    private void layOutSingle(Expr expr, int level) {
        switch (expr) {
            case Expr.Unary unary -> {
                indent(level);
                out.append(unary.negative() ? '-' : '+');
                int start = out.length();
                layOut(unary.expr(), level);
                int end = start;
                while (end < out.length() && out.charAt(end) == ' ') {
                    end++;
                }
                out.delete(start, end);
            }
            case Expr.Subquery subquery -> prettySubquery(subquery, level);
            case Expr.Call call when needsSplit(call) -> prettyCall(call, level);
            case Expr.Aggregation aggregation when needsSplit(aggregation) ->
                    prettyAggregation(aggregation, level);
            case Expr.Parens parens when needsSplit(parens) -> {
                indent(level);
                out.append("(\n");
                layOut(parens.expr(), level + 1);
                newLine(level);
                out.append(')');
            }
            case Expr.NumberLiteral number -> oneLine(number, level);
            case Expr.TextLiteral text -> oneLine(text, level);
            case Expr.Selector selector -> oneLine(selector, level);
            case Expr.Range range -> oneLine(range, level);
            case Expr.Binary binary -> layOut(binary, level);
            case Expr.Call call -> oneLine(call, level);
            case Expr.Aggregation aggregation -> oneLine(aggregation, level);
            case Expr.Parens parens -> oneLine(parens, level);
        }
    }

    private void prettySubquery(Expr.Subquery subquery, int level) {
        if (!needsSplit(subquery)) {
            write(subquery); // not indented: Prometheus does not either
            return;
        }
        layOut(subquery.expr(), level);
        out.append(suffix(subquery));
    }

    private void prettyCall(Expr.Call call, int level) {
        indent(level);
        out.append(call.function().name()).append("(\n");
        for (int i = 0; i < call.arguments().size(); i++) {
            if (i > 0) {
                out.append(",\n");
            }
            layOut(call.arguments().get(i), level + 1);
        }
        newLine(level);
        out.append(')');
    }

    private void prettyAggregation(Expr.Aggregation aggregation, int level) {
        indent(level);
        out.append(head(aggregation)).append("(\n");
        aggregation
                .parameter()
                .ifPresent(parameter -> {
                    layOut(parameter, level + 1);
                    out.append(",\n");
                });
        layOut(aggregation.expr(), level + 1);
        newLine(level);
        out.append(')');
    }

    private void oneLine(Expr expr, int level) {
        indent(level);
        write(expr);
    }

    private void newLine(int level) {
        out.append('\n');
        indent(level);
    }

    private void indent(int level) {
        out.repeat("  ", level);
    }

    private boolean needsSplit(Expr expr) {
        return GoText.utf8Length(print(expr)) > width;
    }
}
