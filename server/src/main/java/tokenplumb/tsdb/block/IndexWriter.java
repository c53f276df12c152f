package tokenplumb.tsdb.block;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/// Writes a block's index, version 2. Series are noted in a file of their own first, because the
/// symbols they refer to stand before them and are known only when all have come; memory holds
/// symbols and postings, not series. Used by one thread.
final class IndexWriter implements AutoCloseable {
    static final int MAGIC = 0xBAAAD700;
    static final int VERSION = 2;
    static final int ALIGNMENT = 16;
    static final int TOC = 52;

    private static final long MOST_BYTES = (long) ALIGNMENT * Integer.MAX_VALUE;
    private static final int PIECE = 1 << 20;

    private final Disk disk;
    private final String name;
    private final String notes;
    private final Symbols symbols = new Symbols();
    private final FileWriter noted;
    private long series;

    IndexWriter(Disk disk, String folder) throws IOException {
        this.disk = disk;
        this.name = folder + "/index";
        this.notes = folder + "/series.tmp";
        disk.delete(notes);
        this.noted = new FileWriter(disk, notes);
        symbols.number(""); // Prometheus' own blocks have it, and ours are as theirs
    }

    Symbols symbols() {
        return symbols;
    }

    long series() {
        return series;
    }

    /// Notes a series, later in order than the one before: the numbers of its symbols (name, value,
    /// name, value, …, names ascending in bytes), its chunks as the index has them from their count
    /// on, and the number of its layout, −1 when it is not folded.
    void add(int[] pairs, Buffer chunks, int layout) throws IOException {
        var into = noted.piece();
        int start = into.size();
        into.putInt(0); // its length
        into.putUvarint(layout + 1);
        into.putUvarint(pairs.length / 2);
        for (int symbol : pairs) {
            into.putUvarint(symbol);
        }
        into.put(chunks.array(), 0, chunks.size());
        into.setInt(start, into.size() - start - 4);
        noted.drain();
        series++;
    }

    /// Writes the index of all that was noted; folded series go to `folded` as well.
    void finish(FoldedFile.Writer folded) throws IOException {
        noted.flush();
        noted.close();
        try (var index = new FileWriter(disk, name)) {
            new Pass(index).write(folded);
            index.sync();
        }
        disk.delete(notes);
    }

    /// Removes the notes, if they are still there.
    @Override
    public void close() throws IOException {
        noted.close();
    }

    /// The notes turned into an index.
    private final class Pass {
        private final FileWriter index;
        private final int[] order = symbols.sorted(); // by place in the index
        private final int[] places = new int[order.length]; // by number
        private final Map<Long, PostingsList> postings = new HashMap<>(); // by places of the pair
        private final PostingsList all = new PostingsList();

        Pass(FileWriter index) {
            this.index = index;
            for (int place = 0; place < order.length; place++) {
                places[order[place]] = place;
            }
        }

        void write(FoldedFile.Writer folded) throws IOException {
            index.piece().putInt(MAGIC);
            index.piece().putByte(VERSION);
            long symbolsAt = index.position();
            writeSymbols();
            long seriesAt = index.position();
            if (series > 0) {
                writeSeries(folded);
            }
            index.pad(4);
            long postingsAt = index.position();
            var table = writePostings();
            long tableAt = index.position();
            index.putSection(table);
            var toc = new Buffer(TOC);
            toc.putLong(symbolsAt);
            toc.putLong(seriesAt);
            toc.putLong(postingsAt); // label indices: none
            toc.putLong(tableAt);
            toc.putLong(postingsAt);
            toc.putLong(tableAt);
            toc.putInt(Crc32c.of(toc.array(), 0, toc.size()));
            index.put(toc);
        }

        private void writeSymbols() throws IOException {
            var content = new Buffer(1 << 16);
            content.putInt(order.length);
            for (int number : order) {
                content.putText(symbols.text(number));
            }
            index.putSection(content);
        }

        private void writeSeries(FoldedFile.Writer folded) throws IOException {
            var body = new Buffer(1024);
            var bytes = new byte[PIECE];
            try (var mapping = disk.map(notes)) {
                var file = mapping.bytes();
                long at = 0;
                while (at < file.byteSize()) {
                    int length = file.get(MappedReader.INT, at);
                    if (length > bytes.length) {
                        bytes = new byte[Math.max(length, bytes.length * 2)];
                    }
                    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, at + 4, bytes, 0, length);
                    at += 4 + length;
                    writeOne(new ByteReader(bytes, 0, length), bytes, length, body, folded);
                }
            }
        }

        private void writeOne(
                ByteReader note, byte[] bytes, int length, Buffer body, FoldedFile.Writer folded)
                throws IOException {
            index.pad(ALIGNMENT);
            if (index.position() >= MOST_BYTES) {
                throw new IOException(
                        "%s would be larger than 32 GiB: %d series are too many for one block; use shorter blocks"
                                .formatted(name, series));
            }
            int id = (int) (index.position() / ALIGNMENT);
            int layout = (int) note.getUvarint() - 1;
            if (layout >= 0) {
                folded.add(id, layout);
            }
            all.add(id);
            body.reset();
            int pairs = (int) note.getUvarint();
            body.putUvarint(pairs);
            for (int i = 0; i < pairs; i++) {
                int label = places[(int) note.getUvarint()];
                int value = places[(int) note.getUvarint()];
                body.putUvarint(label);
                body.putUvarint(value);
                postings.computeIfAbsent((long) label << 32 | value, pair -> new PostingsList())
                        .add(id);
            }
            body.put(bytes, note.position(), length - note.position());
            index.piece().putUvarint(body.size());
            index.put(body);
            index.piece().putInt(Crc32c.of(body.array(), 0, body.size()));
            index.drain();
        }

        /// Writes every list; answers the table of where they stand.
        private Buffer writePostings() throws IOException {
            var table = new Buffer(1 << 16);
            table.putInt(postings.size() + 1);
            writeList("", "", all, table);
            long[] pairs = postings.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
            for (long pair : pairs) {
                writeList(
                        symbols.text(order[(int) (pair >>> 32)]),
                        symbols.text(order[(int) pair]),
                        postings.get(pair),
                        table);
            }
            return table;
        }

        private void writeList(String label, String value, PostingsList list, Buffer table)
                throws IOException {
            index.pad(4);
            table.putUvarint(2);
            table.putText(label);
            table.putText(value);
            table.putUvarint(index.position());
            var content = new Buffer(4 + 4 * list.count());
            content.putInt(list.count());
            list.forEach(content::putInt);
            index.putSection(content);
        }
    }
}
