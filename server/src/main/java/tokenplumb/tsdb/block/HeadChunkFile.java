package tokenplumb.tsdb.block;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.Crc32c;
import tokenplumb.chunks.Chunk;
import tokenplumb.disk.Disk;
import tokenplumb.signal.Samples;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Reads a file of full chunks of a Prometheus' head (`chunks_head/000001`).
final class HeadChunkFile {
    private static final int MAGIC = 0x0130BC91;
    private static final int HEADER = 8;
    private static final int ENTRY_HEADER = 25; // series, times and encoding
    private static final int LATE = 0x80;

    private HeadChunkFile() {}

    /// Takes in the chunks.
    interface Chunks {
        /// A chunk's samples, valid during the call.
        void chunk(long reference, boolean isLate, Samples samples);
    }

    static void read(Disk disk, String name, Chunks chunks, BlockDamage damage) throws IOException {
        try (var mapping = disk.map(name)) {
            read(mapping.bytes(), name, chunks, damage);
        } catch (InternalError e) { // what a failed page-in of a mapped file throws
            damage.damaged(name, 0, "cannot be read: " + e.getMessage());
        }
    }

    private static void read(MemorySegment file, String name, Chunks chunks, BlockDamage damage) {
        if (file.byteSize() == 0) {
            return;
        }
        if (file.byteSize() < HEADER || file.get(MappedReader.INT, 0) != MAGIC) {
            damage.damaged(name, 0, "is no file of head chunks");
            return;
        }
        var samples = new Samples();
        long at = HEADER;
        while (at + ENTRY_HEADER < file.byteSize()) {
            if (isUnused(file, at)) {
                return; // the rest was set aside, and not written yet
            }
            try {
                at = readOne(file, at, chunks, samples);
            } catch (IndexOutOfBoundsException e) {
                damage.damaged(name, at, "the rest of the file cannot be read: " + e.getMessage());
                return;
            }
        }
    }

    private static boolean isUnused(MemorySegment file, long at) {
        for (int i = 0; i < ENTRY_HEADER; i++) {
            if (file.get(ValueLayout.JAVA_BYTE, at + i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static long readOne(MemorySegment file, long at, Chunks chunks, Samples samples) {
        long reference = file.get(MappedReader.LONG, at);
        int encoding = file.get(ValueLayout.JAVA_BYTE, at + 24) & 0xff;
        var reader = new MappedReader(file, at + ENTRY_HEADER);
        long length = reader.getUvarint();
        long start = reader.position();
        long end = start + length;
        if (length < 2 || length > file.byteSize() || end + 4 > file.byteSize()) {
            throw new IndexOutOfBoundsException("a chunk of %d bytes".formatted(length));
        }
        int header = (int) (start - at);
        var bytes = new byte[(int) (end - at) + BitReader.PADDING];
        MemorySegment.copy(file, ValueLayout.JAVA_BYTE, at, bytes, 0, (int) (end - at));
        if (Crc32c.of(bytes, 0, (int) (end - at)) != file.get(MappedReader.INT, end)) {
            throw new IndexOutOfBoundsException("the checksum of a chunk does not match");
        }
        samples.clear();
        Chunk.read(
                encoding & ~LATE,
                bytes,
                header,
                (int) length,
                Long.MIN_VALUE,
                Long.MAX_VALUE,
                samples);
        chunks.chunk(reference, (encoding & LATE) != 0, samples);
        return end + 4;
    }
}
