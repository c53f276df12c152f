package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Plan;
import tokenplumb.promql.parse.PromqlPrinter;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Where a query's time and memory go, node by node of its expression: always on, so it looks at
/// the clock once for each node and for one column in sixteen, never for a sample. Used by the
/// query's own thread; only what [Counted] sinks take comes from others.
///
/// A node works inside its parent: it pushes columns into what the parent does with them. So its
/// time is that between [#open] and [#close] without the pushing, and the parent's own is its time
/// without its children's.
final class Profile {
    /// A longer text is cut.
    private static final int LONGEST = 300;

    /// What is known of one node.
    static final class Node {
        private long evaluations;
        private long nanos; // without pushing
        private long below; // of that, the children's
        private long selectNanos;
        private long series;
        private long columns;
        private long samples;
        private long bytes;
        private int threads = 1;
        private final Set<String> ways = new LinkedHashSet<>();
    }

    private final Budget budget;
    private final IdentityHashMap<Expr, Node> nodes = new IdentityHashMap<>();
    private Counted current; // null at the top

    Profile(Budget budget) {
        this.budget = budget;
    }

    /// Whether this very node is being evaluated, and none below it.
    boolean isOpen(Expr expr) {
        return current != null && nodes.get(expr) == current.node;
    }

    /// The evaluation of a node begins: its columns must go to the sink this answers, which hands
    /// them on to `sink`; [#close] it.
    Counted open(Expr expr, Sink sink) {
        var node = nodes.get(expr);
        if (node == null) {
            node = new Node();
            nodes.put(expr, node);
        }
        node.evaluations++;
        current = new Counted(node, sink, current);
        current.samplesBefore = budget.seen();
        current.bytesBefore = budget.bytes();
        current.peakBefore = budget.peakAnew();
        current.began = System.nanoTime();
        return current;
    }

    /// What [#open] has answered.
    void close(Counted counted) {
        long nanos = Math.max(0, System.nanoTime() - counted.began - counted.pushing());
        var node = counted.node;
        node.nanos += nanos;
        node.columns += counted.columns;
        node.threads = Math.max(node.threads, counted.forks);
        node.samples += budget.seen() - counted.samplesBefore;
        node.bytes = Math.max(node.bytes, budget.peakBytes() - counted.bytesBefore);
        budget.peakAgain(counted.peakBefore);
        current = counted.outer;
        if (current != null) {
            current.node.below += nanos;
        }
    }

    /// The node that is being evaluated has found its series.
    void selected(long series, long nanos) {
        if (current != null) {
            current.node.series += series;
            current.node.selectNanos += nanos;
        }
    }

    /// The node that is being evaluated is so in a special way.
    void way(String way) {
        if (current != null) {
            current.node.ways.add(way);
        }
    }

    /// As known now; also of a query that has failed.
    Plan plan(Expr expr) {
        return switch (expr) {
            case Expr.Parens parens -> plan(parens.expr());
            case Expr.Unary unary -> plan(unary, "-", List.of(unary.expr()));
            case Expr.Call call -> plan(call, call.function().name(), call.arguments());
            case Expr.Binary binary ->
                    plan(binary, binary.op().text(), List.of(binary.left(), binary.right()));
            case Expr.Aggregation a -> {
                var below = new ArrayList<Expr>();
                a.parameter().ifPresent(below::add);
                below.add(a.expr());
                yield plan(a, a.op().text(), below);
            }
            case Expr.Subquery subquery -> plan(subquery, "subquery", List.of(subquery.expr()));
            case Expr.Selector selector -> plan(selector, "selector", List.of());
            case Expr.Range range -> plan(range, "range selector", List.of());
            case Expr.NumberLiteral number -> plan(number, "number", List.of());
            case Expr.TextLiteral text -> plan(text, "text", List.of());
        };
    }

    private Plan plan(Expr expr, String name, List<Expr> below) {
        var children = new ArrayList<Plan>();
        for (var each : below) {
            if (isWorthShowing(each)) {
                children.add(plan(each));
            }
        }
        var node = nodes.getOrDefault(expr, new Node());
        double total = node.nanos / 1e9;
        double own = Math.max(0, node.nanos - node.below) / 1e9;
        if (expr instanceof Expr.Subquery) { // its work is its function's; below it is one child
            total = children.getFirst().totalSeconds();
            own = 0;
        }
        return new Plan(
                name,
                shown(expr),
                List.copyOf(node.ways),
                node.evaluations,
                node.series,
                node.columns,
                node.samples,
                Math.max(0, node.bytes),
                node.threads,
                node.selectNanos / 1e9,
                own,
                total,
                children);
    }

    /// A range selector is read by the function around it, which tells of it.
    private static boolean isWorthShowing(Expr expr) {
        return switch (expr) {
            case Expr.NumberLiteral number -> false;
            case Expr.TextLiteral text -> false;
            case Expr.Range range -> false;
            default -> true;
        };
    }

    private static String shown(Expr expr) {
        var text = PromqlPrinter.print(expr);
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }

    /// Counts the columns that a node gives and, of one in sixteen, the time the next takes for it.
    static final class Counted implements Sink {
        private static final int ONE_IN = 16;

        private final Node node;
        private final Sink next;
        private final Counted outer; // null at the top
        private long began;
        private long samplesBefore;
        private long bytesBefore;
        private long peakBefore;
        private long columns;
        private long pushNanos;
        private long forkedPushNanos;
        private int forks;

        Counted(Node node, Sink next, Counted outer) {
            this.node = node;
            this.next = next;
            this.outer = outer;
        }

        /// Others push at the same time, so that theirs is the longer the fewer they are.
        private long pushing() {
            return pushNanos + forkedPushNanos / Math.max(1, forks);
        }

        @Override
        public boolean take(
                Labels labels, double[] values, Histogram[] histograms, boolean nameless) {
            if (columns++ % ONE_IN != 0) {
                return next.take(labels, values, histograms, nameless);
            }
            long start = System.nanoTime();
            boolean kept = next.take(labels, values, histograms, nameless);
            pushNanos += (System.nanoTime() - start) * (columns == 1 ? 1 : ONE_IN);
            return kept;
        }

        @Override
        public boolean takesFolded() {
            return next.takesFolded();
        }

        @Override
        public boolean takeFolded(FoldedColumn column) {
            if (columns++ % ONE_IN != 0) {
                return next.takeFolded(column);
            }
            long start = System.nanoTime();
            boolean kept = next.takeFolded(column);
            pushNanos += (System.nanoTime() - start) * (columns == 1 ? 1 : ONE_IN);
            return kept;
        }

        @Override
        public Sink fork() {
            return new Counted(node, next.fork(), outer);
        }

        @Override
        public void join(Sink forked) {
            var that = (Counted) forked;
            columns += that.columns;
            forkedPushNanos += that.pushing();
            forks++;
            long start = System.nanoTime();
            next.join(that.next);
            pushNanos += System.nanoTime() - start;
        }
    }
}
