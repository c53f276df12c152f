/// The life of blocks: which there are, when they are merged, written anew, deleted, copied. Start
/// at [Blocks].
package tokenplumb.tsdb.compact;
