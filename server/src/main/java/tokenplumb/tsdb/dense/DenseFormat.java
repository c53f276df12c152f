package tokenplumb.tsdb.dense;

import tokenplumb.disk.Disk;
import tokenplumb.tsdb.block.BlockDamage;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.OpenBlock;
import tokenplumb.tsdb.block.SeriesSink;
import tokenplumb.tsdb.compact.BlockFormat;

import java.io.IOException;

/// Dense blocks, as compaction writes and opens them: those merged from others, or all.
///
/// @param fromLevel blocks compacted less often are left to the next format
public record DenseFormat(int fromLevel) implements BlockFormat {
    /// Of blocks of six hours and more: younger ones are soon merged, and can be read by others
    /// until then.
    public static final DenseFormat MERGED = new DenseFormat(2);

    /// The folder of all dense blocks.
    private static final String PARENT = "dense";

    @Override
    public String parent() {
        return PARENT;
    }

    @Override
    public boolean takes(BlockMeta meta) {
        return meta.level() >= fromLevel;
    }

    @Override
    public OpenBlock open(Disk disk, String folder, BlockDamage damage) throws IOException {
        return DenseBlock.open(disk, folder, damage);
    }

    @Override
    public SeriesSink writer(Disk disk, String parent, BlockMeta meta) throws IOException {
        return new DenseWriter(disk, parent, meta);
    }

    @Override
    public String toString() {
        return "dense";
    }
}
