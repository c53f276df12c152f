package tokenplumb.tsdb.block;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;

import java.io.IOException;

/// Writes a block's chunk files, `chunks/000001` and on. Used by one thread.
final class ChunkWriter implements AutoCloseable {
    static final int MAGIC = 0x85BD40DD;
    static final int VERSION = 1;
    static final int HEADER = 8;
    static final long LARGEST = 512L << 20;

    private final Disk disk;
    private final String folder;
    private final long largest;
    private final Buffer entry = new Buffer(1024);
    private FileWriter file; // null before the first chunk
    private int files;

    ChunkWriter(Disk disk, String folder, long largest) {
        this.disk = disk;
        this.folder = folder;
        this.largest = largest;
    }

    static String name(String folder, int file) {
        return "%s/chunks/%06d".formatted(folder, file + 1);
    }

    /// Writes a chunk; its reference: the file's number in the upper half, the offset in the lower.
    long add(int encoding, Buffer data) throws IOException {
        entry.reset();
        entry.putUvarint(data.size());
        int start = entry.size();
        entry.putByte(encoding);
        entry.put(data.array(), 0, data.size());
        entry.putInt(Crc32c.of(entry.array(), start, entry.size() - start));
        if (file == null || file.position() + entry.size() > largest) {
            next();
        }
        long reference = (long) (files - 1) << 32 | file.position();
        file.put(entry);
        return reference;
    }

    private void next() throws IOException {
        finish();
        file = new FileWriter(disk, name(folder, files++));
        file.piece().putInt(MAGIC);
        file.piece().putByte(VERSION);
        file.piece().putByte(0);
        file.piece().putShort(0);
    }

    /// Syncs what was written.
    void finish() throws IOException {
        if (file != null) {
            file.sync();
            file.close();
            file = null;
        }
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
