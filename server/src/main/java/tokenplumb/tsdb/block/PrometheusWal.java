package tokenplumb.tsdb.block;

import tokenplumb.disk.Disk;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Metadata;
import tokenplumb.signal.Samples;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Reads what a Prometheus that ran in a folder had not put into blocks yet: its log (`wal/` with
/// checkpoints), its chunk files (`chunks_head/`) and its late samples (`wbl/`).
///
/// The log is read twice: for the labels of all series, then for their samples; in between the
/// chunk files give the samples that were full chunks already, which the log need not give again.
public final class PrometheusWal {
    private static final Pattern SEGMENT = Pattern.compile("(?:wal|wbl)/([0-9]{8})");
    private static final Pattern CHECKPOINT = Pattern.compile("wal/checkpoint\\.([0-9]{1,10})");
    private static final Pattern CHUNK_FILE = Pattern.compile("chunks_head/[0-9]{6,}");

    private static final int OUR_MAGIC = 0x54505741; // the beginning of TPWAL

    private final Disk disk;
    private final Sink sink;
    private WalFile file = new WalFile();
    private final LongMap series = new LongMap(); // reference to what the sink calls it
    private final Map<Labels, Long> byLabels = new HashMap<>();
    private final LongMap inFiles = new LongMap(); // by series: its newest sample of a chunk file
    private long unknownSeries;
    private long unknownRecords;

    private PrometheusWal(Disk disk, Sink sink) {
        this.disk = disk;
        this.sink = sink;
    }

    /// Whether a folder holds any of them.
    public static boolean isThere(Disk disk) throws IOException {
        for (var name : disk.list("wal")) {
            if (SEGMENT.matcher(name).matches()) {
                return !isOurs(disk, name);
            }
        }
        return disk.folders("wal").stream().anyMatch(name -> CHECKPOINT.matcher(name).matches())
                || disk.list("chunks_head").stream()
                        .anyMatch(name -> CHUNK_FILE.matcher(name).matches());
    }

    /// Whether a segment is of a log of our own, as older versions had them at this place.
    private static boolean isOurs(Disk disk, String name) throws IOException {
        try (var mapping = disk.map(name)) {
            return mapping.bytes().byteSize() >= 4
                    && mapping.bytes().get(MappedReader.INT, 0) == OUR_MAGIC;
        }
    }

    /// Takes in what is found.
    public interface Sink {
        /// A series, before anything of it; what it answers is passed back with its samples.
        long series(Labels labels);

        /// A sample; of one series in time order, but late ones after the others, and some twice.
        void sample(long series, long timeMillis, double value);

        void histogram(long series, long timeMillis, Histogram histogram);

        default void exemplar(long series, Exemplar exemplar) {}

        default void metadata(long series, Metadata metadata) {}

        /// Samples from `from` to `to` (both included) before this one were deleted.
        default void deleted(long series, long from, long to) {}

        /// Something cannot be read and was left out.
        void damaged(String file, long offset, String what);
    }

    /// Reads all of it.
    public static void replay(Disk disk, Sink sink) throws IOException {
        new PrometheusWal(disk, sink).run();
    }

    private void run() throws IOException {
        var log = log();
        for (var name : log) {
            readRecords(name, new SeriesOnly(), (at, offset, what) -> {});
        }
        file = new WalFile(); // what it counted comes once more
        var lateChunks = new ArrayList<Late>();
        for (var name : disk.list("chunks_head")) {
            if (CHUNK_FILE.matcher(name).matches()) {
                readChunks(name, lateChunks);
            }
        }
        for (var name : log) {
            readRecords(name, new Everything(true), sink::damaged);
        }
        lateChunks.forEach(late -> give(late.reference, late.samples));
        for (var name : disk.list("wbl")) {
            if (SEGMENT.matcher(name).matches()) {
                readRecords(name, new Everything(false), sink::damaged);
            }
        }
        tellLosses();
    }

    /// Samples of a chunk that came late.
    private record Late(long reference, Samples samples) {}

    /// The files of the newest checkpoint, then the segments after it, in the order of writing.
    private List<String> log() throws IOException {
        var files = new ArrayList<String>();
        long newest = -1;
        var checkpoint = "";
        for (var folder : disk.folders("wal")) {
            var match = CHECKPOINT.matcher(folder);
            if (match.matches() && Long.parseLong(match.group(1)) > newest) {
                newest = Long.parseLong(match.group(1));
                checkpoint = folder;
            }
        }
        if (newest >= 0) {
            for (var name : disk.list(checkpoint)) {
                if (name.matches(".*/[0-9]{8}")) {
                    files.add(name);
                }
            }
        }
        long expected = newest + 1;
        for (var name : disk.list("wal")) {
            var match = SEGMENT.matcher(name);
            if (!match.matches() || Long.parseLong(match.group(1)) <= newest) {
                continue;
            }
            long number = Long.parseLong(match.group(1));
            if (newest >= 0 && number != expected) {
                sink.damaged(
                        name, 0, "segments %d to %d are missing".formatted(expected, number - 1));
            }
            newest = Math.max(newest, 0); // from here on none may be missing
            expected = number + 1;
            files.add(name);
        }
        return files;
    }

    private void readRecords(String name, WalRecord.Listener listener, BlockDamage damage) {
        boolean isSeriesOnly = listener instanceof SeriesOnly;
        try {
            file.read(
                    disk,
                    name,
                    (bytes, length) -> {
                        if (!isSeriesOnly || WalRecord.type(bytes, length) == WalRecord.SERIES) {
                            WalRecord.read(bytes, length, listener);
                        }
                    },
                    damage);
        } catch (IOException e) {
            damage.damaged(name, 0, "cannot be read: " + e.getMessage());
        }
    }

    private void readChunks(String name, List<Late> late) {
        try {
            HeadChunkFile.read(
                    disk,
                    name,
                    (reference, isLate, samples) -> {
                        if (isLate) {
                            late.add(new Late(reference, copy(samples)));
                        } else {
                            giveOnce(reference, samples);
                        }
                    },
                    sink::damaged);
        } catch (IOException e) {
            sink.damaged(name, 0, "cannot be read: " + e.getMessage());
        }
    }

    private static Samples copy(Samples samples) {
        var copy = new Samples();
        for (int i = 0; i < samples.size(); i++) {
            if (samples.isHistogram(i)) {
                copy.add(samples.time(i), samples.histogram(i));
            } else {
                copy.add(samples.time(i), samples.value(i));
            }
        }
        return copy;
    }

    private void giveOnce(long reference, Samples samples) {
        if (samples.size() == 0 || !series.has(reference)) {
            unknownSeries += samples.size();
            return;
        }
        long handle = series.getOrDefault(reference, 0);
        long last = samples.time(samples.size() - 1);
        if (last > inFiles.getOrDefault(handle, Long.MIN_VALUE)) {
            give(reference, samples);
            inFiles.put(handle, last);
        }
    }

    private void give(long reference, Samples samples) {
        if (!series.has(reference)) {
            unknownSeries += samples.size();
            return;
        }
        long handle = series.getOrDefault(reference, 0);
        for (int i = 0; i < samples.size(); i++) {
            if (samples.isHistogram(i)) {
                sink.histogram(handle, samples.time(i), samples.histogram(i));
            } else {
                sink.sample(handle, samples.time(i), samples.value(i));
            }
        }
    }

    private void tellLosses() {
        if (file.zstdRecords() > 0) {
            sink.damaged(
                    "wal",
                    0,
                    "%d records are packed with zstd, which cannot be read here; let the Prometheus that wrote them run once more with --storage.tsdb.wal-compression-type=snappy until its head is in blocks"
                            .formatted(file.zstdRecords()));
        }
        if (unknownSeries > 0) {
            sink.damaged(
                    "wal",
                    0,
                    "%d samples are of series whose labels are nowhere".formatted(unknownSeries));
        }
        if (unknownRecords > 0) {
            sink.damaged("wal", 0, "%d records are of an unknown type".formatted(unknownRecords));
        }
    }

    private void define(long reference, Labels labels) {
        if (!series.has(reference)) {
            series.put(reference, byLabels.computeIfAbsent(labels, sink::series));
        }
    }

    /// The first reading of the log.
    private final class SeriesOnly implements WalRecord.Listener {
        @Override
        public void series(long reference, Labels labels) {
            define(reference, labels);
        }

        @Override
        public void sample(long reference, long timeMillis, double value) {}

        @Override
        public void histogram(long reference, long timeMillis, Histogram histogram) {}

        @Override
        public void exemplar(long reference, Exemplar exemplar) {}

        @Override
        public void metadata(long reference, Metadata metadata) {}

        @Override
        public void deleted(long reference, long from, long to) {}

        @Override
        public void unknown(int type) {}
    }

    /// The second one, and that of late samples.
    private final class Everything implements WalRecord.Listener {
        private final boolean skipsInFiles;

        Everything(boolean skipsInFiles) {
            this.skipsInFiles = skipsInFiles;
        }

        @Override
        public void series(long reference, Labels labels) {
            define(reference, labels);
        }

        /// Whether a sample is to be given on.
        private boolean isWanted(long reference, long timeMillis) {
            if (!series.has(reference)) {
                unknownSeries++;
                return false;
            }
            return !skipsInFiles
                    || timeMillis
                            > inFiles.getOrDefault(
                                    series.getOrDefault(reference, 0), Long.MIN_VALUE);
        }

        @Override
        public void sample(long reference, long timeMillis, double value) {
            if (isWanted(reference, timeMillis)) {
                sink.sample(series.getOrDefault(reference, 0), timeMillis, value);
            }
        }

        @Override
        public void histogram(long reference, long timeMillis, Histogram histogram) {
            if (isWanted(reference, timeMillis)) {
                sink.histogram(series.getOrDefault(reference, 0), timeMillis, histogram);
            }
        }

        @Override
        public void exemplar(long reference, Exemplar exemplar) {
            if (series.has(reference)) {
                sink.exemplar(series.getOrDefault(reference, 0), exemplar);
            }
        }

        @Override
        public void metadata(long reference, Metadata metadata) {
            if (series.has(reference)) {
                sink.metadata(series.getOrDefault(reference, 0), metadata);
            }
        }

        @Override
        public void deleted(long reference, long from, long to) {
            if (series.has(reference)) {
                sink.deleted(series.getOrDefault(reference, 0), from, to);
            }
        }

        @Override
        public void unknown(int type) {
            unknownRecords++;
        }
    }
}
