package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;

import java.io.IOException;
import java.time.Instant;
import java.util.List;

/// The store tells what has changed since a look, and never too little.
class TsdbChangesTest {
    private static final long T = 1_700_000_000_000L;
    private static final Labels SERIES = Labels.of(Labels.NAME, "g");

    private static Tsdb tsdb() throws IOException {
        return new Tsdb(
                new MemoryDisk(),
                Tsdb.Options.defaults(),
                () -> Instant.ofEpochMilli(T),
                new Meters(),
                false);
    }

    /// A commit is told before anybody can see it, and until everybody does.
    @Test
    void aCommitIsToldBeforeItIsSeen() throws Exception {
        var tsdb = tsdb();
        var changes = tsdb.changes().orElseThrow();
        long before = changes.now();
        long time = T + 1000;
        var head = tsdb.head();
        var writer =
                Thread.ofPlatform()
                        .unstarted(() -> {
                            try (var batch = tsdb.batch()) {
                                batch.append(batch.series(SERIES), time, 1);
                                batch.commit();
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        long during;
        head.lock.lock();
        try {
            writer.start();
            for (int i = 0; i < 500 && changes.earliestSince(before) != time; i++) {
                Thread.sleep(10); // the writer waits for the lock under which samples become seen
            }
            assertThat(changes.earliestSince(before)).isEqualTo(time);
            during = changes.now();
        } finally {
            head.lock.unlock();
        }
        writer.join();
        assertThat(changes.earliestSince(during)).isEqualTo(time);
        assertThat(changes.earliestSince(changes.now())).isEqualTo(Long.MAX_VALUE);
        tsdb.close();
    }

    @Test
    void whoeverReadsWhileOthersWriteIsToldOfAllThatTheLookMayLack() throws Exception {
        var tsdb = tsdb();
        var changes = tsdb.changes().orElseThrow();
        long begin = T;
        var writer =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                for (int i = 1; i <= 3_000; i++) {
                                    try (var batch = tsdb.batch()) {
                                        batch.append(batch.series(SERIES), begin + i * 2_000L, i);
                                        batch.commit();
                                    }
                                }
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        while (writer.isAlive()) {
            long moment = changes.now();
            long seen = newest(tsdb);
            long seenLater = newest(tsdb);
            long earliest = changes.earliestSince(moment);
            if (seenLater > seen) {
                assertThat(earliest).isLessThanOrEqualTo(seen + 2_000);
            }
        }
        writer.join();
        tsdb.close();
    }

    private static long newest(Tsdb tsdb) {
        try (var querier = tsdb.querier()) {
            var samples = new Samples();
            var one = List.of(Matcher.equal(Labels.NAME, "g"));
            for (var series : querier.select(Long.MIN_VALUE, Long.MAX_VALUE, one)) {
                series.read(Long.MIN_VALUE, Long.MAX_VALUE, samples);
            }
            return samples.size() == 0 ? Long.MIN_VALUE : samples.time(samples.size() - 1);
        }
    }
}
