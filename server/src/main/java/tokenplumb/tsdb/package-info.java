/// Keeps samples: series and their open chunks in memory, full chunks in segment files, every
/// commit in a write-ahead log. Start at [Tsdb].
@Room(
        uses = {"bytes", "chunks", "disk", "exposition", "json", "signal", "storage"},
        libraries = "org.roaringbitmap",
        hot = true)
package tokenplumb.tsdb;

import tokenplumb.Room;
