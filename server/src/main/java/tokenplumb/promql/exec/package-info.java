/// Evaluates a parsed query column by column: every node once over all steps of the range. Start at
/// [Evaluation].
///
/// A node hands its columns one after the other to a [Sink]; what an aggregation has taken in is
/// overwritten by the next series, so `sum by (le) (rate(x_bucket[5m]))` holds one column per group
/// and not one per series. Absence at a step is a bit pattern in the column itself
/// ([tokenplumb.promql.func.RangeFunction#ABSENT]).
///
/// The seam for native histograms: a [Column] gets a second, usually missing array of histograms
/// beside its values, and a [tokenplumb.promql.func.Window] likewise; a step is present when either
/// holds something.
package tokenplumb.promql.exec;
