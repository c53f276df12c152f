package tokenplumb.promql;

import tokenplumb.promql.exec.Evaluation;
import tokenplumb.promql.exec.Question;
import tokenplumb.promql.parse.PromqlParser;
import tokenplumb.promql.parse.PromqlPrinter;
import tokenplumb.promql.parse.PromqlTree;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Storage;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Asks a [Storage] in PromQL. A query is parsed whole and evaluated column by column: each node
/// once, over all steps of the range. Thread-safe; at most [Options#maxConcurrent] queries run at a
/// time, the others wait in line for a place as long as their timeout lets them.
///
/// A query is cancelled by [#cancel] or by interrupting the thread that called.
public final class Promql {
    /// The limits and habits of an evaluator. `lookback` is how old a sample may be to still count;
    /// `defaultStep` is the step of subqueries that name none. `experimental` lets the parser
    /// accept what Prometheus keeps behind `promql-experimental-functions` and its like;
    /// `delayedNameRemoval` is Prometheus' feature flag `promql-delayed-name-removal`.
    public record Options(
            Duration lookback,
            Duration timeout,
            int maxConcurrent,
            long maxSamples,
            Duration defaultStep,
            boolean experimental,
            boolean delayedNameRemoval) {
        public Options(
                Duration lookback,
                Duration timeout,
                int maxConcurrent,
                long maxSamples,
                Duration defaultStep,
                boolean experimental) {
            this(lookback, timeout, maxConcurrent, maxSamples, defaultStep, experimental, false);
        }

        /// As Prometheus: 5 minutes of lookback, 2 minutes of time, 20 queries at once, 50 million
        /// samples in memory.
        public static Options defaults() {
            return new Options(
                    Duration.ofMinutes(5),
                    Duration.ofMinutes(2),
                    20,
                    50_000_000,
                    Duration.ofMinutes(1),
                    true);
        }
    }

    /// A query as a caller asks it; what is empty is taken from the options. A timeout can only
    /// shorten that of the options.
    public record Request(String query, Optional<Duration> lookback, Optional<Duration> timeout) {
        public static Request of(String query) {
            return new Request(query, Optional.empty(), Optional.empty());
        }
    }

    /// A query that runs or waits for its turn.
    public record ActiveQuery(long id, String query, Instant since) {}

    /// A query and its thread, which may only be interrupted while it is still at it.
    private static final class Running {
        private final ActiveQuery query;
        private final Thread thread = Thread.currentThread();
        private boolean cancelled; // guarded by this
        private boolean ended; // guarded by this

        Running(ActiveQuery query) {
            this.query = query;
        }

        synchronized boolean cancel() {
            if (!ended) {
                cancelled = true;
                thread.interrupt();
            }
            return !ended;
        }

        /// Takes back an interrupt that was meant for the query and not for its thread.
        synchronized void end() {
            ended = true;
            if (cancelled) {
                boolean _ = Thread.interrupted();
            }
        }
    }

    private final Storage storage;
    private final Options options;
    private final Semaphore places;
    private final Semaphore spareCores;
    private final Map<Long, Running> active = new ConcurrentHashMap<>();
    private final AtomicLong lastId = new AtomicLong();

    public Promql(Storage storage, Options options) {
        this.storage = storage;
        this.options = options;
        this.places = new Semaphore(options.maxConcurrent, true);
        this.spareCores = new Semaphore(Runtime.getRuntime().availableProcessors() - 1);
    }

    public Options options() {
        return options;
    }

    /// The value at one moment: a scalar, a text, a vector, or a matrix of raw samples where the
    /// query is a range selector. Throws [QueryError].
    public Answer instant(Request request, long timeMillis) {
        return answer(request, true, timeMillis, timeMillis, 0);
    }

    /// The values from `startMillis` to `endMillis`, both included, every `stepMillis`: always a
    /// matrix. Throws [QueryError].
    public Answer range(Request request, long startMillis, long endMillis, long stepMillis) {
        if (stepMillis <= 0) {
            throw new QueryError(
                    QueryError.Kind.BAD_DATA,
                    "zero or negative query resolution step widths are not accepted. Try a positive"
                            + " integer");
        }
        return answer(request, false, startMillis, endMillis, stepMillis);
    }

    private Answer answer(Request request, boolean instant, long start, long end, long step) {
        long began = System.nanoTime();
        var expr = parse(request.query, options.experimental);
        if (!instant) {
            refuseInRange(expr);
        }
        double parsing = (System.nanoTime() - began) / 1e9;
        var timeout = request.timeout.orElse(options.timeout);
        if (timeout.compareTo(options.timeout) > 0) {
            timeout = options.timeout;
        }
        var question =
                new Question(
                        request.query,
                        expr,
                        instant,
                        start,
                        end,
                        step,
                        request.lookback.orElse(options.lookback).toMillis(),
                        options.defaultStep.toMillis(),
                        options.maxSamples,
                        began + timeout.toNanos(),
                        options.delayedNameRemoval);
        long id = lastId.incrementAndGet();
        var running = new Running(new ActiveQuery(id, request.query, Instant.now()));
        active.put(id, running);
        try {
            return inTurn(question, parsing);
        } finally {
            active.remove(id);
            running.end();
        }
    }

    private static void refuseInRange(Expr expr) {
        switch (expr.type()) {
            case SCALAR, INSTANT_VECTOR -> {}
            case RANGE_VECTOR, STRING ->
                    throw new QueryError(
                            QueryError.Kind.BAD_DATA,
                            "invalid expression type \"%s\" for range query, must be Scalar or instant Vector"
                                    .formatted(expr.type().text()));
        }
    }

    private Answer inTurn(Question question, double parsing) {
        try {
            long patience = question.deadline() - System.nanoTime();
            if (!places.tryAcquire(patience, TimeUnit.NANOSECONDS)) {
                throw new QueryError(
                        QueryError.Kind.TIMEOUT,
                        "query timed out in query queue: %d queries were running, as many as --query.max-concurrency allows; ask again, or raise it"
                                .formatted(options.maxConcurrent));
            }
        } catch (InterruptedException cancelled) {
            Thread.currentThread().interrupt();
            throw new QueryError(QueryError.Kind.CANCELED, "query was canceled in query queue");
        }
        try (var querier = storage.querier()) {
            return new Evaluation(question, querier, spareCores).answer(parsing);
        } catch (StackOverflowError tooDeep) {
            throw new QueryError(
                    QueryError.Kind.EXECUTION,
                    "the query is nested too deeply to be evaluated; take it apart with recording"
                            + " rules");
        } finally {
            places.release();
        }
    }

    /// The queries that run or wait now, oldest first.
    public List<ActiveQuery> active() {
        var queries = new ArrayList<ActiveQuery>();
        active.values().forEach(running -> queries.add(running.query));
        queries.sort(Comparator.comparingLong(ActiveQuery::id));
        return queries;
    }

    /// Stops a query; says whether there was one. Its caller gets a [QueryError] of kind canceled.
    public boolean cancel(long id) {
        var running = active.get(id);
        return running != null && running.cancel();
    }

    /// Throws [QueryError] of kind bad_data, with the position, when the text is no PromQL.
    public static Expr parse(String query) {
        return PromqlParser.parse(query);
    }

    private static Expr parse(String query, boolean experimental) {
        return PromqlParser.parse(
                query, experimental ? PromqlParser.Options.ALL : PromqlParser.Options.STABLE);
    }

    /// One line, as Prometheus prints a parsed expression.
    public static String print(Expr expr) {
        return PromqlPrinter.print(expr);
    }

    /// Broken into lines, as `/api/v1/format_query` answers.
    public static String pretty(Expr expr) {
        return PromqlPrinter.pretty(expr);
    }

    /// The syntax tree of `/api/v1/parse_query` as maps, lists, strings, numbers and booleans.
    public static Object tree(Expr expr) {
        return PromqlTree.of(expr);
    }

    /// The matchers of a series selector such as `up{job="node"}`.
    public static List<Matcher> selector(String text) {
        return PromqlParser.parseSelector(text);
    }

    /// Milliseconds of a Prometheus duration such as `1h30m`.
    public static long duration(String text) {
        return PromqlParser.parseDuration(text);
    }
}
