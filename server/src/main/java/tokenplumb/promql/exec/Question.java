package tokenplumb.promql.exec;

import tokenplumb.promql.Expr;
import tokenplumb.promql.Limits;

/// A parsed query and how to answer it. `start` to `end` every `step` milliseconds; an instant
/// query has `instant` set and `start` equal to `end`. `deadline` is in the time of
/// [System#nanoTime].
public record Question(
        String text,
        Expr expr,
        boolean instant,
        long start,
        long end,
        long step,
        long lookback,
        long defaultStep,
        Limits limits,
        long deadline,
        boolean delayedNames) {}
