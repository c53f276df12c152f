/// The seam between the room and each place where series are kept. Start at [KeptQuerier].
package tokenplumb.tsdb.kept;
