/// PromQL: parsed whole, evaluated column by column over whole ranges. Start at [Promql]. Closets:
/// `parse` (text to [Expr] and back), `exec` (evaluation), `func` (functions).
@Room(
        uses = {"signal", "storage", "tasks"},
        hot = true)
package tokenplumb.promql;

import tokenplumb.Room;
