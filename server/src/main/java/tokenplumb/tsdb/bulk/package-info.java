/// History from elsewhere: text with timestamps is gathered, histograms are folded, and blocks come
/// out. Start at [TextImport].
package tokenplumb.tsdb.bulk;
