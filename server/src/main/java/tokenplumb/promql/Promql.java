package tokenplumb.promql;

import tokenplumb.signal.Matcher;
import tokenplumb.storage.Storage;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Asks a [Storage] in PromQL. A query is parsed whole and evaluated column by column: each node
/// once, over all steps of the range. Thread-safe; at most [Options#maxConcurrent] queries run at a
/// time, the others wait for a place as long as their timeout lets them.
///
/// Interrupting the calling thread cancels its query.
@SuppressWarnings("DoNotCallSuggester") // until the evaluator is behind it, within the hour
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

    private final Storage storage;
    private final Options options;

    public Promql(Storage storage, Options options) {
        this.storage = storage;
        this.options = options;
    }

    public Options options() {
        return options;
    }

    /// The value at one moment: a scalar, a text, a vector, or a matrix of raw samples where the
    /// query is a range selector. Throws [QueryError].
    public Answer instant(Request request, long timeMillis) {
        throw new UnsupportedOperationException(request.query() + storage);
    }

    /// The values from `startMillis` to `endMillis`, both included, every `stepMillis`: always a
    /// matrix. Throws [QueryError].
    public Answer range(Request request, long startMillis, long endMillis, long stepMillis) {
        throw new UnsupportedOperationException(request.query());
    }

    /// The queries that run or wait now, oldest first.
    public List<ActiveQuery> active() {
        return List.of();
    }

    /// Stops a query; says whether there was one.
    public boolean cancel(long id) {
        throw new UnsupportedOperationException("cancel " + id);
    }

    /// Throws [QueryError] of kind bad_data, with the position, when the text is no PromQL.
    public static Expr parse(String query) {
        throw new UnsupportedOperationException(query);
    }

    /// One line, as Prometheus prints a parsed expression.
    public static String print(Expr expr) {
        throw new UnsupportedOperationException(expr.toString());
    }

    /// Broken into lines, as `/api/v1/format_query` answers.
    public static String pretty(Expr expr) {
        throw new UnsupportedOperationException(expr.toString());
    }

    /// The syntax tree of `/api/v1/parse_query` as maps, lists, strings, numbers and booleans.
    public static Object tree(Expr expr) {
        throw new UnsupportedOperationException(expr.toString());
    }

    /// The matchers of a series selector such as `up{job="node"}`.
    public static List<Matcher> selector(String text) {
        throw new UnsupportedOperationException(text);
    }

    /// Milliseconds of a Prometheus duration such as `1h30m`.
    public static long duration(String text) {
        throw new UnsupportedOperationException(text);
    }
}
