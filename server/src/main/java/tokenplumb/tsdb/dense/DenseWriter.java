package tokenplumb.tsdb.dense;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.SeriesOrder;
import tokenplumb.tsdb.block.SeriesSink;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Writes a dense block. Samples are spooled to a file beside it first, as the models of a family
/// must be learnt before its series are written.
public final class DenseWriter implements SeriesSink {
    private static final String UNFINISHED = ".tmp-for-creation";
    private static final int FLUSH = 1 << 18;

    private final Disk disk;
    private final String folder;
    private final String unfinished;
    private final BlockMeta meta;
    private final Spool spool;
    private final Map<Labels, Integer> setNumbers = new HashMap<>();
    private final List<Labels> sets = new ArrayList<>();
    private final Map<BucketLayout, Integer> layouts = new HashMap<>();
    private final List<BucketLayout> layoutList = new ArrayList<>();
    private final TreeMap<String, List<Spooled>> plainFamilies = new TreeMap<>();
    private final TreeMap<String, List<Spooled>> foldedFamilies = new TreeMap<>();
    private Labels labels = Labels.EMPTY;
    private BucketLayout layout = BucketLayout.NONE;
    private long start = -1; // of the series in the spool; -1: it has no samples yet
    private boolean isFinished;

    /// A series in the spool.
    record Spooled(int set, int layout, long from, long to) {}

    /// Of a block that will stand below `parent` (most often `dense`) by its name in `meta`, whose
    /// numbers are counted here.
    public DenseWriter(Disk disk, String parent, BlockMeta meta) throws IOException {
        this.disk = disk;
        this.folder = parent.isEmpty() ? meta.ulid() : parent + "/" + meta.ulid();
        this.unfinished = folder + UNFINISHED;
        this.meta = meta;
        disk.deleteFolder(unfinished);
        this.spool = new Spool(disk, unfinished + "/spool");
    }

    @Override
    public void series(Labels of, BucketLayout inLayout) throws IOException {
        endSeries();
        labels = of;
        layout = inLayout;
    }

    @Override
    public void append(Samples samples) throws IOException {
        if (!layout.isNone()) {
            throw new IllegalStateException("bug: plain samples of a folded series " + labels);
        }
        if (samples.size() > 0) {
            start = start < 0 ? spool.position() : start;
            spool.append(samples);
        }
    }

    @Override
    public void append(FoldedSamples samples) throws IOException {
        if (layout.size() != samples.buckets()) {
            throw new IllegalStateException("bug: samples of another layout for " + labels);
        }
        if (samples.size() > 0) {
            start = start < 0 ? spool.position() : start;
            spool.append(samples);
        }
    }

    private void endSeries() throws IOException {
        if (start < 0) {
            return;
        }
        spool.endSeries();
        var rest = labels.without(Labels.NAME);
        var known = setNumbers.putIfAbsent(rest, sets.size());
        if (known == null) {
            sets.add(rest);
        }
        int layoutNumber = -1;
        if (!layout.isNone()) {
            layoutNumber = layouts.computeIfAbsent(layout, each -> layouts.size());
            if (layoutNumber == layoutList.size()) {
                layoutList.add(layout);
            }
        }
        (layout.isNone() ? plainFamilies : foldedFamilies)
                .computeIfAbsent(labels.metricName(), name -> new ArrayList<>())
                .add(
                        new Spooled(
                                known == null ? sets.size() - 1 : known,
                                layoutNumber,
                                start,
                                spool.position()));
        start = -1;
    }

    @Override
    public BlockMeta finish() throws IOException {
        endSeries();
        spool.seal();
        BlockMeta finished;
        try (var data = disk.append(unfinished + "/" + DenseBlock.DATA);
                var index = disk.append(unfinished + "/" + DenseBlock.INDEX)) {
            finished = write(data, index);
            data.sync();
            index.sync();
        }
        spool.close();
        finished.write(disk, unfinished);
        disk.rename(unfinished, folder);
        isFinished = true;
        return finished;
    }

    @Override
    public void close() throws IOException {
        if (!isFinished) {
            isFinished = true;
            spool.close();
            disk.deleteFolder(unfinished);
        }
    }

    private BlockMeta write(Disk.Appender data, Disk.Appender index) throws IOException {
        var sections = new EnumMap<Section, Pages>(Section.class);
        for (var section : Section.values()) {
            sections.put(section, new Pages());
        }
        // in the order that series of one metric have, whatever its name
        var sorted =
                sets.stream()
                        .map(each -> each.with(Labels.NAME, "any"))
                        .sorted(SeriesOrder.BY_BYTES)
                        .map(each -> each.without(Labels.NAME))
                        .toList();
        var rank = new int[sets.size()];
        for (int i = 0; i < sorted.size(); i++) {
            rank[setNumbers.get(sorted.get(i))] = i;
        }
        var names = new ArrayList<String>(plainFamilies.keySet());
        names.addAll(foldedFamilies.keySet());
        var labelsWriter = new LabelsWriter(names, sorted, sections);
        writeLayouts(sections.get(Section.LAYOUTS));

        var out = new Buffer(FLUSH * 2);
        out.putLong(DenseBlock.DATA_MAGIC);
        var families =
                new FamilyWriter(
                        spool,
                        sections,
                        chunks -> {
                            out.put(chunks.array(), 0, chunks.size());
                            if (out.size() > FLUSH) {
                                data.append(out.array(), 0, out.size());
                                out.reset();
                            }
                        },
                        DenseBlock.HEADER);
        families.learnTimes(sample(), meta.minTime(), meta.maxTime());
        for (var folded : List.of(false, true)) {
            for (var family : (folded ? foldedFamilies : plainFamilies).entrySet()) {
                var series = new ArrayList<Spooled>(family.getValue().size());
                for (var each : family.getValue()) {
                    series.add(new Spooled(rank[each.set], each.layout, each.from, each.to));
                }
                series.sort((a, b) -> Integer.compare(a.set, b.set));
                families.write(labelsWriter.symbol(family.getKey()), folded, series, layoutList);
            }
        }
        families.end();
        data.append(out.array(), 0, out.size());

        var whole = new Buffer(1 << 16);
        whole.putLong(DenseBlock.INDEX_MAGIC);
        var contents = new Buffer();
        for (var section : Section.values()) {
            sections.get(section).write(whole, contents);
        }
        contents.putUvarint(labelsWriter.count());
        contents.putUvarint(sorted.size());
        families.writeContents(contents);
        contents.putUvarint(families.position());
        whole.put(contents.array(), 0, contents.size());
        whole.putInt(Crc32c.of(contents.array(), 0, contents.size()));
        whole.putInt(contents.size());
        whole.putLong(DenseBlock.INDEX_MAGIC);
        index.append(whole.array(), 0, whole.size());
        return meta.with(families.stats());
    }

    private void writeLayouts(Pages pages) {
        for (int i = 0; i < layoutList.size(); i++) {
            if (i % Section.LAYOUTS.perPage == 0) {
                pages.endIfAny();
            }
            var spellings = layoutList.get(i).spellings();
            pages.page().putUvarint(spellings.size());
            spellings.forEach(pages.page()::putText);
        }
        pages.endIfAny();
    }

    /// Some series, spread evenly.
    private List<Spooled> sample() {
        var all = new ArrayList<Spooled>();
        plainFamilies.values().forEach(all::addAll);
        foldedFamilies.values().forEach(all::addAll);
        return FamilyWriter.spread(all, FamilyWriter.SAMPLE);
    }
}
