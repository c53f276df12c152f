/// Blocks that only we read, several times smaller than Prometheus': each series' samples as whole
/// numbers that are foretold, what they are off coded by how often it comes in their family, the
/// times written once for all series of a target. Drawn in `docs/format/dense.md`. Start at
/// [DenseBlock] to read, at [DenseWriter] to write.
package tokenplumb.tsdb.dense;
