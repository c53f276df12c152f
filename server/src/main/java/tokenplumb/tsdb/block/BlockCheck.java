package tokenplumb.tsdb.block;

import tokenplumb.chunks.Chunk;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Reads a whole block and notes what is wrong with it.
final class BlockCheck {
    private static final int MOST = 1000;

    private final BlockMeta meta;
    private final IndexFile index;
    private final ChunkFiles chunks;
    private final FoldedFile folded;
    private final Tombstones tombstones;
    private final List<String> problems = new ArrayList<>();
    private final SeriesEntry entry = new SeriesEntry();
    private final ChunkFiles.Copy copy = new ChunkFiles.Copy();
    private final Map<Integer, String> texts = new HashMap<>();
    private long dropped;
    private long samples;
    private long chunkCount;
    private long lastReference = -1;

    BlockCheck(
            BlockMeta meta,
            IndexFile index,
            ChunkFiles chunks,
            FoldedFile folded,
            Tombstones tombstones) {
        this.meta = meta;
        this.index = index;
        this.chunks = chunks;
        this.folded = folded;
        this.tombstones = tombstones;
    }

    List<String> run() {
        checkSymbols();
        if (index.isRebuilt()) {
            note(index.name() + ": the table of postings is damaged");
        }
        int[] ids = all();
        var before = Labels.EMPTY;
        int last = 0;
        for (int id : ids) {
            var where = "%s: series at byte %d".formatted(index.name(), IndexFile.offset(id));
            if (id <= last) {
                note(where + " is not in ascending order");
            }
            last = id;
            try {
                index.series(id, entry);
                var labels = labels();
                if (SeriesOrder.BY_BYTES.compare(before, labels) > 0
                        || before.equals(labels) && !folded.has(id)) {
                    note("%s %s does not come after %s".formatted(where, labels, before));
                }
                before = labels;
                checkChunks(id, labels);
            } catch (IndexOutOfBoundsException | IllegalArgumentException | InternalError e) {
                note(where + ": " + e.getMessage());
            }
        }
        checkPostings(ids);
        checkFolded(ids);
        checkTombstones(ids);
        checkNumbers(ids.length);
        if (dropped > 0) {
            problems.add("… and %d more".formatted(dropped));
        }
        return List.copyOf(problems);
    }

    private void note(String problem) {
        if (problems.size() < MOST) {
            problems.add(problem);
        } else {
            dropped++;
        }
    }

    private void checkSymbols() {
        try {
            var last = "";
            for (int i = 0; i < index.symbols(); i++) {
                var symbol = index.symbol(i);
                if (i > 0 && SeriesOrder.compare(last, symbol) >= 0) {
                    note(
                            "%s: symbol %d \"%s\" does not come after \"%s\""
                                    .formatted(index.name(), i, symbol, last));
                }
                last = symbol;
            }
        } catch (IndexOutOfBoundsException | InternalError e) {
            note("%s: symbols: %s".formatted(index.name(), e.getMessage()));
        }
    }

    private int[] all() {
        int[] lying = index.scan();
        try {
            int[] listed = index.all();
            int unlisted = Postings.without(lying, listed).length;
            if (unlisted > 0) {
                note("%s: %d series are in no list of postings".formatted(index.name(), unlisted));
            }
            return listed;
        } catch (IndexOutOfBoundsException | InternalError e) {
            note("%s: list of all series: %s".formatted(index.name(), e.getMessage()));
            return lying;
        }
    }

    private Labels labels() {
        if (texts.size() > 1 << 16) {
            texts.clear();
        }
        var pairs = new String[entry.pairs * 2];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = texts.computeIfAbsent(entry.symbols[i], index::symbol);
        }
        for (int i = 2; i < pairs.length; i += 2) {
            if (SeriesOrder.compare(pairs[i - 2], pairs[i]) >= 0) {
                throw new IllegalArgumentException(
                        "label %s does not come after %s".formatted(pairs[i], pairs[i - 2]));
            }
        }
        return Labels.of(pairs);
    }

    private void checkChunks(int id, Labels labels) {
        if (entry.chunks == 0) {
            note("%s has no chunks".formatted(labels));
        }
        for (int i = 0; i < entry.chunks; i++) {
            long reference = entry.references[i];
            var where =
                    "%s at byte %d, chunk %d of %s"
                            .formatted(chunks.file(reference), reference & 0xffff_ffffL, i, labels);
            if (reference <= lastReference) {
                note(where + " does not lie behind the one before");
            }
            lastReference = reference;
            long min = entry.minTimes[i];
            long max = entry.maxTimes[i];
            if (min < meta.minTime() || max >= meta.maxTime()) {
                note(
                        "%s: samples from %d to %d, the block is from %d to before %d"
                                .formatted(where, min, max, meta.minTime(), meta.maxTime()));
            }
            if (i > 0 && min <= entry.maxTimes[i - 1]) {
                note(where + " overlaps with the one before");
            }
            chunkCount++;
            try {
                chunks.copy(reference, copy);
                checkSamples(id, where, min, max);
            } catch (IndexOutOfBoundsException | InternalError e) {
                note(where + ": " + e.getMessage());
            }
        }
    }

    private void checkSamples(int id, String where, long min, long max) {
        if (!Chunk.isKnown(copy.encoding())) {
            note(where + ": unknown encoding " + copy.encoding());
            return;
        }
        int count = copy.count();
        samples += count;
        long[] times;
        int read;
        var layout = folded.layout(id);
        if (layout.isNone()) {
            var into = new Samples();
            copy.read(Long.MIN_VALUE, Long.MAX_VALUE, into);
            times = into.times();
            read = into.size();
        } else {
            var into = new FoldedSamples();
            into.reset(layout.size());
            copy.read(layout.bounds(), Long.MIN_VALUE, Long.MAX_VALUE, into);
            read = into.size();
            times = new long[read];
            for (int i = 0; i < read; i++) {
                times[i] = into.time(i);
            }
        }
        if (read != count || count == 0) {
            note("%s: %d samples are readable, %d are counted".formatted(where, read, count));
            return;
        }
        for (int i = 1; i < read; i++) {
            if (times[i] <= times[i - 1]) {
                note("%s: sample %d is not after the one before".formatted(where, i));
                return;
            }
        }
        if (times[0] != min || times[read - 1] != max) {
            note(
                    "%s: samples from %d to %d, the index says %d to %d"
                            .formatted(where, times[0], times[read - 1], min, max));
        }
    }

    private void checkPostings(int... ids) {
        for (var label : index.labelNames()) {
            try {
                index.forEachValue(
                        label,
                        (value, place) -> {
                            try {
                                int[] list = index.postings(place);
                                if (Postings.without(list, ids).length > 0) {
                                    note(
                                            "%s: postings of %s=\"%s\" name series that are not there"
                                                    .formatted(index.name(), label, value));
                                }
                            } catch (IndexOutOfBoundsException e) {
                                note("%s: %s".formatted(index.name(), e.getMessage()));
                            }
                        });
            } catch (IndexOutOfBoundsException | InternalError e) {
                note("%s: values of %s: %s".formatted(index.name(), label, e.getMessage()));
            }
        }
    }

    private void checkFolded(int... ids) {
        if (Postings.without(folded.series(), ids).length > 0) {
            note("%s/folded names series that are not there".formatted(meta.ulid()));
        }
    }

    private void checkTombstones(int... ids) {
        for (long series : tombstones.series()) {
            if (Arrays.binarySearch(ids, (int) series) < 0) {
                note(
                        "%s/tombstones: there is no series %d to delete from"
                                .formatted(meta.ulid(), series));
            }
        }
    }

    private void checkNumbers(int series) {
        var said = meta.stats();
        if (said.series() != series || said.chunks() != chunkCount || said.samples() != samples) {
            note(
                    "%s/meta.json counts %d series, %d chunks, %d samples; there are %d, %d, %d"
                            .formatted(
                                    meta.ulid(),
                                    said.series(),
                                    said.chunks(),
                                    said.samples(),
                                    series,
                                    chunkCount,
                                    samples));
        }
    }
}
