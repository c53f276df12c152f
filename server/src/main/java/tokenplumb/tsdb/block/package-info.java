/// Prometheus' own formats: immutable blocks of series on disk, and the log, the chunk files and
/// the late chunks of a Prometheus that ran here before. All files are drawn in
/// `docs/format/blocks.md`. Start at [Block] to read, at [BlockWriter] to write.
package tokenplumb.tsdb.block;
