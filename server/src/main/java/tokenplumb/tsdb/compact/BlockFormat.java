package tokenplumb.tsdb.compact;

import tokenplumb.disk.Disk;
import tokenplumb.tsdb.block.Block;
import tokenplumb.tsdb.block.BlockDamage;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.BlockWriter;
import tokenplumb.tsdb.block.OpenBlock;
import tokenplumb.tsdb.block.SeriesSink;

import java.io.IOException;

/// How blocks are written, and the folder below which they stand.
public interface BlockFormat {
    /// Prometheus', at the root of the store.
    BlockFormat PROMETHEUS = new Prometheus();

    /// `""` is the root.
    String parent();

    /// Whether new blocks like this are written in this format, where it comes first of those that
    /// would.
    default boolean takes(BlockMeta meta) {
        return true;
    }

    OpenBlock open(Disk disk, String folder, BlockDamage damage) throws IOException;

    /// Writes a block below `parent`, which is this format's own or that of a copy.
    SeriesSink writer(Disk disk, String parent, BlockMeta meta) throws IOException;

    /// The format that Prometheus can read.
    final class Prometheus implements BlockFormat {
        private Prometheus() {}

        @Override
        public String parent() {
            return "";
        }

        @Override
        public OpenBlock open(Disk disk, String folder, BlockDamage damage) throws IOException {
            return Block.open(disk, folder, damage);
        }

        @Override
        public SeriesSink writer(Disk disk, String parent, BlockMeta meta) throws IOException {
            return new BlockWriter(disk, parent, meta);
        }

        @Override
        public String toString() {
            return "prometheus";
        }
    }
}
