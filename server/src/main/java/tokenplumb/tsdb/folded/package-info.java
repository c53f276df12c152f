/// What whoever asks sees of what is kept: folded histograms as the classic series they were
/// scraped as, and each series once, wherever parts of it are kept. Start at [FoldedQuerier].
package tokenplumb.tsdb.folded;
