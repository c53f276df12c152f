package tokenplumb.tsdb.dense;

import tokenplumb.disk.Disk;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.block.BlockDamage;
import tokenplumb.tsdb.block.BlockMeta;
import tokenplumb.tsdb.block.OpenBlock;
import tokenplumb.tsdb.block.SeriesOrder;
import tokenplumb.tsdb.block.SeriesSink;
import tokenplumb.tsdb.block.Tombstones;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;

/// A dense block on disk, opened to read: mapped, and used just as [tokenplumb.tsdb.block.Block]
/// is. Opening reads the table of contents and no more. Thread-safe. Whoever closes it waits until
/// every querier is closed.
public final class DenseBlock implements OpenBlock {
    static final String DATA = "data";
    static final String INDEX = "index";

    /// "TPDDA", version 1.
    static final long DATA_MAGIC = 0x54504444_41000001L;

    /// "TPDIX", version 1.
    static final long INDEX_MAGIC = 0x54504449_58000001L;

    static final int HEADER = 8;

    /// Readers kept for later.
    private static final int MOST_READERS = 4;

    private final Disk disk;
    private final String folder;
    private final DamageLog damage;
    private final Disk.Mapping indexMapping;
    private final Disk.Mapping dataMapping;
    private final IndexReader index;
    private final ArrayDeque<SliceReader> readers = new ArrayDeque<>();
    private volatile BlockMeta meta;
    private volatile Tombstones tombstones;
    private volatile List<Families.Family> families; // null until asked for
    private volatile Models timesModels; // null until asked for

    private DenseBlock(
            Disk disk,
            String folder,
            BlockMeta meta,
            Tombstones tombstones,
            DamageLog damage,
            Disk.Mapping indexMapping,
            Disk.Mapping dataMapping)
            throws IOException {
        this.disk = disk;
        this.folder = folder;
        this.meta = meta;
        this.tombstones = tombstones;
        this.damage = damage;
        this.indexMapping = indexMapping;
        this.dataMapping = dataMapping;
        this.index = new IndexReader(folder + "/" + INDEX, indexMapping.bytes());
    }

    /// Opens the block of a folder. Fails when it cannot be used as a whole (no meta.json, a
    /// damaged table of contents); lesser damage costs what it hits and is told to `damage`, at
    /// most once for each place.
    public static DenseBlock open(Disk disk, String folder, BlockDamage damage) throws IOException {
        var meta = BlockMeta.read(disk, folder);
        var tombstones = Tombstones.read(disk, folder);
        var log = new DamageLog(damage);
        var indexMapping = disk.map(folder + "/" + INDEX);
        try {
            var dataMapping = disk.map(folder + "/" + DATA);
            try {
                var block =
                        new DenseBlock(
                                disk, folder, meta, tombstones, log, indexMapping, dataMapping);
                long size = dataMapping.bytes().byteSize();
                if (size != block.index.dataSize()) {
                    log.tell(
                            new Damaged(
                                    block.dataFile(),
                                    size,
                                    "it has %d bytes and not %d"
                                            .formatted(size, block.index.dataSize())));
                }
                return block;
            } catch (IOException | RuntimeException e) {
                dataMapping.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            indexMapping.close();
            throw e;
        }
    }

    @Override
    public BlockMeta meta() {
        return meta;
    }

    @Override
    public String folder() {
        return folder;
    }

    @Override
    public long bytes() {
        long sum = 0;
        try {
            for (var file : disk.list(folder)) {
                sum += disk.size(file);
            }
        } catch (IOException e) {
            return indexMapping.bytes().byteSize() + dataMapping.bytes().byteSize();
        }
        return sum;
    }

    @Override
    public KeptQuerier kept() {
        return new DenseQuerier(this);
    }

    /// All series, plain and folded, in the order of [SeriesOrder], as compaction reads them: a
    /// page of each family in memory.
    @Override
    public Iterator<KeptSeries> inOrder() {
        return new InOrder();
    }

    /// Hands all series, in order and with their samples, to a block that is being written, of this
    /// or another format.
    public void copyTo(SeriesSink sink) throws IOException {
        var plain = new Samples();
        var folded = new FoldedSamples();
        for (var all = inOrder(); all.hasNext(); ) {
            var series = all.next();
            sink.series(series.labels(), series.layout());
            if (series.layout().isNone()) {
                plain.clear();
                series.read(Long.MIN_VALUE, Long.MAX_VALUE, plain);
                sink.append(plain);
            } else {
                folded.reset(series.layout().size());
                series.read(Long.MIN_VALUE, Long.MAX_VALUE, folded);
                sink.append(folded);
            }
        }
    }

    @Override
    public synchronized int delete(Collection<? extends KeptSeries> series, long from, long to)
            throws IOException {
        var numbers =
                series.stream()
                        .filter(each -> each instanceof DenseSeries own && own.block() == this)
                        .mapToLong(each -> ((DenseSeries) each).number())
                        .toArray();
        if (numbers.length == 0 || from > to) {
            return 0;
        }
        var more = tombstones.with(numbers, from, to);
        more.write(disk, folder);
        tombstones = more;
        var counted = meta.withTombstones(more.count());
        counted.write(disk, folder);
        meta = counted;
        return numbers.length;
    }

    public Tombstones tombstones() {
        return tombstones;
    }

    @Override
    public List<String> verify() {
        var wrong = new ArrayList<String>();
        for (var section : Section.values()) {
            for (int page = 0; page < index.pages(section); page++) {
                try {
                    index.page(section, page);
                } catch (Damaged e) {
                    wrong.add(text(e));
                }
            }
        }
        if (!wrong.isEmpty()) {
            return wrong;
        }
        long series = 0;
        for (var family : families()) {
            for (int page = 0; page < family.pages(); page++) {
                try {
                    for (var each :
                            new FamilyReader(this, labels(), Tombstones.NONE).page(family, page)) {
                        series++;
                        each.verify();
                    }
                } catch (Damaged e) {
                    wrong.add(text(e));
                }
            }
        }
        if (wrong.isEmpty() && series != meta.stats().series()) {
            wrong.add(
                    "%s: it has %d series, meta.json says %d"
                            .formatted(folder, series, meta.stats().series()));
        }
        return wrong;
    }

    private static String text(Damaged e) {
        return "%s at byte %d: %s".formatted(e.file(), e.offset(), e.getMessage());
    }

    @Override
    public void close() {
        ModelCache.SHARED.forget(this);
        dataMapping.close();
        indexMapping.close();
    }

    IndexReader index() {
        return index;
    }

    MemorySegment data() {
        return dataMapping.bytes();
    }

    String dataFile() {
        return folder + "/" + DATA;
    }

    DamageLog damage() {
        return damage;
    }

    LabelsReader labels() {
        return new LabelsReader(index, damage);
    }

    List<Families.Family> families() {
        var read = families; // a race reads it twice, alike
        if (read == null) {
            read = Families.read(index, damage);
            families = read;
        }
        return read;
    }

    Models models(int family) throws Damaged {
        return ModelCache.SHARED.get(this, family, () -> readModels(family + 1, ChunkShaper.ROLES));
    }

    Models timesModels() throws Damaged {
        var read = timesModels; // a race reads it twice, alike
        if (read == null) {
            read = readModels(0, Times.ROLES);
            timesModels = read;
        }
        return read;
    }

    private Models readModels(int page, int roles) throws Damaged {
        var in = index.page(Section.MODELS, page);
        try {
            return Models.read(in, roles);
        } catch (IndexOutOfBoundsException | IllegalStateException e) {
            throw index.impossible(Section.MODELS, page, e);
        }
    }

    SliceReader borrow() {
        synchronized (readers) {
            var one = readers.poll();
            return one == null ? new SliceReader(this) : one;
        }
    }

    void giveBack(SliceReader reader) {
        synchronized (readers) {
            if (readers.size() < MOST_READERS) {
                readers.push(reader);
            }
        }
    }

    /// Merges the families, each of which is in order.
    private final class InOrder implements Iterator<KeptSeries> {
        private final FamilyReader reader = new FamilyReader(DenseBlock.this, labels(), tombstones);
        private final PriorityQueue<Cursor> cursors =
                new PriorityQueue<>(
                        Comparator.comparing(
                                        (Cursor each) -> each.now().labels(), SeriesOrder.BY_BYTES)
                                .thenComparing(each -> each.family.isFolded()));

        InOrder() {
            for (var family : families()) {
                add(new Cursor(family));
            }
        }

        private void add(Cursor cursor) {
            if (cursor.hasNow(reader)) {
                cursors.add(cursor);
            }
        }

        @Override
        public boolean hasNext() {
            return !cursors.isEmpty();
        }

        @Override
        public KeptSeries next() {
            var first = cursors.poll();
            if (first == null) {
                throw new NoSuchElementException();
            }
            var series = first.now();
            first.at++;
            add(first);
            return series;
        }
    }

    /// Where a merge stands in a family.
    private final class Cursor {
        final Families.Family family;
        private List<DenseSeries> page = List.of();
        private int nextPage;
        int at;

        Cursor(Families.Family family) {
            this.family = family;
        }

        DenseSeries now() {
            return page.get(at);
        }

        boolean hasNow(FamilyReader reader) {
            while (at == page.size()) {
                if (nextPage == family.pages()) {
                    return false;
                }
                at = 0;
                page = next(reader);
                if (page.isEmpty() || !page.getFirst().labels().metricName().isEmpty()) {
                    continue;
                }
                // sets are in the order of series with a name, and those without are few
                var rest = new ArrayList<>(page);
                while (nextPage < family.pages()) {
                    rest.addAll(next(reader));
                }
                rest.sort(Comparator.comparing(DenseSeries::labels, SeriesOrder.BY_BYTES));
                page = rest;
            }
            return true;
        }

        private List<DenseSeries> next(FamilyReader reader) {
            try {
                return reader.page(family, nextPage++);
            } catch (Damaged e) {
                damage.tell(e);
                return List.of();
            }
        }
    }
}
