/// What PromQL's functions compute, apart from where their arguments come from: over the window of
/// a range ([RangeFunction]), over single values ([MathFunction]), over classic buckets
/// ([Buckets]).
package tokenplumb.promql.func;
