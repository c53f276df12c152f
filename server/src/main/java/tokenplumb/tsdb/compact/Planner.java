package tokenplumb.tsdb.compact;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Says which blocks to merge next, as Prometheus does: first those that overlap, then those that
/// fill the next larger range, then those of which much has been deleted. Pure; knows no files.
///
/// Ranges are two hours, and three times as much from level to level, up to a tenth of the
/// retention and at most 31 days.
public final class Planner {
    /// The range of blocks that are made from the head.
    public static final long SHORTEST = Duration.ofHours(2).toMillis();

    private static final long LONGEST = Duration.ofDays(31).toMillis();
    private static final double MUCH_DELETED = 0.05;

    /// What the plan looks at of a block; `maxTime` is exclusive.
    public record Candidate(
            String ulid,
            long minTime,
            long maxTime,
            long series,
            long tombstones,
            boolean hasFailed) {}

    private final long[] ranges;

    /// `retention` of zero keeps for ever.
    public Planner(Duration retention) {
        long longest =
                retention.isZero()
                        ? LONGEST
                        : Math.clamp(retention.toMillis() / 10, SHORTEST, LONGEST);
        var all = new ArrayList<Long>();
        for (long range = SHORTEST; range <= longest; range *= 3) {
            all.add(range);
        }
        ranges = all.stream().mapToLong(Long::longValue).toArray();
    }

    /// How long the blocks of each level are.
    public List<Duration> ranges() {
        var all = new ArrayList<Duration>();
        for (long range : ranges) {
            all.add(Duration.ofMillis(range));
        }
        return all;
    }

    /// ULIDs of the blocks to merge into one (a single one is written anew without what was
    /// deleted), in the order of time; empty when nothing is to be done.
    public List<String> next(List<Candidate> blocks) {
        var sorted = new ArrayList<>(blocks);
        sorted.sort(
                Comparator.comparingLong(Candidate::minTime).thenComparingLong(Candidate::maxTime));
        var overlapping = firstOverlapping(sorted);
        if (!overlapping.isEmpty()) {
            return ulids(overlapping);
        }
        if (sorted.isEmpty()) {
            return List.of();
        }
        // The newest is left alone, so that it can be copied away before it is merged.
        var older = sorted.subList(0, sorted.size() - 1);
        var filling = filling(older);
        return ulids(filling.isEmpty() ? muchDeleted(older) : filling);
    }

    /// ULIDs of the first blocks that overlap; empty when none do.
    public List<String> overlapping(List<Candidate> blocks) {
        var sorted = new ArrayList<>(blocks);
        sorted.sort(Comparator.comparingLong(Candidate::minTime));
        return ulids(firstOverlapping(sorted));
    }

    private static List<String> ulids(List<Candidate> blocks) {
        return blocks.stream().map(Candidate::ulid).toList();
    }

    /// The first blocks that overlap, each at least one other of them.
    private static List<Candidate> firstOverlapping(List<Candidate> sorted) {
        var group = new ArrayList<Candidate>();
        long end = Long.MIN_VALUE;
        for (var block : sorted) {
            if (block.minTime >= end) {
                if (group.size() > 1) {
                    return whole(group);
                }
                group.clear();
            }
            group.add(block);
            end = Math.max(end, block.maxTime);
        }
        return group.size() > 1 ? whole(group) : List.of();
    }

    /// Nothing when one of them could not be merged before: it would fail again.
    private static List<Candidate> whole(List<Candidate> group) {
        return group.stream().anyMatch(Candidate::hasFailed) ? List.of() : group;
    }

    private List<Candidate> filling(List<Candidate> sorted) {
        if (sorted.isEmpty()) {
            return List.of();
        }
        long newest = sorted.getLast().minTime;
        for (int level = 1; level < ranges.length; level++) {
            for (var group : groups(sorted, ranges[level])) {
                long span = group.getLast().maxTime - group.getFirst().minTime;
                boolean isOver = group.getLast().maxTime <= newest; // no other will come into it
                if (group.size() > 1 && (span == ranges[level] || isOver)) {
                    var merged = whole(group);
                    if (!merged.isEmpty()) {
                        return merged;
                    }
                }
            }
        }
        return List.of();
    }

    /// Blocks by the aligned range that they lie in; those that lie in none are left out.
    private static List<List<Candidate>> groups(List<Candidate> sorted, long range) {
        var groups = new ArrayList<List<Candidate>>();
        for (int i = 0; i < sorted.size(); ) {
            long end = Math.floorDiv(sorted.get(i).minTime, range) * range + range;
            var group = new ArrayList<Candidate>();
            while (i < sorted.size() && sorted.get(i).maxTime <= end) {
                group.add(sorted.get(i++));
            }
            if (group.isEmpty()) {
                i++;
            } else {
                groups.add(group);
            }
        }
        return groups;
    }

    private List<Candidate> muchDeleted(List<Candidate> sorted) {
        for (var block : sorted.reversed()) {
            if (block.hasFailed) {
                continue;
            }
            boolean isWholly = block.tombstones > 0 && block.tombstones >= block.series;
            boolean isLong = block.maxTime - block.minTime >= ranges[ranges.length / 2];
            if (isWholly
                    || isLong && (double) block.tombstones / (block.series + 1) > MUCH_DELETED) {
                return List.of(block);
            }
        }
        return List.of();
    }

    /// Blocks beyond a retention by time: those that end at least so much before the newest one.
    static List<Candidate> tooOld(List<Candidate> blocks, Duration retention) {
        if (retention.isZero() || blocks.isEmpty()) {
            return List.of();
        }
        long newest = blocks.stream().mapToLong(Candidate::maxTime).max().orElseThrow();
        return blocks.stream()
                .filter(block -> newest - block.maxTime >= retention.toMillis())
                .toList();
    }
}
