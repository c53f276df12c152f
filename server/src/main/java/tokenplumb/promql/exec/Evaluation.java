package tokenplumb.promql.exec;

import tokenplumb.promql.Answer;
import tokenplumb.promql.Expr;
import tokenplumb.promql.Expr.ValueType;
import tokenplumb.promql.Plan;
import tokenplumb.promql.Value;
import tokenplumb.promql.func.ExtendedWindow;
import tokenplumb.promql.func.Window;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Querier;
import tokenplumb.storage.SelectHints;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/// Answers one question. The evaluator's top: resolves the expression, evaluates it over all steps,
/// and turns columns into the value that callers know. Used once, by one thread.
public final class Evaluation {
    /// Of a result's series and of its samples, at most: their arrays grow by doubling.
    private static final long RESULT_SERIES = 1_200;

    private static final long RESULT_SAMPLE = 32;

    private final Run run;
    private final Question question;
    private final Account account;
    private final long began = System.nanoTime();
    private Expr resolved;
    private Evaluator evaluator; // null until it begins
    private long resultBytes;

    /// `spareCores` has a permit for every core that a query may use beside its own thread's;
    /// `account` is where its memory comes from.
    public Evaluation(Question question, Querier querier, Semaphore spareCores, Account account) {
        this.question = question;
        this.resolved = question.expr();
        this.account = account;
        this.run = new Run(question, querier, spareCores, account);
    }

    /// Samples read so far; from any thread.
    public long samples() {
        return run.budget.seen();
    }

    /// How it was evaluated, so far; from the thread that evaluates.
    public Plan plan() {
        return run.profile.plan(resolved);
    }

    /// What it has cost, so far; from the thread that evaluates.
    public Answer.Stats stats(double parseSeconds) {
        double selecting = evaluator == null ? 0 : evaluator.source().selectSeconds();
        return new Answer.Stats(
                parseSeconds,
                selecting,
                (System.nanoTime() - began) / 1e9 - selecting,
                run.budget.seen(),
                run.budget.peak(),
                run.budget.peakBytes(),
                0);
    }

    /// Throws [tokenplumb.promql.QueryError].
    public Answer answer(double parseSeconds) {
        var expr = new Resolve(question).resolve(question.expr());
        resolved = expr;
        evaluator = new Evaluator(run, expr);
        var value = question.instant() ? instant(expr) : range(expr);
        run.check();
        account.keep(resultBytes);
        return new Answer(
                value,
                both(run.annotations.warnings(), run.querier.warnings()),
                both(run.annotations.infos(), run.querier.infos()),
                stats(parseSeconds));
    }

    /// Memory that the answer's value will take.
    private void holdResult(int samples) {
        long bytes = RESULT_SERIES + RESULT_SAMPLE * samples;
        run.budget.holdBytes(bytes);
        resultBytes += bytes;
    }

    private static List<String> both(List<String> ours, List<String> storages) {
        var all = new ArrayList<>(ours);
        all.addAll(storages);
        return all;
    }

    private Value instant(Expr expr) {
        long time = question.start();
        var steps = Steps.at(time);
        return switch (expr.type()) {
            case SCALAR -> new Value.Scalar(time, evaluator.scalar(expr, steps)[0]);
            case STRING -> new Value.Text(time, text(expr));
            case RANGE_VECTOR -> new Value.Matrix(sorted(rangeColumns(bare(expr), steps)));
            case INSTANT_VECTOR -> {
                var samples = new ArrayList<Value.Sample>();
                for (var column : unnamed(evaluator.columns(expr, steps))) {
                    samples.add(shown(column, time));
                }
                yield new Value.Vector(samples);
            }
        };
    }

    private static Value.Sample shown(Column column, long time) {
        return column.hasHistogram(0)
                ? new Value.Sample(column.labels, time, 0, Optional.of(column.histograms[0]))
                : new Value.Sample(column.labels, time, column.values[0]);
    }

    private static Expr bare(Expr expr) {
        return expr instanceof Expr.Parens parens ? bare(parens.expr()) : expr;
    }

    private static String text(Expr expr) {
        return ((Expr.TextLiteral) bare(expr)).value();
    }

    private Value range(Expr expr) {
        var steps = run.steps(question.start(), question.end(), question.step());
        if (expr.type() == ValueType.SCALAR) {
            var values = evaluator.scalar(expr, steps);
            return new Value.Matrix(List.of(shown(new Column(Labels.EMPTY, values, false), steps)));
        }
        var result = new ArrayList<Value.Column>();
        for (var column : unnamed(evaluator.columns(expr, steps))) {
            result.add(shown(column, steps));
        }
        return new Value.Matrix(sorted(result));
    }

    /// Under delayed name removal, now is the time to remove.
    private List<Column> unnamed(List<Column> columns) {
        if (!question.delayedNames()) {
            return columns;
        }
        var unnamed = new ArrayList<Column>();
        for (var column : columns) {
            unnamed.add(column.nameless ? column.with(Names.drop(column.labels)) : column);
        }
        return Merged.of(unnamed, run.budget);
    }

    private Value.Column shown(Column column, Steps steps) {
        holdResult(steps.count());
        var samples = new Samples();
        for (int i = 0; i < steps.count(); i++) {
            column.addTo(samples, i, steps.time(i));
        }
        return new Value.Column(column.labels, samples);
    }

    private static List<Value.Column> sorted(List<Value.Column> columns) {
        columns.sort(Comparator.comparing(Value.Column::labels));
        return columns;
    }

    private List<Value.Column> rangeColumns(Expr expr, Steps steps) {
        return switch (expr) {
            case Expr.Range range -> rawColumns(range, steps);
            case Expr.Subquery subquery -> {
                var inner = evaluator.inner(subquery, steps);
                var result = new ArrayList<Value.Column>();
                for (var column : unnamed(evaluator.innerColumns(subquery, inner))) {
                    result.add(shown(column, inner));
                }
                yield result;
            }
            default -> throw new IllegalStateException("bug: no range vector: " + expr);
        };
    }

    /// The samples of a range selector as they are stored.
    private List<Value.Column> rawColumns(Expr.Range range, Steps steps) {
        var selector = range.selector();
        long end = SeriesSource.shifted(steps, selector.shift()).start();
        long start = end - range.range().millis();
        long before = selector.smoothing() == Expr.Smoothing.NONE ? 0 : question.lookback();
        long after = selector.smoothing() == Expr.Smoothing.SMOOTHED ? question.lookback() : 0;
        var result = new ArrayList<Value.Column>();
        for (var series :
                evaluator
                        .source()
                        .select(
                                selector.matchers(),
                                start - before + 1,
                                end + after,
                                SelectHints.NONE)) {
            run.check();
            var raw = new Samples();
            series.read(start - before + 1, end + after, raw);
            var samples = new Samples();
            SeriesSource.dropStale(raw, samples);
            long weight = Column.weight(samples);
            run.budget.hold(weight);
            holdResult(samples.size());
            run.budget.see(weight);
            if (samples.size() > 0 && selector.smoothing() != Expr.Smoothing.NONE) {
                refuseHistograms(samples, selector.smoothing());
                samples = bounded(samples, start, end, selector.smoothing());
            }
            if (samples.size() > 0) {
                result.add(new Value.Column(series.labels(), samples));
            }
        }
        return result;
    }

    private static void refuseHistograms(Samples samples, Expr.Smoothing smoothing) {
        for (int i = 0; i < samples.size(); i++) {
            if (samples.isHistogram(i)) {
                throw Run.mistake(
                        (smoothing == Expr.Smoothing.SMOOTHED ? "smoothed" : "anchored")
                                + " modifier is not supported with histograms");
            }
        }
    }

    private static Samples bounded(
            Samples samples, long start, long end, Expr.Smoothing smoothing) {
        var window = new Window();
        window.times = samples.times();
        window.values = samples.values();
        window.to = samples.size();
        window.start = start;
        window.end = end;
        var shown = new Samples();
        ExtendedWindow.show(window, smoothing == Expr.Smoothing.SMOOTHED, shown);
        return shown;
    }
}
