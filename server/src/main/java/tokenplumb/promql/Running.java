package tokenplumb.promql;

import tokenplumb.promql.exec.Account;
import tokenplumb.promql.exec.Evaluation;
import tokenplumb.promql.exec.Question;

import java.time.Instant;
import java.util.Optional;

/// A query on its way: its thread, which may only be interrupted while it is still at it, its turn,
/// its memory and, once it runs, its evaluation. Looked at by any thread; the rest is for its own.
final class Running {
    private final long id;
    private final Question question;
    private final Instant since = Instant.now();
    private final long began = System.nanoTime();
    private final Asker asker;
    private final Turns.Turn turn;
    private final Thread thread = Thread.currentThread();
    private final Account account;
    private volatile Evaluation evaluation; // null until it runs
    private boolean cancelled; // guarded by this
    private boolean ended; // guarded by this

    Running(long id, Question question, Asker asker, Turns.Turn turn, Account account) {
        this.id = id;
        this.question = question;
        this.asker = asker;
        this.turn = turn;
        this.account = account;
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

    long id() {
        return id;
    }

    Question question() {
        return question;
    }

    Turns.Turn turn() {
        return turn;
    }

    Account account() {
        return account;
    }

    double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }

    void evaluates(Evaluation by) {
        evaluation = by;
    }

    Optional<Evaluation> evaluation() {
        return Optional.ofNullable(evaluation);
    }

    ActiveQuery now() {
        var evaluating = evaluation;
        return new ActiveQuery(
                id,
                question.text(),
                since,
                asker,
                evaluating == null ? turn.position() : 0,
                question.start(),
                question.end(),
                question.instant() ? 0 : question.step(),
                evaluating == null ? 0 : evaluating.samples(),
                account.used());
    }
}
