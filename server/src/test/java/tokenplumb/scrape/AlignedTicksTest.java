package tokenplumb.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

class AlignedTicksTest {
    private long now = 1_000_000_123;
    private long late;
    private final InstantSource clock = () -> Instant.ofEpochMilli(now);

    private AlignedTicks ticks(long interval, long hash, boolean early) {
        return new AlignedTicks(
                clock,
                duration -> now += duration.toMillis() + late,
                Duration.ofMillis(interval),
                hash,
                early);
    }

    @Test
    void keepsOnePhaseWithoutDriftHoweverLongARoundTakes() {
        Seeds.forEach(
                200,
                random -> {
                    late = random.nextInt(3);
                    var ticks = ticks(15_000, random.nextLong() >>> 1, false);
                    long before = ticks.next();
                    for (int i = 0; i < 50; i++) {
                        now += random.nextInt(14_000); // the scrape
                        long time = ticks.next();
                        assertThat(time - before).isEqualTo(15_000);
                        before = time;
                    }
                });
    }

    @Test
    void theSamePhaseAfterARestart() throws InterruptedException {
        long first = ticks(15_000, 98_765, false).next();
        now += 3_600_000 + 4321;
        long again = ticks(15_000, 98_765, false).next();
        assertThat((again - first) % 15_000).isZero();
    }

    @Test
    void leavesOutTheRoundsItMissed() throws InterruptedException {
        var ticks = ticks(1000, 0, false);
        long before = ticks.next();
        now += 3500;
        assertThat(ticks.next() - before).isEqualTo(4000);
    }

    @Test
    void theFirstRoundOfANewTargetComesEarlyAndTheOthersInPhase() {
        Seeds.forEach(
                200,
                random -> {
                    long start = now;
                    long hash = random.nextLong() >>> 1;
                    var ticks = ticks(60_000, hash, true);
                    long first = ticks.next();
                    assertThat(first - start).isBetween(0L, 2000L);
                    long second = ticks.next();
                    assertThat(second - first).isBetween(15_000L, 75_000L);
                    assertThat(ticks.next() - second).isEqualTo(60_000);
                    assertThat(Math.floorMod(second - hash, 60_000L)).isZero();
                });
    }

    @Test
    void saysTheRealTimeWhenItWakesMuchTooLate() throws InterruptedException {
        var ticks = ticks(10_000, 0, false);
        late = 700;
        ticks.next();
        assertThat(ticks.next() % 10_000).isEqualTo(700);
    }

    @Test
    void goesOnWhenTheClockIsSetBack() throws InterruptedException {
        var ticks = ticks(10_000, 0, false);
        ticks.next();
        now -= 3_600_000;
        long start = now;
        ticks.next();
        assertThat(now - start).isBetween(1L, 20_000L);
    }
}
