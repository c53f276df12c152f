package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Regex;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// `label_replace` and `label_join`, which touch labels only.
final class LabelFunctions {
    private final Run run;
    private final Evaluator evaluator;

    LabelFunctions(Run run, Evaluator evaluator) {
        this.run = run;
        this.evaluator = evaluator;
    }

    /// In UTF-8 any text but the empty one and one that is no text.
    static boolean isName(String label) {
        return !label.isEmpty() && label.indexOf('\ufffd') < 0;
    }

    private static String text(Expr.Call call, int argument) {
        return ((Expr.TextLiteral) call.arguments().get(argument)).value();
    }

    void replace(Expr.Call call, Steps steps, Sink sink) {
        var target = text(call, 1);
        var template = text(call, 2);
        var source = text(call, 3);
        var expression = text(call, 4);
        Regex regex;
        try {
            regex = Regex.anchored(expression);
        } catch (IllegalArgumentException malformed) {
            throw Run.mistake("invalid regular expression in label_replace(): " + expression);
        }
        if (!isName(target)) {
            throw Run.mistake("invalid destination label name in label_replace(): " + target);
        }
        relabel(
                call,
                steps,
                sink,
                target,
                labels -> {
                    var value = regex.expand(labels.get(source), template);
                    return value == null
                            ? Optional.empty()
                            : Optional.of(labels.with(target, value));
                });
    }

    void join(Expr.Call call, Steps steps, Sink sink) {
        var target = text(call, 1);
        var separator = text(call, 2);
        var sources = new ArrayList<String>();
        for (int i = 3; i < call.arguments().size(); i++) {
            sources.add(text(call, i));
            if (!isName(sources.getLast())) {
                throw Run.mistake(
                        "invalid source label name in label_join(): " + sources.getLast());
            }
        }
        if (!isName(target)) {
            throw Run.mistake("invalid destination label name in label_join(): " + target);
        }
        relabel(
                call,
                steps,
                sink,
                target,
                labels ->
                        Optional.of(
                                labels.with(
                                        target,
                                        String.join(
                                                separator,
                                                sources.stream().map(labels::get).toList()))));
    }

    /// `change` answers nothing where labels stay as they are.
    private void relabel(
            Expr.Call call,
            Steps steps,
            Sink sink,
            String target,
            Function<Labels, Optional<Labels>> change) {
        var relabelled = new ArrayList<Column>();
        for (var column : evaluator.columns(call.arguments().getFirst(), steps)) {
            var labels = change.apply(column.labels);
            boolean renamed = target.equals(Labels.NAME) && labels.isPresent();
            relabelled.add(
                    new Column(
                            labels.orElse(column.labels),
                            column.values,
                            column.histograms,
                            column.nameless && !renamed));
        }
        List<Column> merged = Merged.of(relabelled, run.budget);
        run.budget.release(relabelled);
        evaluator.give(merged, sink);
    }
}
