package tokenplumb.tsdb.block;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.Crc32c;
import tokenplumb.chunks.Chunk;
import tokenplumb.chunks.FoldedChunk;
import tokenplumb.disk.Disk;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Samples;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// A block's chunk files, mapped. Thread-safe. A file that is missing or no chunk file at all costs
/// its own chunks.
final class ChunkFiles implements AutoCloseable {
    private static final int LARGEST_CHUNK = 64 << 20;

    private final TreeMap<Integer, Disk.Mapping> files = new TreeMap<>();
    private final String folder;
    private long bytes;

    private ChunkFiles(String folder) {
        this.folder = folder;
    }

    static ChunkFiles open(Disk disk, String folder, BlockDamage damage) throws IOException {
        var opened = new ChunkFiles(folder);
        try {
            for (var name : disk.list(folder + "/chunks")) {
                opened.add(disk, name, damage);
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private void add(Disk disk, String name, BlockDamage damage) throws IOException {
        var number = name.substring(name.lastIndexOf('/') + 1);
        if (!number.matches("[0-9]{6,9}")) {
            return;
        }
        Disk.Mapping mapping;
        try {
            mapping = disk.map(name);
        } catch (IOException e) {
            damage.damaged(name, 0, "cannot be read: " + e.getMessage());
            return;
        }
        var file = mapping.bytes();
        bytes += file.byteSize();
        if (file.byteSize() < ChunkWriter.HEADER
                || file.get(MappedReader.INT, 0) != ChunkWriter.MAGIC
                || file.get(ValueLayout.JAVA_BYTE, 4) != ChunkWriter.VERSION) {
            mapping.close();
            damage.damaged(name, 0, "is no chunk file of version 1");
            return;
        }
        files.put(Integer.parseInt(number) - 1, mapping);
    }

    long bytes() {
        return bytes;
    }

    List<String> names() {
        var names = new ArrayList<String>();
        files.keySet().forEach(number -> names.add(ChunkWriter.name(folder, number)));
        return names;
    }

    /// A chunk copied out of its file. Made to be reused. Not thread-safe.
    static final class Copy {
        private byte[] bytes = new byte[4096];
        private int encoding;
        private int length;
        private long end;

        int encoding() {
            return encoding;
        }

        int count() {
            return Chunk.count(encoding, bytes, 1);
        }

        /// Where the chunk's entry ends in its file.
        long end() {
            return end;
        }

        void read(long from, long to, Samples into) {
            Chunk.read(encoding, bytes, 1, length, from, to, into);
        }

        void read(double[] bounds, long from, long to, FoldedSamples into) {
            if (encoding != Chunk.HISTOGRAM) {
                throw new IndexOutOfBoundsException(
                        "chunk of encoding %d in a folded histogram".formatted(encoding));
            }
            FoldedChunk.read(bytes, 1, length, bounds, from, to, into);
        }
    }

    /// Names the file of a chunk.
    String file(long reference) {
        return ChunkWriter.name(folder, (int) (reference >>> 32));
    }

    /// Copies a chunk, after a look at its checksum. Throws [IndexOutOfBoundsException] when it is
    /// not there or damaged.
    void copy(long reference, Copy into) {
        var mapping = files.get((int) (reference >>> 32));
        if (mapping == null) {
            throw new IndexOutOfBoundsException("the file is not there");
        }
        var file = mapping.bytes();
        long offset = reference & 0xffff_ffffL;
        if (offset < ChunkWriter.HEADER || offset >= file.byteSize()) {
            throw new IndexOutOfBoundsException("there is no byte %d".formatted(offset));
        }
        var header = new MappedReader(file, offset);
        long length = header.getUvarint();
        long at = header.position();
        if (length < 2 || length > LARGEST_CHUNK || at + 1 + length + 4 > file.byteSize()) {
            throw new IndexOutOfBoundsException("a chunk of %d bytes".formatted(length));
        }
        into.length = (int) length;
        into.end = at + 1 + length + 4;
        int size = into.length + 1;
        if (into.bytes.length < size + BitReader.PADDING) {
            into.bytes = new byte[(size + BitReader.PADDING) * 2];
        }
        MemorySegment.copy(file, ValueLayout.JAVA_BYTE, at, into.bytes, 0, size);
        if (Crc32c.of(into.bytes, 0, size) != file.get(MappedReader.INT, at + size)) {
            throw new IndexOutOfBoundsException("the checksum of the chunk does not match");
        }
        into.encoding = into.bytes[0] & 0xff;
    }

    @Override
    public void close() {
        files.values().forEach(Disk.Mapping::close);
        files.clear();
    }
}
