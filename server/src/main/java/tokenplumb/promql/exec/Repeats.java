package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.parse.PromqlPrinter;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// Keeps the columns of selectors, and of range functions over selectors, that occur more than once
/// in a query, so that they are read only the first time. What would take too much memory, or has
/// something to say about its own place in the query, is evaluated again instead.
final class Repeats {
    /// More samples than this are read again rather than kept.
    private static final long WORTH_KEEPING = 2_000_000;

    private record Key(String text, Steps steps) {}

    private record Kept(List<Column> columns, List<FoldedColumn> folded) {}

    private final Run run;
    private final Set<String> repeated = new HashSet<>();
    private final Map<Key, Kept> kept = new HashMap<>();

    Repeats(Run run, Expr expr) {
        this.run = run;
        var once = new HashSet<String>();
        visit(expr, once);
    }

    private void visit(Expr expr, Set<String> once) {
        if (isCandidate(expr)) {
            var text = PromqlPrinter.print(expr);
            if (!once.add(text)) {
                repeated.add(text);
            }
            return;
        }
        switch (expr) {
            case Expr.Call call -> call.arguments().forEach(a -> visit(a, once));
            case Expr.Aggregation a -> {
                visit(a.expr(), once);
                a.parameter().ifPresent(p -> visit(p, once));
            }
            case Expr.Binary b -> {
                visit(b.left(), once);
                visit(b.right(), once);
            }
            case Expr.Unary unary -> visit(unary.expr(), once);
            case Expr.Parens parens -> visit(parens.expr(), once);
            case Expr.Subquery subquery -> visit(subquery.expr(), once);
            case Expr.Selector selector -> {}
            case Expr.Range range -> {}
            case Expr.NumberLiteral number -> {}
            case Expr.TextLiteral text -> {}
        }
    }

    private static boolean isCandidate(Expr expr) {
        return switch (expr) {
            case Expr.Selector selector -> true;
            case Expr.Call call ->
                    call.arguments().size() == 1
                            && call.arguments().getFirst() instanceof Expr.Range;
            default -> false;
        };
    }

    /// Evaluates the expression into the sink, by `evaluation` or from what has been kept of an
    /// equal one.
    void stream(Expr expr, Steps steps, Sink sink, Consumer<Sink> evaluation) {
        if (repeated.isEmpty() || !isCandidate(expr)) {
            evaluation.accept(sink);
            return;
        }
        var key = new Key(PromqlPrinter.print(expr), steps);
        if (!repeated.contains(key.text)) {
            evaluation.accept(sink);
            return;
        }
        var before = kept.get(key);
        if (before != null) {
            run.profile.way("taken from an equal part of the query");
            before.columns.forEach(sink::take);
            before.folded.forEach(sink::takeFolded);
            return;
        }
        int said = run.annotations.said();
        var keeping = new Keeping(sink, WORTH_KEEPING / steps.count());
        evaluation.accept(keeping);
        if (keeping.isComplete() && run.annotations.said() == said) {
            keeping.columns.forEach(run.budget::hold);
            keeping.folded.forEach(run.budget::hold);
            kept.put(key, new Kept(keeping.columns, keeping.folded));
        }
    }

    /// Hands columns on and keeps them, too, unless they become too many.
    private static final class Keeping implements Sink {
        private final Sink next;
        private final long most;
        private final List<Column> columns = new ArrayList<>();
        private final List<FoldedColumn> folded = new ArrayList<>();
        private long size; // of all of them, a folded one counted bucket by bucket
        private boolean tooMany;

        Keeping(Sink next, long most) {
            this.next = next;
            this.most = most;
        }

        boolean isComplete() {
            return !tooMany;
        }

        @Override
        public boolean take(
                Labels labels, double[] values, Histogram[] histograms, boolean nameless) {
            boolean keptByNext = next.take(labels, values, histograms, nameless);
            if (!hasRoom(1)) {
                return keptByNext;
            }
            columns.add(new Column(labels, values, histograms, nameless));
            return true;
        }

        @Override
        public boolean takesFolded() {
            return next.takesFolded();
        }

        @Override
        public boolean takeFolded(FoldedColumn column) {
            boolean keptByNext = next.takeFolded(column);
            if (!hasRoom(column.buckets())) {
                return keptByNext;
            }
            folded.add(column);
            return true;
        }

        private boolean hasRoom(int more) {
            size += more;
            if (tooMany || size > most) {
                tooMany = true;
                columns.clear();
                folded.clear();
            }
            return !tooMany;
        }

        @Override
        public Sink fork() {
            return new Keeping(next.fork(), most);
        }

        @Override
        public void join(Sink forked) {
            var that = (Keeping) forked;
            next.join(that.next);
            size += that.size;
            tooMany |= that.tooMany || size > most;
            if (tooMany) {
                columns.clear();
                folded.clear();
            } else {
                columns.addAll(that.columns);
                folded.addAll(that.folded);
            }
        }
    }
}
