package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import tokenplumb.kit.MemoryDisk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Batch.Outcome;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

class TsdbConcurrencyTest {
    private static final long T = 1_700_000_000_000L;
    private static final int WRITERS = 3;
    private static final int SERIES = 20;
    private static final int COMMITS = 400;

    @Test
    @Timeout(60)
    void queriersSeeWholeCommitsWhileAllElseGoesOn() throws Exception {
        var disk = new MemoryDisk();
        try (var tsdb = open(disk)) {
            var writing = new AtomicInteger(WRITERS);
            var threads = new Threads();
            for (int i = 0; i < WRITERS; i++) {
                int writer = i;
                threads.start(() -> {
                    try {
                        write(tsdb, writer);
                    } finally {
                        writing.decrementAndGet();
                    }
                });
            }
            threads.start(() -> {
                int rounds = 0;
                while (writing.get() > 0) {
                    tsdb.upkeep().writeOut(0);
                    tsdb.upkeep().checkpoint();
                    tsdb.upkeep().seal();
                    tsdb.upkeep().round(rounds++ % 20 == 0);
                }
            });
            threads.start(() -> {
                while (writing.get() > 0) {
                    tsdb.sync();
                    Thread.sleep(1);
                }
            });
            threads.start(() -> {
                while (writing.get() > 0) {
                    checkWhole(tsdb);
                }
            });
            threads.join();
            assertThat(checkWhole(tsdb)).isEqualTo(WRITERS * COMMITS);
        }
        try (var again = open(disk)) {
            assertThat(checkWhole(again)).isEqualTo(WRITERS * COMMITS);
            assertThat(again.status().repairs()).isEmpty();
        }
    }

    /// Threads of the platform: virtual ones that never block would keep the others from running.
    private static final class Threads {
        private interface Work {
            void run() throws Exception;
        }

        private final List<Thread> threads = new ArrayList<>();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        void start(Work work) {
            threads.add(
                    Thread.ofPlatform()
                            .daemon()
                            .start(() -> {
                                try {
                                    work.run();
                                } catch (Exception | AssertionError e) {
                                    failure.compareAndSet(null, e);
                                }
                            }));
        }

        void join() throws InterruptedException {
            for (var thread : threads) {
                thread.join();
            }
            if (failure.get() != null) {
                throw new AssertionError("in a thread: " + failure.get(), failure.get());
            }
        }
    }

    private static Tsdb open(MemoryDisk disk) throws IOException {
        return new Tsdb(
                disk,
                new Tsdb.Options(Duration.ZERO, 0, Duration.ofMillis(100), 0),
                InstantSource.fixed(Instant.ofEpochMilli(T)),
                new Meters(),
                false);
    }

    /// Commits that append the same sample to each of the writer's series.
    private static void write(Tsdb tsdb, int writer) throws IOException {
        for (int round = 0; round < COMMITS; round++) {
            try (var batch = tsdb.batch()) {
                for (int i = 0; i < SERIES; i++) {
                    var labels = Labels.of("__name__", "m", "writer", "" + writer, "i", "" + i);
                    while (batch.append(batch.series(labels), T + round, round)
                            == Outcome.UNKNOWN_SERIES) {
                        Thread.onSpinWait(); // swept away just before: ask again
                    }
                }
                batch.commit();
            }
        }
    }

    /// Each writer's series must hold the same, from 0 on without a gap; returns commits seen.
    private static int checkWhole(Tsdb tsdb) {
        int commits = 0;
        try (var querier = tsdb.querier()) {
            for (int writer = 0; writer < WRITERS; writer++) {
                var sizes = new ArrayList<Integer>();
                var samples = new Samples();
                for (var series :
                        querier.select(
                                T, T + COMMITS, List.of(Matcher.equal("writer", "" + writer)))) {
                    samples.clear();
                    series.read(T, T + COMMITS, samples);
                    for (int i = 0; i < samples.size(); i++) {
                        assertThat(samples.value(i)).isEqualTo(i);
                    }
                    sizes.add(samples.size());
                }
                if (!sizes.isEmpty()) {
                    assertThat(sizes).as("samples of writer %d", writer).containsOnly(sizes.get(0));
                    commits += sizes.get(0);
                }
            }
        }
        return commits;
    }
}
