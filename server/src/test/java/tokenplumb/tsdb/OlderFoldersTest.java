package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.FaultyDisk;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

class OlderFoldersTest {
    private static final long T = 1_700_000_000_000L;
    private static final Tsdb.Options FOR_EVER =
            new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(100), 0);

    private static Tsdb open(tokenplumb.disk.Disk disk) throws IOException {
        return new Tsdb(
                disk, FOR_EVER, InstantSource.fixed(Instant.ofEpochMilli(T)), new Meters(), false);
    }

    /// A store as older versions laid it.
    private static MemoryDisk older(int samples) throws IOException {
        var disk = new MemoryDisk();
        try (var tsdb = open(disk)) {
            for (int i = 0; i < samples; i++) {
                try (var batch = tsdb.batch()) {
                    batch.append(batch.series(Labels.of("__name__", "m")), T + i, i);
                    batch.commit();
                }
                if (i == samples / 2) {
                    tsdb.upkeep().checkpoint();
                    tsdb.upkeep().writeOut(0);
                }
            }
        }
        for (var name : disk.names()) {
            disk.rename(name, name.substring("head/".length()));
        }
        assertThat(disk.folders("")).containsExactly("segments", "wal");
        return disk;
    }

    private static int samples(Tsdb tsdb) {
        try (var querier = tsdb.querier()) {
            var samples = new Samples();
            for (var series : querier.select(0, Long.MAX_VALUE, List.of())) {
                series.read(0, Long.MAX_VALUE, samples);
            }
            return samples.size();
        }
    }

    @Test
    void areMovedWithAllThatIsInThem() throws IOException {
        var disk = older(400);
        try (var tsdb = open(disk)) {
            assertThat(samples(tsdb)).isEqualTo(400);
            assertThat(tsdb.status().repairs()).isEmpty();
        }
        assertThat(disk.folders("")).containsExactly("head");
    }

    @Test
    void areMovedThoughThePowerGoesMeanwhile() {
        Seeds.forEach(
                30,
                random -> {
                    var disk = older(300);
                    var faulty = new FaultyDisk(disk, random).losingPowerAt(random.nextInt(6));
                    try (var tsdb = open(faulty)) {
                        assertThat(samples(tsdb)).isEqualTo(300);
                    } catch (IOException e) {
                        assertThat(faulty.isOff()).isTrue();
                    }
                    try (var tsdb = open(faulty.afterPowerLoss())) {
                        assertThat(samples(tsdb)).isEqualTo(300);
                    }
                });
    }

    @Test
    void aPrometheusLogStaysWhereItIs() throws IOException {
        var disk = new MemoryDisk();
        disk.replace("wal/00000000", new byte[32 << 10]);
        OlderFolders.move(disk);
        assertThat(disk.exists("wal/00000000")).isTrue();
    }
}
