package tokenplumb.tsdb.tiers;

import tokenplumb.disk.Disk;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.storage.Changes;
import tokenplumb.storage.Querier;
import tokenplumb.tsdb.kept.KeptQuerier;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// The downsampled tiers of a store, from fine to coarse: files of whole spans of time, made once
/// the samples of a span have come to rest, each coarser tier out of the finer one. Thread-safe;
/// [#round], [#changed] and [#close] by one thread at a time.
public final class Tiers implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");

    private static final String FOLDER = "tiers/";
    private static final Pattern NAME = Pattern.compile("(\\d+)-(\\d+)");
    private static final long HOUR = 3_600_000L;
    private static final long DAY = 24 * HOUR;

    /// Samples as they were measured.
    ///
    /// @param whole sees all of them; closing it lets go of the places
    /// @param places where they are kept, best first
    /// @param from since when they are all there
    /// @param to time of the newest, [Long#MIN_VALUE] when there is none
    public record Raw(Querier whole, List<KeptQuerier> places, long from, long to)
            implements AutoCloseable {
        public Raw {
            places = List.copyOf(places);
        }

        @Override
        public void close() {
            whole.close();
        }
    }

    /// What one tier holds. Times are milliseconds since the epoch.
    public record Held(Tier tier, int files, long bytes, long from, long to) {}

    private final Disk disk;
    private final List<Tier> kinds; // finest first
    private final InstantSource clock;
    private final Changes changes;
    private volatile boolean stopping;
    private final List<List<TierFile>> files = new ArrayList<>(); // by tier, by time; guarded by it

    /// Opens what is there. Files that cannot be used are deleted: they are made again where the
    /// samples are still there.
    public Tiers(Disk disk, List<Tier> kinds, InstantSource clock) throws IOException {
        this(disk, kinds, clock, new Changes());
    }

    /// As above; `changes` hears when other files answer than before.
    public Tiers(Disk disk, List<Tier> kinds, InstantSource clock, Changes changes)
            throws IOException {
        this.disk = disk;
        this.kinds = kinds.stream().sorted(Comparator.comparingLong(Tier::millis)).toList();
        this.clock = clock;
        this.changes = changes;
        for (var tier : this.kinds) {
            files.add(open(tier));
        }
    }

    private List<TierFile> open(Tier tier) throws IOException {
        var opened = new ArrayList<TierFile>();
        for (var name : disk.list(folder(tier))) {
            if (!NAME.matcher(name.substring(name.lastIndexOf('/') + 1)).matches()) {
                disk.delete(name); // left half-written by a crash
                continue;
            }
            try {
                opened.add(TierFile.open(disk, name));
            } catch (IOException damaged) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0}; deleted, and made again where the samples are still there",
                        damaged.getMessage());
                disk.delete(name);
            }
        }
        opened.sort(Comparator.comparingLong(file -> file.from));
        return opened;
    }

    private static String folder(Tier tier) {
        return FOLDER + tier.name();
    }

    // --- asking

    /// Over samples and tiers; the samples' queriers are closed with it.
    public Querier querier(Raw raw) {
        var used = new ArrayList<List<TierFile>>();
        synchronized (files) {
            for (var ofTier : files) {
                ofTier.forEach(TierFile::use);
                used.add(List.copyOf(ofTier));
            }
        }
        return new TieredQuerier(raw, kinds, used);
    }

    /// What there is, finest first.
    public List<Held> held() {
        var held = new ArrayList<Held>();
        synchronized (files) {
            for (int i = 0; i < kinds.size(); i++) {
                var ofTier = files.get(i);
                held.add(
                        new Held(
                                kinds.get(i),
                                ofTier.size(),
                                ofTier.stream().mapToLong(TierFile::size).sum(),
                                ofTier.isEmpty() ? 0 : ofTier.getFirst().from,
                                ofTier.isEmpty() ? 0 : ofTier.getLast().to));
            }
        }
        return held;
    }

    public long bytes() {
        return held().stream().mapToLong(Held::bytes).sum();
    }

    // --- upkeep

    /// Makes at most one file, if one is due, and deletes what is too old. Samples up to
    /// `settledUntil` do not change any more. Whether more is to be made.
    public boolean round(Supplier<Raw> raw, long settledUntil, Duration rawRetention)
            throws IOException {
        expire();
        for (int tier = 0; tier < kinds.size(); tier++) {
            if (tier == 0 ? makeOfSamples(raw, settledUntil, rawRetention) : makeOfFiner(tier)) {
                return true;
            }
        }
        return false;
    }

    private void expire() throws IOException {
        for (int i = 0; i < kinds.size(); i++) {
            for (var file : filesOf(i)) {
                if (file.count == 0 && file.from > clock.millis()) { // older versions made such
                    drop(i, file);
                }
            }
            var retention = kinds.get(i).retention();
            if (retention.isZero()) {
                continue;
            }
            long oldest = clock.millis() - retention.toMillis();
            for (var file : filesOf(i)) {
                if (file.to < oldest) {
                    drop(i, file);
                }
            }
        }
    }

    private List<TierFile> filesOf(int tier) {
        synchronized (files) {
            return List.copyOf(files.get(tier));
        }
    }

    private void drop(int tier, TierFile file) throws IOException {
        disk.delete(file.name);
        try (var _ = changes.begin(Long.MIN_VALUE)) {
            synchronized (files) {
                files.get(tier).remove(file);
            }
        }
        file.release();
    }

    private void add(int tier, TierFile file) {
        try (var _ = changes.begin(Long.MIN_VALUE)) {
            synchronized (files) {
                var ofTier = files.get(tier);
                ofTier.add(file);
                ofTier.sort(Comparator.comparingLong(each -> each.from));
            }
        }
    }

    private boolean isCovered(int tier, long from, long to) {
        synchronized (files) {
            return files.get(tier).stream().anyMatch(file -> file.from < to && file.to > from);
        }
    }

    /// A file's span: a day, or less where samples are not kept for two.
    private static long spanOf(Duration rawRetention) {
        return rawRetention.isZero() || rawRetention.toMillis() >= 2 * DAY ? DAY : 2 * HOUR;
    }

    private boolean makeOfSamples(Supplier<Raw> raw, long settledUntil, Duration rawRetention)
            throws IOException {
        long span = spanOf(rawRetention);
        try (var samples = raw.get()) {
            if (samples.from() >= settledUntil) {
                return false;
            }
            long oldest = Math.max(samples.from(), oldestKept(0));
            long from = Math.floorDiv(oldest - 1, span) * span;
            for (; from + span <= settledUntil; from += span) {
                if (!isCovered(0, from, from + span)) {
                    make(0, samples, from, from + span);
                    return true;
                }
            }
        }
        return false;
    }

    private long oldestKept(int tier) {
        var retention = kinds.get(tier).retention();
        return retention.isZero() ? Long.MIN_VALUE : clock.millis() - retention.toMillis() + DAY;
    }

    private void make(int tier, Raw samples, long from, long to) throws IOException {
        long began = System.nanoTime();
        long millis = kinds.get(tier).millis();
        record Key(Labels labels, BucketLayout layout) {}
        Map<Key, Gathered> all = new HashMap<>();
        for (var place : samples.places()) {
            for (var series : place.plain(from + 1, to, List.of())) {
                var key = new Key(series.labels(), BucketLayout.NONE);
                all.computeIfAbsent(key, k -> new Gathered(k.labels, k.layout)).add(series);
            }
            for (var series : place.folded(from + 1, to, java.util.Optional.empty(), List.of())) {
                var key = new Key(series.labels(), series.layout());
                all.computeIfAbsent(key, k -> new Gathered(k.labels, k.layout)).add(series);
            }
        }
        var name = name(tier, from, to);
        try (var writer = new TierWriter(disk, name)) {
            for (var series : inOrder(all.values())) {
                goOn();
                if (series.layout.isNone()) {
                    writer.add(
                            series.labels,
                            PlainWindows.of(
                                    millis,
                                    series.samples(from + 1, to),
                                    isCounter(series.labels.metricName())));
                } else {
                    writer.add(
                            series.labels,
                            series.layout,
                            FoldedWindows.of(millis, series.folded(from + 1, to)));
                }
            }
            writer.finish(millis, from, to);
        }
        made(tier, name, began);
    }

    private static List<Gathered> inOrder(java.util.Collection<Gathered> all) {
        var sorted = new ArrayList<>(all);
        sorted.sort((a, b) -> TierWriter.order(a.labels, a.layout, b.labels, b.layout));
        return sorted;
    }

    private static boolean isCounter(String metric) {
        return metric.endsWith("_total")
                || metric.endsWith("_count")
                || metric.endsWith("_bucket")
                || metric.endsWith("_sum");
    }

    private static String name(Tier tier, long from, long to) {
        return "%s/%013d-%013d".formatted(folder(tier), from, to);
    }

    private String name(int tier, long from, long to) {
        return name(kinds.get(tier), from, to);
    }

    private void made(int tier, String name, long began) throws IOException {
        var file = TierFile.open(disk, name);
        add(tier, file);
        LOG.log(
                System.Logger.Level.INFO,
                "tier {0}: {1} to {2}, {3} series, {4} bytes, in {5} s",
                kinds.get(tier),
                Instant.ofEpochMilli(file.from),
                Instant.ofEpochMilli(file.to),
                Long.toString(file.count),
                Long.toString(file.size()),
                "%.1f".formatted((System.nanoTime() - began) / 1e9));
    }

    /// Ten days at once where the finer tier is kept that long, else one.
    private boolean makeOfFiner(int tier) throws IOException {
        var finer = filesOf(tier - 1);
        if (finer.isEmpty()) {
            return false;
        }
        var retention = kinds.get(tier - 1).retention();
        long span = retention.isZero() || retention.toMillis() >= 30 * DAY ? 10 * DAY : DAY;
        long oldest = Math.max(finer.getFirst().from, oldestKept(tier));
        long from = Math.floorDiv(oldest, span) * span;
        for (; from + span <= finer.getLast().to; from += span) {
            long to = from + span;
            long start = from;
            if (!isCovered(tier, from, to)) {
                var parts =
                        finer.stream().filter(file -> file.from < to && file.to > start).toList();
                if (!parts.isEmpty()) {
                    make(tier, parts, from, to);
                    return true;
                }
            }
        }
        return false;
    }

    private void make(int tier, List<TierFile> parts, long from, long to) throws IOException {
        long began = System.nanoTime();
        long millis = kinds.get(tier).millis();
        record Key(Labels labels, BucketLayout layout) {}
        record Part(TierFile file, TierFile.Entry entry) {}
        var all = new HashMap<Key, List<Part>>();
        for (var file : parts) {
            file.forEach(
                    metric -> true,
                    List.of(),
                    entry ->
                            all.computeIfAbsent(
                                            new Key(entry.labels(), entry.layout()),
                                            key -> new ArrayList<>())
                                    .add(new Part(file, entry)));
        }
        var keys = new ArrayList<>(all.keySet());
        keys.sort((a, b) -> TierWriter.order(a.labels, a.layout, b.labels, b.layout));
        var name = name(tier, from, to);
        try (var writer = new TierWriter(disk, name)) {
            for (var key : keys) {
                goOn();
                if (key.layout.isNone()) {
                    var coarse = new PlainWindows(millis);
                    for (var part : all.get(key)) {
                        coarse.add(part.file.plain(part.entry));
                    }
                    coarse.settle();
                    writer.add(key.labels, coarse);
                } else {
                    var coarse = new FoldedWindows(millis, key.layout.size());
                    for (var part : all.get(key)) {
                        coarse.add(part.file.folded(part.entry));
                    }
                    writer.add(key.labels, key.layout, coarse);
                }
            }
            writer.finish(millis, from, to);
        }
        made(tier, name, began);
    }

    /// Samples of this time have come late or were deleted: what was made of them is made again,
    /// where the samples are all still there.
    public void changed(long from, long to, long rawFrom) throws IOException {
        for (int i = 0; i < kinds.size(); i++) {
            for (var file : filesOf(i)) {
                if (file.from < to && file.to >= from && file.earliest >= rawFrom) {
                    drop(i, file);
                }
            }
        }
    }

    /// Ends what is under way; nothing more is made.
    public void stop() {
        stopping = true;
    }

    private void goOn() throws IOException {
        if (stopping) {
            throw new IOException("the store is being closed");
        }
    }

    @Override
    public void close() {
        synchronized (files) {
            files.forEach(ofTier -> ofTier.forEach(TierFile::release));
            files.forEach(List::clear);
        }
    }
}
