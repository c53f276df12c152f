package tokenplumb.tsdb.compact;

import tokenplumb.disk.Disk;
import tokenplumb.tsdb.block.BlockDamage;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.OpenBlock;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.io.IOException;

/// A block in use, with what was deleted from it beside its own tombstones. It is closed once the
/// last of its users lets it go.
final class LiveBlock {
    private static final String DELETED = "/deleted";

    private final BlockFormat format;
    private final OpenBlock block;
    private volatile Deleted deleted;
    private volatile boolean isDamaged;
    private volatile boolean hasFailed;
    private int users = 1; // guarded by this

    private LiveBlock(BlockFormat format, Disk disk, String folder, BlockDamage damage)
            throws IOException {
        this.format = format;
        this.block =
                format.open(
                        disk,
                        folder,
                        (file, offset, what) -> {
                            isDamaged = true;
                            damage.damaged(file, offset, what);
                        });
        this.hasFailed = block.meta().failed();
        try {
            this.deleted = Deleted.read(disk, folder + DELETED);
        } catch (IOException | RuntimeException e) {
            block.close();
            throw e;
        }
    }

    static LiveBlock open(BlockFormat format, Disk disk, String folder, BlockDamage damage)
            throws IOException {
        return new LiveBlock(format, disk, folder, damage);
    }

    BlockFormat format() {
        return format;
    }

    OpenBlock block() {
        return block;
    }

    BlockMeta meta() {
        return block.meta();
    }

    /// Something in its files could not be read.
    boolean isDamaged() {
        return isDamaged;
    }

    boolean hasFailed() {
        return hasFailed;
    }

    void fail() {
        hasFailed = true;
    }

    Deleted deleted() {
        return deleted;
    }

    /// Changes what was deleted, durably; queriers opened later see it.
    void deleted(Disk disk, Deleted now) throws IOException {
        now.write(disk, block.folder() + DELETED);
        deleted = now;
    }

    /// Series of which something was deleted.
    long tombstones() {
        return meta().stats().tombstones() + deleted.series();
    }

    /// What is left of it.
    KeptQuerier kept() {
        return Undeleted.in(block.kept(), deleted);
    }

    boolean overlaps(long from, long to) {
        return meta().minTime() <= to && from < meta().maxTime();
    }

    Planner.Candidate candidate() {
        var meta = meta();
        return new Planner.Candidate(
                meta.ulid(),
                meta.minTime(),
                meta.maxTime(),
                meta.stats().series(),
                tombstones(),
                hasFailed || isDamaged);
    }

    synchronized void use() {
        assert users > 0 : "bug: used after its end";
        users++;
    }

    void release() {
        synchronized (this) {
            if (--users > 0) {
                return;
            }
        }
        block.close();
    }
}
