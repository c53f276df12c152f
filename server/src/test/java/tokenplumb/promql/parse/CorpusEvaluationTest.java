package tokenplumb.promql.parse;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryStorage;
import tokenplumb.promql.Expr;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Every expression of the given dashboards and rules, over series made up to its own selectors,
/// evaluates to a value or to a mistake in the query; never to a bug.
final class CorpusEvaluationTest {
    private static final long START = 1_735_689_600_000L;
    private static final int SAMPLES = 40;
    private static final List<String> LE = List.of("0.1", "0.5", "1.0", "10", "+Inf");

    private final MemoryStorage storage = new MemoryStorage();
    private final Random random = new Random(1);

    @Test
    void everyExpressionEvaluates() throws IOException {
        var expressions = new ArrayList<Expr>();
        var texts = new ArrayList<String>();
        int unparsed = 0;
        for (var text : Corpus.expressions()) {
            try {
                var expr = PromqlParser.parse(text);
                expressions.add(expr);
                texts.add(text);
                make(expr);
            } catch (QueryError noPromql) {
                unparsed++; // label_values(…) and the like
            }
        }
        var promql = new Promql(storage, Promql.Options.defaults());
        var broken = new ArrayList<String>();
        int valued = 0;
        var mistaken = new ArrayList<String>();
        for (int i = 0; i < texts.size(); i++) {
            long end = START + (SAMPLES - 1) * 60_000;
            try {
                var request = Promql.Request.of(texts.get(i));
                promql.instant(request, end);
                if (expressions.get(i).type() != Expr.ValueType.RANGE_VECTOR) {
                    promql.range(request, START + 600_000, end, 120_000);
                }
                valued++;
            } catch (QueryError mistake) {
                mistaken.add(mistake.getMessage() + " in " + texts.get(i));
            } catch (RuntimeException | StackOverflowError bug) {
                broken.add(texts.get(i) + ": " + bug);
            }
        }
        assertThat(broken).as("of %d expressions", texts.size()).isEmpty();
        assertThat(unparsed).isLessThan(100);
        assertThat(valued).isGreaterThan(4000);
        assertThat(mistaken)
                .allMatch(why ->
                        why.contains("many-to-many matching not allowed")
                                || why.contains("multiple matches for labels")
                                || why.contains("same labelset"));
    }

    private void make(Expr expr) {
        switch (expr) {
            case Expr.Selector selector -> make(selector);
            case Expr.Range range -> make(range.selector());
            case Expr.Subquery subquery -> make(subquery.expr());
            case Expr.Call call -> call.arguments().forEach(this::make);
            case Expr.Aggregation a -> {
                make(a.expr());
                a.parameter().ifPresent(this::make);
            }
            case Expr.Binary binary -> {
                make(binary.left());
                make(binary.right());
            }
            case Expr.Unary unary -> make(unary.expr());
            case Expr.Parens parens -> make(parens.expr());
            case Expr.NumberLiteral number -> {}
            case Expr.TextLiteral text -> {}
        }
    }

    /// Two series (of buckets, two histograms) that the selector finds, if it is easily satisfied.
    private void make(Expr.Selector selector) {
        for (var instance : List.of("a:9100", "b:9100")) {
            var labels = Labels.builder().set("instance", instance).set("job", "x");
            for (var matcher : selector.matchers()) {
                value(matcher, labels);
            }
            if (labels.get(Labels.NAME).endsWith("_bucket")) {
                for (var le : LE) {
                    fill(labels.set("le", le).build());
                }
            } else {
                fill(labels.build());
            }
        }
    }

    private static void value(Matcher matcher, Labels.Builder labels) {
        switch (matcher.type()) {
            case EQUAL -> labels.set(matcher.name(), matcher.value());
            case REGEX -> {
                var words = matcher.regex().literals();
                var word = words.isEmpty() ? "x" : words.iterator().next();
                if (!matcher.matches(labels.get(matcher.name()))) {
                    labels.set(matcher.name(), word);
                }
            }
            case NOT_EQUAL, NOT_REGEX -> {
                if (!matcher.matches(labels.get(matcher.name()))) {
                    labels.set(matcher.name(), "other");
                }
            }
        }
    }

    private void fill(Labels labels) {
        double value = random.nextInt(100);
        for (int i = 0; i < SAMPLES; i++) {
            value += random.nextInt(10);
            storage.put(labels, START + i * 60_000L, value);
        }
    }
}
