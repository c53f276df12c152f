package tokenplumb.tsdb.tiers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.disk.Disk;
import tokenplumb.kit.FaultyDisk;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.signal.Samples;
import tokenplumb.storage.SelectHints;
import tokenplumb.tsdb.folded.FoldedQuerier;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;

final class TiersCrashTest {
    private static final long HOUR = 3_600_000;
    private static final long DAY = 24 * HOUR;
    private static final long T = 20_000 * DAY;
    private static final List<Tier> KINDS =
            List.of(Tier.fiveMinutes(Duration.ofDays(20)), Tier.oneHour(Duration.ofDays(90)));

    private static Tiers.Raw samples(History history) {
        var places = List.<KeptQuerier>of(history);
        return new Tiers.Raw(new FoldedQuerier(places), places, T + 1, Long.MAX_VALUE);
    }

    private static void work(Disk disk, History history) throws IOException {
        try (var tiers = new Tiers(disk, KINDS, () -> Instant.ofEpochMilli(T + 2 * DAY))) {
            for (int i = 0; i < 20; i++) {
                if (!tiers.round(() -> samples(history), T + 2 * DAY, Duration.ofDays(15))) {
                    return;
                }
            }
        }
    }

    /// Everything that the tiers tell, by kind.
    private static String told(Disk disk) throws IOException {
        var text = new StringBuilder();
        for (var kind : KINDS) {
            for (var name : disk.list("tiers/" + kind.name())) {
                var file = TierFile.open(disk, name);
                var kept = new TierKept(List.of(file), new Ask(SelectHints.NONE));
                for (var series : kept.plain(T, T + 2 * DAY, List.of())) {
                    var into = new Samples();
                    series.read(T, T + 2 * DAY, into);
                    double sum = 0;
                    for (int i = 0; i < into.size(); i++) {
                        sum += Double.isNaN(into.value(i)) ? 1 : into.value(i) + into.time(i) % 97;
                    }
                    text.append(name).append(series.labels()).append(sum).append('\n');
                }
                file.release();
            }
        }
        return text.toString();
    }

    @Test
    void afterPowerWasLostAnywhereTheTiersBecomeWhatTheyWouldHaveBeen() throws Exception {
        var history = new History(new Random(7), T, T + 2 * DAY, 300_000);
        var whole = new MemoryDisk();
        var counting = new FaultyDisk(whole, new Random(1));
        work(counting, history);
        var expected = told(whole);
        assertThat(expected).contains("tiers/1h/", "tiers/5m/");
        long operations = counting.operations();
        assertThat(operations).isBetween(20L, 2000L);
        Seeds.forEach(
                40,
                random -> {
                    long at = random.nextLong(operations);
                    var disk = new FaultyDisk(new MemoryDisk(), random).losingPowerAt(at);
                    try {
                        work(disk, history);
                    } catch (IOException powerIsGone) {
                        // goes on after the restart
                    }
                    var after = disk.afterPowerLoss();
                    work(after, history);
                    assertThat(told(after))
                            .as("power lost at operation %d", at)
                            .isEqualTo(expected);
                });
    }

    @Test
    void aFullDiskLeavesNoHalfOfAFile() throws Exception {
        var history = new History(new Random(7), T, T + 2 * DAY, 300_000);
        var memory = new MemoryDisk();
        var full = new FaultyDisk(memory, new Random(1)).capacity(5_000);
        try {
            work(full, history);
        } catch (IOException noSpace) {
            assertThat(memory.list("tiers/5m")).noneMatch(name -> name.endsWith(".tmp"));
        }
        work(memory, history);
        var whole = new MemoryDisk();
        work(whole, history);
        assertThat(told(memory)).isEqualTo(told(whole));
    }
}
