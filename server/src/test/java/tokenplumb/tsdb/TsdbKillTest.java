package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import tokenplumb.disk.RealDisk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/// A real process on a real disk is killed with SIGKILL, again and again: not one acknowledged
/// commit is lost, not one is half there, and the folder is free for the next.
class TsdbKillTest {
    private static final int SERIES = 50;
    private static final long T = 1_700_000_000_000L;

    @TempDir Path folder;

    @Test
    @Timeout(180)
    void losesNothingAcknowledgedWhenKilled() throws Exception {
        long acknowledged = 0;
        for (int life = 0; life < 3; life++) {
            acknowledged = writeUntilKilled(400L * (life + 1));
            try (var disk = new RealDisk(folder);
                    var tsdb = open(disk);
                    var querier = tsdb.querier()) {
                var found = querier.select(0, Long.MAX_VALUE, List.of());
                assertThat(found).hasSize(SERIES);
                long size = -1;
                for (var series : found) {
                    var samples = new Samples();
                    series.read(0, Long.MAX_VALUE, samples);
                    size = size < 0 ? samples.size() : size;
                    assertThat(samples.size()).as("samples of %s", series).isEqualTo((int) size);
                    for (int i = 0; i < samples.size(); i++) {
                        assertThat(samples.time(i)).isEqualTo(T + i);
                    }
                }
                assertThat(size).isGreaterThanOrEqualTo(acknowledged);
            }
        }
    }

    private static Tsdb open(RealDisk disk) throws IOException {
        return new Tsdb(
                disk,
                new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(20), 0),
                InstantSource.system(),
                new Meters());
    }

    /// The number of commits acknowledged in all lives when this one ended.
    private long writeUntilKilled(long commits) throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var process =
                new ProcessBuilder(
                                java,
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Writer.class.getName(),
                                folder.toString())
                        .redirectError(new File(folder.getParent().toFile(), "killed.log"))
                        .start();
        long last = 0;
        try (var lines =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                last = Long.parseLong(line);
                if (last >= commits) {
                    process.toHandle()
                            .destroyForcibly(); // SIGKILL; what it said is read to the end
                }
            }
        }
        assertThat(process.waitFor()).as("killed, not ended").isEqualTo(137);
        assertThat(last).isGreaterThanOrEqualTo(commits);
        return last;
    }

    /// What is killed: commits, and says so after each.
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws Exception {
            var tsdb = open(new RealDisk(Path.of(arguments[0])));
            long next = 0;
            var samples = new Samples();
            try (var querier = tsdb.querier()) {
                for (var series : querier.select(0, Long.MAX_VALUE, List.of())) {
                    samples.clear();
                    series.read(0, Long.MAX_VALUE, samples);
                    next = samples.size();
                }
            }
            while (true) {
                try (var batch = tsdb.batch()) {
                    for (int i = 0; i < SERIES; i++) {
                        batch.append(
                                batch.series(Labels.of("__name__", "m", "i", "" + i)), T + next, i);
                    }
                    batch.commit();
                }
                next++;
                System.out.println(next);
            }
        }
    }
}
