package tokenplumb.scrape;

import tokenplumb.exposition.Exposition;
import tokenplumb.exposition.Format;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.storage.Batch;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;

/// CPU time and allocation of a sample that is known from the scrape before, and the heap that a
/// target takes. Run by hand with a few bodies of one target: `SeriesCacheBench body1 body2 …`. Not
/// a test: it never fails.
final class SeriesCacheBench {
    /// Takes everything and keeps nothing.
    private static final class Sink implements Batch {
        private long series;
        private double sum;

        @Override
        public long folded(Labels family, BucketLayout layout) {
            return ++series;
        }

        @Override
        public Outcome append(long folded, long time, long[] counts, int at, double sumOfAll) {
            sum += counts[at] + sumOfAll;
            return Outcome.APPENDED;
        }

        @Override
        public long series(Labels labels) {
            return ++series;
        }

        @Override
        public Outcome append(long reference, long time, double value) {
            sum += value + reference;
            return Outcome.APPENDED;
        }

        @Override
        public void commit() {}

        @Override
        public void close() {}
    }

    private SeriesCacheBench() {}

    private static void weigh(ScrapeJob job, byte[] body) throws IOException {
        var caches = new ArrayList<SeriesCache>();
        var pool = new Scratch.Pool();
        System.gc();
        long before = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        for (int i = 0; i < 400; i++) {
            var labels = Labels.of("job", "j", "instance", "i" + i);
            var cache = new SeriesCache(job, new SampleLabels(job, labels), pool);
            for (int round = 0; round < 2; round++) {
                cache.begin();
                cache.read(body, body.length, Format.TEXT, new Sink(), 1 + round);
                cache.keep();
            }
            caches.add(cache);
        }
        System.gc();
        long after = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        long samples = caches.getFirst().scraped() * caches.size();
        System.out.printf("heap: %.1f bytes/sample%n", (double) (after - before) / samples);
    }

    public static void main(String[] files) throws IOException {
        var bodies = new ArrayList<byte[]>();
        for (var file : files) {
            bodies.add(Files.readAllBytes(Path.of(file)));
        }
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        var job = ScrapeJobTest.read("scrape_configs: [{job_name: j}]").getFirst();
        var target = Labels.of("job", "j", "instance", "engine-0001:8000");
        var cache = new SeriesCache(job, new SampleLabels(job, target), new Scratch.Pool());
        var sink = new Sink();
        long time = 0;
        for (int trial = 0; trial < 8; trial++) {
            int rounds = 2000;
            long samples = 0;
            long bytes = 0;
            long cpu = threads.getCurrentThreadCpuTime();
            long allocated = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < rounds; i++) {
                var body = bodies.get(i % bodies.size());
                cache.begin();
                cache.read(body, body.length, Format.TEXT, sink, ++time);
                cache.markVanished(sink, time);
                cache.keep();
                samples += cache.scraped();
                bytes += body.length;
            }
            cpu = threads.getCurrentThreadCpuTime() - cpu;
            allocated = threads.getCurrentThreadAllocatedBytes() - allocated;
            System.out.printf(
                    "known: %.1f ns/sample, %.2f GB/s, %.3f bytes allocated/sample (%d samples a"
                            + " body, %s)%n",
                    (double) cpu / samples,
                    (double) bytes / cpu,
                    (double) allocated / samples,
                    samples / rounds,
                    sink.sum > 0 ? "ok" : "?");
        }
        weigh(job, bodies.getFirst());
        for (int trial = 0; trial < 4; trial++) {
            long samples = 0;
            long cpu = threads.getCurrentThreadCpuTime();
            var exposition = new Exposition();
            for (int i = 0; i < 1000; i++) {
                var body = bodies.get(i % bodies.size());
                exposition.reset(Format.TEXT, body, body.length);
                Exposition.Entry entry;
                while ((entry = exposition.next()) != Exposition.Entry.END) {
                    samples += entry == Exposition.Entry.SERIES ? 1 : 0;
                }
            }
            cpu = threads.getCurrentThreadCpuTime() - cpu;
            System.out.printf("parsed without a memory: %.1f ns/sample%n", (double) cpu / samples);
        }
        for (int trial = 0; trial < 4; trial++) {
            long samples = 0;
            long cpu = threads.getCurrentThreadCpuTime();
            for (int i = 0; i < 200; i++) {
                var body = bodies.get(i % bodies.size());
                var fresh = new SeriesCache(job, new SampleLabels(job, target), new Scratch.Pool());
                fresh.begin();
                fresh.read(body, body.length, Format.TEXT, new Sink(), 1);
                fresh.keep();
                samples += fresh.scraped();
            }
            cpu = threads.getCurrentThreadCpuTime() - cpu;
            System.out.printf("first scrape: %.1f ns/sample%n", (double) cpu / samples);
        }
    }
}
