package tokenplumb.promql;

import tokenplumb.promql.exec.Account;
import tokenplumb.promql.exec.Evaluation;
import tokenplumb.promql.exec.Pool;
import tokenplumb.promql.exec.Question;
import tokenplumb.promql.parse.PromqlParser;
import tokenplumb.promql.parse.PromqlPrinter;
import tokenplumb.promql.parse.PromqlTree;
import tokenplumb.signal.Matcher;
import tokenplumb.storage.Storage;

import java.lang.ref.Cleaner;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/// Asks a [Storage] in PromQL. A query is parsed whole and evaluated column by column: each node
/// once, over all steps of the range. Thread-safe; at most [Options#maxConcurrent] queries run at a
/// time, the others wait in a fair line for a place as long as their timeout lets them.
///
/// A query is cancelled by [#cancel] or by interrupting the thread that called.
public final class Promql {
    /// The limits and habits of an evaluator. `lookback` is how old a sample may be to still count;
    /// `defaultStep` is the step of subqueries that name none. `experimental` lets the parser
    /// accept what Prometheus keeps behind `promql-experimental-functions` and its like;
    /// `delayedNameRemoval` is Prometheus' feature flag `promql-delayed-name-removal`. Of
    /// `maxConcurrent` queries that run at once, rules have as many beside. `sharing` is what all
    /// queries have in common.
    public record Options(
            Duration lookback,
            Duration timeout,
            int maxConcurrent,
            Limits limits,
            Duration defaultStep,
            boolean experimental,
            boolean delayedNameRemoval,
            Sharing sharing) {
        public Options(
                Duration lookback,
                Duration timeout,
                int maxConcurrent,
                long maxSamples,
                Duration defaultStep,
                boolean experimental) {
            this(lookback, timeout, maxConcurrent, maxSamples, defaultStep, experimental, false);
        }

        public Options(
                Duration lookback,
                Duration timeout,
                int maxConcurrent,
                long maxSamples,
                Duration defaultStep,
                boolean experimental,
                boolean delayedNameRemoval) {
            this(
                    lookback,
                    timeout,
                    maxConcurrent,
                    Limits.defaults().withSamples(maxSamples),
                    defaultStep,
                    experimental,
                    delayedNameRemoval,
                    Sharing.defaults());
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

        public Options with(Limits other) {
            return new Options(
                    lookback,
                    timeout,
                    maxConcurrent,
                    other,
                    defaultStep,
                    experimental,
                    delayedNameRemoval,
                    sharing);
        }

        public Options with(Sharing other) {
            return new Options(
                    lookback,
                    timeout,
                    maxConcurrent,
                    limits,
                    defaultStep,
                    experimental,
                    delayedNameRemoval,
                    other);
        }
    }

    /// What all queries have in common.
    ///
    /// @param bytes that all queries together may hold, so that they cannot take the heap
    /// @param maxQueued how many wait for a place in one lane at most
    /// @param slow queries that take longer are remembered with their plan
    public record Sharing(long bytes, int maxQueued, Duration slow) {
        public static Sharing defaults() {
            return new Sharing(
                    Limits.bytesOf(Runtime.getRuntime().maxMemory(), 5) * 2,
                    1_000,
                    Duration.ofSeconds(1));
        }
    }

    /// A query as a caller asks it; what is empty is taken from the options. A timeout and limits
    /// can only be tighter than those of the options.
    public record Request(
            String query,
            Optional<Duration> lookback,
            Optional<Duration> timeout,
            Optional<Limits> limits,
            Asker asker) {
        public Request(String query, Optional<Duration> lookback, Optional<Duration> timeout) {
            this(query, lookback, timeout, Optional.empty(), Asker.INTERNAL);
        }

        public static Request of(String query) {
            return new Request(query, Optional.empty(), Optional.empty());
        }

        public Request by(Asker other) {
            return new Request(query, lookback, timeout, limits, other);
        }

        public Request within(Limits tighter) {
            return new Request(query, lookback, timeout, Optional.of(tighter), asker);
        }
    }

    /// An answer and how it was come by.
    public record Explained(Answer answer, Plan plan) {}

    private static final System.Logger LOG = System.getLogger("tokenplumb.promql");
    private static final Cleaner CLEANER = Cleaner.create();

    /// Smaller answers are not counted once they are there.
    private static final long SMALL = 1 << 20;

    private final Storage storage;
    private final Options options;
    private final Turns turns;
    private final Pool pool;
    private final SlowQueries slow;
    private final Semaphore spareCores;
    private final Map<Long, Running> active = new ConcurrentHashMap<>();
    private final AtomicLong lastId = new AtomicLong();
    private final List<QueryWatcher> watchers = new CopyOnWriteArrayList<>();

    public Promql(Storage storage, Options options) {
        this.storage = storage;
        this.options = options;
        this.turns = new Turns(options.maxConcurrent, options.sharing.maxQueued);
        this.pool = new Pool(options.sharing.bytes);
        this.slow = new SlowQueries(options.sharing.slow);
        this.spareCores = new Semaphore(Runtime.getRuntime().availableProcessors() - 1);
    }

    public Options options() {
        return options;
    }

    /// `watcher` hears of every query from now on.
    public void watch(QueryWatcher watcher) {
        watchers.add(watcher);
    }

    /// The value at one moment: a scalar, a text, a vector, or a matrix of raw samples where the
    /// query is a range selector. Throws [QueryError].
    public Answer instant(Request request, long timeMillis) {
        return answer(request, true, timeMillis, timeMillis, 0, false).answer;
    }

    /// The values from `startMillis` to `endMillis`, both included, every `stepMillis`: always a
    /// matrix. Throws [QueryError].
    public Answer range(Request request, long startMillis, long endMillis, long stepMillis) {
        return answer(request, false, startMillis, endMillis, positive(stepMillis), false).answer;
    }

    /// As [#instant], and how it was come by.
    public Explained explain(Request request, long timeMillis) {
        var answered = answer(request, true, timeMillis, timeMillis, 0, true);
        return new Explained(answered.answer, answered.plan.orElseThrow());
    }

    /// As [#range], and how it was come by.
    public Explained explain(Request request, long startMillis, long endMillis, long stepMillis) {
        var answered = answer(request, false, startMillis, endMillis, positive(stepMillis), true);
        return new Explained(answered.answer, answered.plan.orElseThrow());
    }

    private static long positive(long stepMillis) {
        if (stepMillis <= 0) {
            throw new QueryError(
                    QueryError.Kind.BAD_DATA,
                    "zero or negative query resolution step widths are not accepted. Try a positive"
                            + " integer");
        }
        return stepMillis;
    }

    private record Answered(Answer answer, Optional<Plan> plan) {}

    private Answered answer(
            Request request, boolean instant, long start, long end, long step, boolean planned) {
        long began = System.nanoTime();
        var limits = request.limits.map(options.limits::tightenedBy).orElse(options.limits);
        Checks.text(request.query, limits);
        var expr = parse(request.query, options.experimental);
        if (!instant) {
            refuseInRange(expr);
            Checks.steps(start, end, step, limits);
        }
        Checks.expression(expr, limits);
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
                        limits,
                        began + timeout.toNanos(),
                        options.delayedNameRemoval);
        return answer(question, request.asker, parsing, planned);
    }

    /// Its memory lives on with its answer.
    @SuppressWarnings("resource")
    private Answered answer(Question question, Asker asker, double parsing, boolean planned) {
        var turn = turns.take(asker);
        var account = pool.open(asker.lane() == Asker.Lane.RULES);
        var running = new Running(lastId.incrementAndGet(), question, asker, turn, account);
        active.put(running.id(), running);
        Answer answer = null;
        QueryError error = null;
        double queued = 0;
        try {
            queued = waitForTurn(running);
            answer = evaluate(running, parsing);
        } catch (QueryError failed) {
            error = failed;
        } finally {
            turn.close();
            active.remove(running.id());
            running.end();
            if (answer == null) {
                account.close();
            }
        }
        var ended = ended(running, parsing, queued, Optional.ofNullable(error), planned);
        if (error != null) {
            throw error;
        }
        return new Answered(
                answer.with(ended.stats(), kept(account, answer.value())), ended.plan());
    }

    /// What the answer holds is given back when somebody says that it has been sent or, at the
    /// latest, when it is garbage.
    private static Answer.Kept kept(Account account, Value value) {
        if (account.used() < SMALL) {
            account.close();
            return Answer.Kept.NOTHING;
        }
        return CLEANER.register(value, account::close)::clean;
    }

    private EndedQuery ended(
            Running running,
            double parsing,
            double queued,
            Optional<QueryError> error,
            boolean planned) {
        double seconds = running.seconds();
        var evaluation = running.evaluation();
        boolean wantsPlan =
                planned
                        || slow.isSlow(seconds)
                        || error.map(QueryError::kind).filter(Promql::isCutShort).isPresent();
        var ended =
                new EndedQuery(
                        running.now(),
                        Duration.ofNanos((long) (seconds * 1e9)),
                        error,
                        evaluation
                                .map(e -> e.stats(parsing).afterQueue(queued))
                                .orElse(new Answer.Stats(parsing, 0, 0, 0, 0, 0, queued)),
                        wantsPlan ? evaluation.map(Evaluation::plan) : Optional.empty());
        slow.ended(ended);
        for (var watcher : watchers) {
            watcher.ended(ended);
        }
        return ended;
    }

    private static boolean isCutShort(QueryError.Kind kind) {
        return kind != QueryError.Kind.BAD_DATA;
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

    private double waitForTurn(Running running) {
        long began = System.nanoTime();
        try {
            if (!running.turn().await(running.question().deadline() - began)) {
                throw new QueryError(
                        QueryError.Kind.TIMEOUT,
                        "query timed out in query queue: %d queries were running, as many as --query.max-concurrency allows; ask again, or raise it"
                                .formatted(options.maxConcurrent));
            }
        } catch (InterruptedException cancelled) {
            Thread.currentThread().interrupt();
            throw new QueryError(QueryError.Kind.CANCELED, "query was canceled in query queue");
        }
        return (System.nanoTime() - began) / 1e9;
    }

    private Answer evaluate(Running running, double parsing) {
        for (var watcher : watchers) {
            watcher.begins(running.now());
        }
        try (var querier = storage.querier()) {
            var evaluation =
                    new Evaluation(running.question(), querier, spareCores, running.account());
            running.evaluates(evaluation);
            return evaluation.answer(parsing);
        } catch (StackOverflowError tooDeep) {
            throw new QueryError(
                    QueryError.Kind.EXECUTION,
                    "the query is nested too deeply to be evaluated; take it apart with recording"
                            + " rules");
        } catch (OutOfMemoryError unaccounted) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "a query met the end of the heap before its limit: {0}",
                    running.question().text());
            throw new QueryError(
                    QueryError.Kind.EXECUTION,
                    "query processing took all memory the server has; ask for a shorter range, a"
                            + " longer step or fewer series, lower --query.max-bytes, or give the"
                            + " server a larger heap (-Xmx)");
        }
    }

    /// The queries that run or wait now, oldest first.
    public List<ActiveQuery> active() {
        return active.values().stream()
                .map(Running::now)
                .sorted(Comparator.comparingLong(ActiveQuery::id))
                .toList();
    }

    /// The last slow queries, newest first.
    public List<EndedQuery> slow() {
        return slow.last();
    }

    /// Bytes that queries and answers hold now.
    public long heldBytes() {
        return pool.held();
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
