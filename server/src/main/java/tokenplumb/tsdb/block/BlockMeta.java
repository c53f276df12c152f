package tokenplumb.tsdb.block;

import tokenplumb.disk.Disk;
import tokenplumb.json.Json;
import tokenplumb.json.JsonWriter;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// What `meta.json` says of a block.
///
/// @param ulid its name, that of its folder
/// @param minTime of its samples, milliseconds since the epoch
/// @param maxTime behind its samples: none is at it or later
/// @param level how often it was compacted; 1 of a block made from the head
/// @param sources the level-1 blocks whose samples are in it, itself when it is one
/// @param parents the blocks it was made from
/// @param hints such as [#FROM_OUT_OF_ORDER]
/// @param deletable all its samples were deleted
/// @param failed its compaction failed; it is not to be tried again
public record BlockMeta(
        String ulid,
        long minTime,
        long maxTime,
        Stats stats,
        int level,
        List<String> sources,
        List<Parent> parents,
        List<String> hints,
        boolean deletable,
        boolean failed) {
    /// The hint of a block made of samples that came late.
    public static final String FROM_OUT_OF_ORDER = "from-out-of-order";

    /// The file's name within the block's folder.
    public static final String FILE = "meta.json";

    private static final int VERSION = 1;

    /// Numbers of things in a block. A folded histogram's sample counts as one.
    public record Stats(
            long samples,
            long floatSamples,
            long histogramSamples,
            long series,
            long chunks,
            long tombstones) {
        public static final Stats NONE = new Stats(0, 0, 0, 0, 0, 0);
    }

    /// A block another one was made from.
    public record Parent(String ulid, long minTime, long maxTime) {}

    public BlockMeta {
        if (!Ulid.is(ulid)) {
            throw new IllegalArgumentException(
                    "\"%s\" is not the name of a block (26 letters of a ULID)".formatted(ulid));
        }
        if (minTime > maxTime) {
            throw new IllegalArgumentException(
                    "block %s: minTime %d is after maxTime %d".formatted(ulid, minTime, maxTime));
        }
        sources = List.copyOf(sources);
        parents = List.copyOf(parents);
        hints = List.copyOf(hints);
    }

    /// Of a block yet to be written, from the head: level 1, its own source.
    public static BlockMeta ofHead(String ulid, long minTime, long maxTime) {
        return new BlockMeta(
                ulid,
                minTime,
                maxTime,
                Stats.NONE,
                1,
                List.of(ulid),
                List.of(),
                List.of(),
                false,
                false);
    }

    /// Of a block yet to be written, out of others: one level above the highest, all their sources.
    public static BlockMeta ofBlocks(String ulid, List<BlockMeta> parents) {
        return new BlockMeta(
                ulid,
                parents.stream().mapToLong(BlockMeta::minTime).min().orElseThrow(),
                parents.stream().mapToLong(BlockMeta::maxTime).max().orElseThrow(),
                Stats.NONE,
                parents.stream().mapToInt(BlockMeta::level).max().orElseThrow() + 1,
                parents.stream().flatMap(p -> p.sources().stream()).distinct().sorted().toList(),
                parents.stream().map(p -> new Parent(p.ulid, p.minTime, p.maxTime)).toList(),
                List.of(),
                false,
                false);
    }

    public boolean hasHint(String hint) {
        return hints.contains(hint);
    }

    public BlockMeta with(Stats counted) {
        return new BlockMeta(
                ulid, minTime, maxTime, counted, level, sources, parents, hints, deletable, failed);
    }

    public BlockMeta withHints(List<String> given) {
        return new BlockMeta(
                ulid, minTime, maxTime, stats, level, sources, parents, given, deletable, failed);
    }

    public BlockMeta withDeletable(boolean isDeletable) {
        return new BlockMeta(
                ulid, minTime, maxTime, stats, level, sources, parents, hints, isDeletable, failed);
    }

    public BlockMeta withFailed(boolean hasFailed) {
        return new BlockMeta(
                ulid, minTime, maxTime, stats, level, sources, parents, hints, deletable,
                hasFailed);
    }

    public BlockMeta withTombstones(long tombstones) {
        return with(
                new Stats(
                        stats.samples,
                        stats.floatSamples,
                        stats.histogramSamples,
                        stats.series,
                        stats.chunks,
                        tombstones));
    }

    /// Reads a block's. A file that is damaged or of another version is an [IOException] that says
    /// so.
    public static BlockMeta read(Disk disk, String folder) throws IOException {
        var name = folder + "/" + FILE;
        var bytes = disk.read(name);
        try {
            return parse(bytes);
        } catch (RuntimeException e) { // a number where a text should be, a field missing
            throw new IOException(
                    "%s cannot be used: %s; move the block's folder away or restore the file"
                            .formatted(name, e.getMessage()),
                    e);
        }
    }

    /// Replaces a block's at once.
    public void write(Disk disk, String folder) throws IOException {
        disk.replace(folder + "/" + FILE, bytes());
    }

    static BlockMeta parse(byte[] json) {
        var root = (Map<?, ?>) Json.read(json);
        if (number(root, "version") != VERSION) {
            throw new IllegalArgumentException(
                    "its version is %s, known is 1".formatted(root.get("version")));
        }
        var stats = object(root, "stats");
        var compaction = object(root, "compaction");
        return new BlockMeta(
                String.valueOf(root.get("ulid")),
                number(root, "minTime"),
                number(root, "maxTime"),
                new Stats(
                        number(stats, "numSamples"),
                        number(stats, "numFloatSamples"),
                        number(stats, "numHistogramSamples"),
                        number(stats, "numSeries"),
                        number(stats, "numChunks"),
                        number(stats, "numTombstones")),
                (int) number(compaction, "level"),
                list(compaction, "sources", String::valueOf),
                list(compaction, "parents", BlockMeta::parent),
                list(compaction, "hints", String::valueOf),
                Boolean.TRUE.equals(compaction.get("deletable")),
                Boolean.TRUE.equals(compaction.get("failed")));
    }

    private static Parent parent(Object json) {
        var map = (Map<?, ?>) json;
        return new Parent(
                String.valueOf(map.get("ulid")), number(map, "minTime"), number(map, "maxTime"));
    }

    private static long number(Map<?, ?> in, String name) {
        return in.get(name) instanceof Number number ? number.longValue() : 0;
    }

    private static Map<?, ?> object(Map<?, ?> in, String name) {
        return in.get(name) instanceof Map<?, ?> map ? map : Map.of();
    }

    private static <T> List<T> list(Map<?, ?> in, String name, Function<Object, T> each) {
        return in.get(name) instanceof List<?> list
                ? list.stream().<T>map(each).toList()
                : List.of();
    }

    byte[] bytes() {
        return Json.bytes(this::writeTo);
    }

    private void writeTo(JsonWriter json) {
        json.startObject()
                .field("ulid", ulid)
                .field("minTime", minTime)
                .field("maxTime", maxTime)
                .name("stats")
                .startObject();
        count(json, "numSamples", stats.samples);
        count(json, "numFloatSamples", stats.floatSamples);
        count(json, "numHistogramSamples", stats.histogramSamples);
        count(json, "numSeries", stats.series);
        count(json, "numChunks", stats.chunks);
        count(json, "numTombstones", stats.tombstones);
        json.endObject().name("compaction").startObject().field("level", level);
        texts(json, "sources", sources);
        if (deletable) {
            json.field("deletable", true);
        }
        if (!parents.isEmpty()) {
            json.name("parents").startArray();
            for (var parent : parents) {
                json.startObject()
                        .field("ulid", parent.ulid)
                        .field("minTime", parent.minTime)
                        .field("maxTime", parent.maxTime)
                        .endObject();
            }
            json.endArray();
        }
        if (failed) {
            json.field("failed", true);
        }
        texts(json, "hints", hints);
        json.endObject().field("version", VERSION).endObject();
    }

    private static void count(JsonWriter json, String name, long count) {
        if (count != 0) {
            json.field(name, count);
        }
    }

    private static void texts(JsonWriter json, String name, List<String> texts) {
        if (!texts.isEmpty()) {
            json.field(name, texts);
        }
    }
}
