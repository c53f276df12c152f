package tokenplumb.tsdb.compact;

import tokenplumb.signal.Matcher;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The blocks of a moment, in the order of time. Immutable. Whoever uses a set keeps its blocks
/// readable until it lets go, even if they are deleted meanwhile.
public final class BlockSet {
    private static final Comparator<LiveBlock> BY_TIME =
            Comparator.comparingLong((LiveBlock block) -> block.meta().minTime())
                    .thenComparing(block -> block.meta().ulid());

    final List<LiveBlock> blocks;
    private int users = 1; // guarded by this

    BlockSet(Collection<LiveBlock> blocks) {
        this.blocks = blocks.stream().sorted(BY_TIME).toList();
        this.blocks.forEach(LiveBlock::use);
    }

    /// One querier for each block, which is opened once something in its range is asked for; for
    /// whoever uses this set.
    public List<KeptQuerier> kept() {
        var all = new ArrayList<KeptQuerier>(blocks.size());
        for (var block : blocks) {
            all.add(new WhenAsked(block));
        }
        return all;
    }

    /// Whether a block holds times in the range.
    public boolean overlaps(long from, long to) {
        for (var block : blocks) {
            if (block.overlaps(from, to)) {
                return true;
            }
        }
        return false;
    }

    /// Where the oldest begins, [Long#MAX_VALUE] when there is none.
    public long minTime() {
        return blocks.isEmpty() ? Long.MAX_VALUE : blocks.getFirst().meta().minTime();
    }

    /// Where the last one ends, exclusive; [Long#MIN_VALUE] when there is none.
    public long maxTime() {
        return blocks.stream()
                .mapToLong(block -> block.meta().maxTime())
                .max()
                .orElse(Long.MIN_VALUE);
    }

    public int size() {
        return blocks.size();
    }

    long bytes() {
        return blocks.stream().mapToLong(block -> block.block().bytes()).sum();
    }

    synchronized BlockSet use() {
        assert users > 0 : "bug: used after its end";
        users++;
        return this;
    }

    /// Whether nobody uses it any more.
    public synchronized boolean isLetGo() {
        return users == 0;
    }

    public void release() {
        synchronized (this) {
            if (--users > 0) {
                return;
            }
        }
        blocks.forEach(LiveBlock::release);
    }

    private static final class WhenAsked implements KeptQuerier {
        private final LiveBlock block;
        private KeptQuerier opened; // guarded by this
        private boolean isClosed; // guarded by this

        WhenAsked(LiveBlock block) {
            this.block = block;
        }

        private synchronized KeptQuerier opened() {
            if (isClosed) {
                throw new IllegalStateException("bug: used after its end");
            }
            if (opened == null) {
                opened = block.kept();
            }
            return opened;
        }

        @Override
        public List<KeptSeries> plain(long from, long to, List<Matcher> matchers) {
            return block.overlaps(from, to) ? opened().plain(from, to, matchers) : List.of();
        }

        @Override
        public List<KeptSeries> folded(
                long from, long to, Optional<Set<String>> families, List<Matcher> matchers) {
            return block.overlaps(from, to)
                    ? opened().folded(from, to, families, matchers)
                    : List.of();
        }

        @Override
        public Collection<String> labelNames(long from, long to, List<Matcher> matchers) {
            return block.overlaps(from, to) ? opened().labelNames(from, to, matchers) : List.of();
        }

        @Override
        public Collection<String> labelValues(
                String label, long from, long to, List<Matcher> matchers) {
            return block.overlaps(from, to)
                    ? opened().labelValues(label, from, to, matchers)
                    : List.of();
        }

        @Override
        public Collection<String> foldedLabelNames(long from, long to) {
            return block.overlaps(from, to) ? opened().foldedLabelNames(from, to) : List.of();
        }

        @Override
        public Collection<String> foldedLabelValues(String label, long from, long to) {
            return block.overlaps(from, to)
                    ? opened().foldedLabelValues(label, from, to)
                    : List.of();
        }

        @Override
        public synchronized void close() {
            isClosed = true;
            if (opened != null) {
                opened.close();
            }
        }
    }
}
