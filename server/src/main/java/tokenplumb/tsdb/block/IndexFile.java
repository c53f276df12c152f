package tokenplumb.tsdb.block;

import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/// A block's index, mapped. Memory holds where every 32nd symbol and every 32nd entry of the table
/// of postings stand, and the names of labels; everything else is read where it lies.
///
/// Numbers of series are their offsets divided by 16. Thread-safe. What turns out damaged throws
/// [IndexOutOfBoundsException].
final class IndexFile implements AutoCloseable {
    private static final int STRIDE = 32;
    private static final int HEADER = 5;
    private static final int SMALLEST = HEADER + IndexWriter.TOC;

    private final String name;
    private final Disk.Mapping mapping;
    private final MemorySegment file;
    private final long seriesAt;
    private final long seriesEnd;
    private final long tableAt;
    private int symbols;
    private long[] symbolsAt; // of every STRIDE-th
    private long allAt; // postings of all series; 0 when there are none
    private final TreeMap<String, Label> labels = new TreeMap<>(SeriesOrder::compare);

    /// Where a label's values stand in the table.
    private static final class Label {
        final List<String> values = new ArrayList<>(); // every STRIDE-th, and the last
        long[] at = new long[2]; // of those
        long end; // behind the last
        int count;

        void sample(String value, long position) {
            if (values.size() == at.length) {
                at = Arrays.copyOf(at, at.length * 2);
            }
            at[values.size()] = position;
            values.add(value);
        }
    }

    /// Hears the values of a label in order, and where the postings of each stand.
    interface Values {
        void value(String value, long postings);
    }

    private boolean isRebuilt; // the table is damaged; the next two stand for it
    private final TreeMap<String, TreeMap<String, Long>> rebuilt =
            new TreeMap<>(SeriesOrder::compare);
    private final List<PostingsList> rebuiltLists = new ArrayList<>();

    private IndexFile(String name, Disk.Mapping mapping, BlockDamage damage) throws IOException {
        this.name = name;
        this.mapping = mapping;
        this.file = mapping.bytes();
        try {
            checkHeader();
            long toc = file.byteSize() - IndexWriter.TOC;
            if (MappedReader.crc(file, toc, IndexWriter.TOC - 4)
                    != file.get(MappedReader.INT, toc + IndexWriter.TOC - 4)) {
                throw new IOException(
                        "%s: the checksum of its table of contents does not match: the file is damaged or cut short"
                                .formatted(name));
            }
            long symbolTable = file.get(MappedReader.LONG, toc);
            this.seriesAt = file.get(MappedReader.LONG, toc + 8);
            long postingsAt = file.get(MappedReader.LONG, toc + 32);
            this.tableAt = file.get(MappedReader.LONG, toc + 40);
            this.seriesEnd = Math.min(postingsAt == 0 ? toc : postingsAt, toc);
            readSymbols(symbolTable);
            readTableOrRebuild(damage);
        } catch (IndexOutOfBoundsException | InternalError e) {
            throw new IOException("%s is damaged: %s".formatted(name, e.getMessage()), e);
        }
    }

    static IndexFile open(Disk disk, String folder, BlockDamage damage) throws IOException {
        var name = folder + "/index";
        var mapping = disk.map(name);
        try {
            return new IndexFile(name, mapping, damage);
        } catch (IOException | RuntimeException e) {
            mapping.close();
            throw e;
        }
    }

    private void checkHeader() throws IOException {
        if (file.byteSize() < SMALLEST) {
            throw new IOException(
                    "%s has %d bytes, too few for an index".formatted(name, file.byteSize()));
        }
        int version = file.get(ValueLayout.JAVA_BYTE, 4);
        if (file.get(MappedReader.INT, 0) != IndexWriter.MAGIC) {
            throw new IOException("%s is no index: it begins otherwise".formatted(name));
        }
        if (version != 2 && version != 3) {
            throw new IOException(
                    "%s is an index of version %d; 2 and 3 can be read".formatted(name, version));
        }
    }

    String name() {
        return name;
    }

    long bytes() {
        return file.byteSize();
    }

    /// Whether the table of postings is damaged and was made anew.
    boolean isRebuilt() {
        return isRebuilt;
    }

    int symbols() {
        return symbols;
    }

    /// Looks at the checksum of `length ‖ content ‖ checksum`; answers the content's length.
    private int section(long at, String what) {
        long length = file.get(MappedReader.INT, at) & 0xffff_ffffL;
        if (length > Integer.MAX_VALUE || at + 8 + length > file.byteSize()) {
            throw new IndexOutOfBoundsException(
                    "%s at byte %d go beyond the end".formatted(what, at));
        }
        if (MappedReader.crc(file, at + 4, length) != file.get(MappedReader.INT, at + 4 + length)) {
            throw new IndexOutOfBoundsException(
                    "the checksum of %s at byte %d does not match".formatted(what, at));
        }
        return (int) length;
    }

    private void readSymbols(long at) {
        section(at, "the symbols");
        var reader = new MappedReader(file, at + 4);
        symbols = count(reader.getInt(), 1);
        symbolsAt = new long[(symbols + STRIDE - 1) / STRIDE];
        for (int i = 0; i < symbols; i++) {
            if (i % STRIDE == 0) {
                symbolsAt[i / STRIDE] = reader.position();
            }
            reader.skipText();
        }
    }

    private int count(int count, int bytesEach) {
        if (count < 0 || count > file.byteSize() / bytesEach) {
            throw new IndexOutOfBoundsException(
                    "%d things in a file of %d bytes".formatted(count, file.byteSize()));
        }
        return count;
    }

    private void readTableOrRebuild(BlockDamage damage) {
        try {
            readTable();
        } catch (IndexOutOfBoundsException e) {
            damage.damaged(name, tableAt, e.getMessage() + "; made anew out of the series");
            rebuild();
        }
    }

    /// Postings out of the series themselves, as many as are sound. Lists made so stand "at" −1, −2
    /// and on.
    private void rebuild() {
        isRebuilt = true;
        labels.clear();
        var entry = new SeriesEntry();
        for (int id : scan()) {
            series(id, entry);
            for (int i = 0; i < entry.pairs; i++) {
                var places =
                        rebuilt.computeIfAbsent(
                                symbol(entry.symbols[2 * i]),
                                label -> new TreeMap<>(SeriesOrder::compare));
                long place =
                        places.computeIfAbsent(
                                symbol(entry.symbols[2 * i + 1]), value -> newList());
                rebuiltLists.get((int) (-place - 1)).add(id);
            }
        }
    }

    private long newList() {
        rebuiltLists.add(new PostingsList());
        return -rebuiltLists.size();
    }

    private void readTable() {
        section(tableAt, "the table of postings");
        var reader = new MappedReader(file, tableAt + 4);
        int entries = count(reader.getInt(), 4);
        Label label = null;
        String lastName = "";
        String lastValue = "";
        long lastAt = 0;
        for (int i = 0; i < entries; i++) {
            long at = reader.position();
            if (reader.getUvarint() != 2) {
                throw new IndexOutOfBoundsException(
                        "an entry at byte %d of the table of postings has not two texts"
                                .formatted(at));
            }
            var labelName = reader.getText();
            boolean isNew = label == null || !labelName.equals(lastName);
            if (isNew) {
                close(label, lastValue, lastAt, at);
                label = new Label();
                labels.put(labelName, label);
                lastName = labelName;
            }
            boolean isSampled = label.count++ % STRIDE == 0;
            var value = reader.getText();
            if (isSampled) {
                label.sample(value, at);
            }
            lastValue = value;
            lastAt = at;
            long postings = reader.getUvarint();
            if (labelName.isEmpty()) {
                allAt = postings;
            }
        }
        close(label, lastValue, lastAt, reader.position());
        labels.remove("");
    }

    private static void close(Label label, String lastValue, long lastAt, long end) {
        if (label == null) {
            return;
        }
        label.end = end;
        if (label.at[label.values.size() - 1] != lastAt) {
            label.sample(lastValue, lastAt);
        }
    }

    // --- symbols

    /// Reads a symbol.
    String symbol(int number) {
        if (number < 0 || number >= symbols) {
            throw new IndexOutOfBoundsException(
                    "symbol %d, there are %d".formatted(number, symbols));
        }
        var reader = new MappedReader(file, symbolsAt[number / STRIDE]);
        for (int i = number % STRIDE; i > 0; i--) {
            reader.skipText();
        }
        return reader.getText();
    }

    // --- labels and postings

    /// Names of all labels, in order; not to be changed.
    Iterable<String> labelNames() {
        return isRebuilt ? rebuilt.keySet() : labels.keySet();
    }

    /// Different values of a label.
    int values(String label) {
        if (isRebuilt) {
            return rebuilt.containsKey(label) ? rebuilt.get(label).size() : 0;
        }
        var known = labels.get(label);
        return known == null ? 0 : known.count;
    }

    /// Where the postings of a label's value stand, 0 when no series has it.
    long find(String label, String value) {
        if (isRebuilt) {
            return rebuilt.containsKey(label) ? rebuilt.get(label).getOrDefault(value, 0L) : 0;
        }
        var known = labels.get(label);
        if (known == null) {
            return 0;
        }
        int low = 0;
        int high = known.values.size() - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            int order = SeriesOrder.compare(known.values.get(middle), value);
            if (order == 0) {
                return entryAt(known.at[middle]);
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        if (high < 0) {
            return 0;
        }
        long end = high + 1 < known.values.size() ? known.at[high + 1] : known.end;
        var reader = new MappedReader(file, known.at[high]);
        while (reader.position() < end) {
            reader.getUvarint();
            reader.skipText();
            int order = SeriesOrder.compare(reader.getText(), value);
            long postings = reader.getUvarint();
            if (order == 0) {
                return postings;
            }
            if (order > 0) {
                return 0;
            }
        }
        return 0;
    }

    private long entryAt(long at) {
        var reader = new MappedReader(file, at);
        reader.getUvarint();
        reader.skipText();
        reader.skipText();
        return reader.getUvarint();
    }

    /// All values of a label.
    void forEachValue(String label, Values values) {
        if (isRebuilt) {
            if (rebuilt.containsKey(label)) {
                rebuilt.get(label).forEach(values::value);
            }
            return;
        }
        var known = labels.get(label);
        if (known == null) {
            return;
        }
        var reader = new MappedReader(file, known.at[0]);
        while (reader.position() < known.end) {
            reader.getUvarint();
            reader.skipText();
            var value = reader.getText();
            values.value(value, reader.getUvarint());
        }
    }

    /// Numbers of all series, ascending.
    int[] all() {
        if (isRebuilt) {
            return scan();
        }
        return allAt == 0 ? new int[0] : postings(allAt);
    }

    /// The list at a place, ascending.
    int[] postings(long at) {
        if (at < 0) {
            return rebuiltLists.get((int) (-at - 1)).ids();
        }
        if (at < HEADER || at > file.byteSize() - 12) {
            throw new IndexOutOfBoundsException("postings at byte " + at);
        }
        int length = section(at, "the postings");
        int count = file.get(MappedReader.INT, at + 4);
        if (count < 0 || count > (length - 4) / 4) {
            throw new IndexOutOfBoundsException(
                    "%d postings in %d bytes at byte %d".formatted(count, length, at));
        }
        var ids = new int[count];
        MemorySegment.copy(file, MappedReader.INT, at + 8, ids, 0, count);
        return ids;
    }

    // --- series

    /// Reads a series.
    void series(int id, SeriesEntry into) {
        long at = offset(id);
        if (at < seriesAt || at >= seriesEnd) {
            throw new IndexOutOfBoundsException(
                    "series at byte %d, they stand from %d to %d"
                            .formatted(at, seriesAt, seriesEnd));
        }
        series(at, into);
    }

    /// Where a series stands in the file.
    static long offset(int id) {
        return (id & 0xffff_ffffL) * IndexWriter.ALIGNMENT;
    }

    /// Reads the series at an offset; answers where it ends.
    private long series(long at, SeriesEntry into) {
        var header = new MappedReader(file, at);
        long length = header.getUvarint();
        long start = header.position();
        if (length <= 0 || length > seriesEnd - start - 4) {
            throw new IndexOutOfBoundsException(
                    "the series at byte %d is %d bytes long".formatted(at, length));
        }
        int size = (int) length;
        if (into.bytes.length < size) {
            into.bytes = new byte[size * 2];
        }
        MemorySegment.copy(file, ValueLayout.JAVA_BYTE, start, into.bytes, 0, size);
        if (Crc32c.of(into.bytes, 0, size) != file.get(MappedReader.INT, start + length)) {
            throw new IndexOutOfBoundsException(
                    "the checksum of the series at byte %d does not match".formatted(at));
        }
        into.reader.reset(into.bytes, 0, size);
        into.read(into.reader);
        return start + length + 4;
    }

    /// Walks over the series as they lie in the file, as far as they are sound: numbers of all of
    /// them, ascending.
    int[] scan() {
        var ids = new int[1024];
        int count = 0;
        var entry = new SeriesEntry();
        long at =
                (seriesAt + IndexWriter.ALIGNMENT - 1)
                        / IndexWriter.ALIGNMENT
                        * IndexWriter.ALIGNMENT;
        while (at < seriesEnd) {
            try {
                long end = series(at, entry);
                if (count == ids.length) {
                    ids = Arrays.copyOf(ids, count * 2);
                }
                ids[count++] = (int) (at / IndexWriter.ALIGNMENT);
                at =
                        (end + IndexWriter.ALIGNMENT - 1)
                                / IndexWriter.ALIGNMENT
                                * IndexWriter.ALIGNMENT;
            } catch (IndexOutOfBoundsException e) {
                at += IndexWriter.ALIGNMENT; // the next sound one
            }
        }
        return Arrays.copyOf(ids, count);
    }

    @Override
    public void close() {
        mapping.close();
    }
}
