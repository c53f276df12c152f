/// Downsampled tiers: what is left of samples when they are too old, or too many, to be read one by
/// one. Drawn in `docs/format/tiers.md`. Start at [Tiers].
package tokenplumb.tsdb.tiers;
