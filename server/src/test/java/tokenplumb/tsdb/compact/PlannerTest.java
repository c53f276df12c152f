package tokenplumb.tsdb.compact;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;
import tokenplumb.tsdb.compact.Planner.Candidate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

class PlannerTest {
    private static final long H = 3600_000L;
    private static final Duration MONTH = Duration.ofDays(30);

    /// A block named after its hours.
    private static Candidate block(long from, long to) {
        return new Candidate(from + "-" + to, from * H, to * H, 100, 0, false);
    }

    private static List<String> next(Candidate... blocks) {
        return new Planner(MONTH).next(List.of(blocks));
    }

    @Test
    void rangesGrowThreefoldToATenthOfTheRetention() {
        assertThat(new Planner(Duration.ofDays(15)).ranges())
                .containsExactly(Duration.ofHours(2), Duration.ofHours(6), Duration.ofHours(18));
        assertThat(new Planner(Duration.ofHours(5)).ranges()).containsExactly(Duration.ofHours(2));
        assertThat(new Planner(Duration.ZERO).ranges().getLast()).isEqualTo(Duration.ofHours(486));
        assertThat(new Planner(Duration.ofDays(3650)).ranges().getLast())
                .isLessThan(Duration.ofDays(31));
    }

    @Test
    void waitsUntilARangeIsFullOrOver() {
        assertThat(next()).isEmpty();
        assertThat(next(block(0, 2))).isEmpty();
        assertThat(next(block(0, 2), block(2, 4), block(4, 6)))
                .as("the newest is left alone")
                .isEmpty();
        assertThat(next(block(0, 2), block(2, 4), block(4, 6), block(6, 8)))
                .containsExactly("0-2", "2-4", "4-6");
        assertThat(next(block(0, 2), block(4, 6), block(6, 8)))
                .as("a gap in it")
                .containsExactly("0-2", "4-6");
        assertThat(next(block(0, 2), block(2, 4), block(6, 8)))
                .as("not full, and the newest but one is in it")
                .isEmpty();
        assertThat(next(block(0, 2), block(2, 4), block(6, 8), block(8, 10)))
                .as("not full, but over")
                .containsExactly("0-2", "2-4");
        assertThat(next(block(0, 6), block(6, 12), block(12, 18), block(18, 20)))
                .containsExactly("0-6", "6-12", "12-18");
    }

    @Test
    void overlappingOnesComeFirstAndAll() {
        assertThat(next(block(0, 2), block(1, 3), block(4, 6))).containsExactly("0-2", "1-3");
        assertThat(next(block(4, 6), block(0, 18), block(2, 4), block(18, 20)))
                .as("in order of time, though two of them do not touch")
                .containsExactly("0-18", "2-4", "4-6");
        assertThat(next(block(0, 2), block(2, 4), block(4, 8), block(6, 8)))
                .as("also the newest")
                .containsExactly("4-8", "6-8");
    }

    @Test
    void writesAnewWhatHasMuchDeleted() {
        var little = new Candidate("a", 0, 18 * H, 1000, 10, false);
        var much = new Candidate("b", 18 * H, 36 * H, 1000, 100, false);
        var shortOne = new Candidate("c", 36 * H, 38 * H, 1000, 100, false);
        var wholly = new Candidate("d", 38 * H, 40 * H, 10, 10, false);
        var newest = block(40, 42);
        assertThat(next(little, much, shortOne, newest)).containsExactly("b");
        assertThat(next(little, shortOne, newest)).isEmpty();
        assertThat(next(shortOne, wholly, newest)).containsExactly("d");
    }

    @Test
    void leavesAloneWhatHasFailed() {
        var failed = new Candidate("x", 0, 2 * H, 100, 0, true);
        assertThat(next(failed, block(2, 4), block(4, 6), block(6, 8))).isEmpty();
        assertThat(next(failed, block(1, 3), block(4, 6))).isEmpty();
    }

    @Test
    void worksBeforeTheEpochToo() {
        assertThat(next(block(-6, -4), block(-4, -2), block(-2, 0), block(0, 2)))
                .containsExactly("-6--4", "-4--2", "-2-0");
    }

    /// Merging as told ends, keeps every hour, and leaves nothing that overlaps.
    @Test
    void comesToAnEnd() {
        Seeds.forEach(
                300,
                random -> {
                    var blocks = new ArrayList<Candidate>();
                    for (int i = random.nextInt(60); i >= 0; i--) {
                        long from = 2L * random.nextInt(200);
                        blocks.add(block(from, from + 2 + 2L * random.nextInt(2)));
                    }
                    for (int round = 0; ; round++) {
                        assertThat(round).isLessThan(200);
                        var next = new Planner(MONTH).next(blocks);
                        if (next.isEmpty()) {
                            break;
                        }
                        var merged = blocks.stream().filter(b -> next.contains(b.ulid())).toList();
                        assertThat(merged.size()).isGreaterThan(1);
                        long from = merged.stream().mapToLong(Candidate::minTime).min().orElse(0);
                        long to = merged.stream().mapToLong(Candidate::maxTime).max().orElse(0);
                        blocks.removeAll(merged);
                        blocks.add(block(from / H, to / H));
                    }
                    blocks.sort((a, b) -> Long.compare(a.minTime(), b.minTime()));
                    for (int i = 1; i < blocks.size(); i++) {
                        assertThat(blocks.get(i).minTime())
                                .isGreaterThanOrEqualTo(blocks.get(i - 1).maxTime());
                    }
                });
    }

    @Test
    void theRetentionCountsFromTheNewestBlock() {
        var blocks = List.of(block(0, 2), block(2, 4), block(4, 6), block(100, 102));
        assertThat(Planner.tooOld(blocks, Duration.ofHours(98)))
                .extracting(Candidate::ulid)
                .containsExactly("0-2", "2-4");
        assertThat(Planner.tooOld(blocks, Duration.ZERO)).isEmpty();
        assertThat(Planner.tooOld(blocks, Duration.ofHours(101))).isEmpty();
    }
}
