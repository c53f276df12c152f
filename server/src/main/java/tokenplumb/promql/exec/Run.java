package tokenplumb.promql.exec;

import tokenplumb.promql.QueryError;
import tokenplumb.storage.Querier;

import java.util.concurrent.Semaphore;

/// One question being answered: what all nodes share. Thread-safe.
final class Run {
    final Question question;
    final Querier querier;
    final Budget budget;
    final Annotations annotations;
    final Profile profile;
    final Semaphore spareCores;
    private volatile boolean stopped;

    Run(Question question, Querier querier, Semaphore spareCores, Account account) {
        this.question = question;
        this.querier = querier;
        this.budget = new Budget(question.limits(), account);
        this.profile = new Profile(budget);
        this.annotations = new Annotations(question.text());
        this.spareCores = spareCores;
    }

    /// Throws when the query has been cancelled or its time is up. Called for every series and
    /// node.
    void check() {
        if (stopped || Thread.currentThread().isInterrupted()) {
            stopped = true;
            throw new QueryError(
                    QueryError.Kind.CANCELED, "query was canceled in expression evaluation");
        }
        budget.check();
        if (System.nanoTime() - question.deadline() > 0) {
            throw new QueryError(
                    QueryError.Kind.TIMEOUT,
                    "query timed out in expression evaluation: ask for a shorter range or a longer"
                            + " step, or raise --query.timeout (and the request's timeout)");
        }
    }

    /// The steps of a range, unless they alone are more than may be held in memory.
    Steps steps(long start, long end, long step) {
        budget.hold(Math.max(0, (end - start) / step));
        budget.release(Math.max(0, (end - start) / step));
        return Steps.between(start, end, step);
    }

    void stop() {
        stopped = true;
    }

    static QueryError mistake(String message) {
        return new QueryError(QueryError.Kind.EXECUTION, message);
    }

    static QueryError duplicate() {
        return mistake("vector cannot contain metrics with the same labelset");
    }
}
