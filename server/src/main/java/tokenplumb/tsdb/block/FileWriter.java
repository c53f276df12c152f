package tokenplumb.tsdb.block;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;

import java.io.IOException;

/// A file being written from its beginning to its end, in large pieces. Used by one thread.
final class FileWriter implements AutoCloseable {
    private static final int PIECE = 1 << 18;

    private final Disk.Appender file;
    private final Buffer piece = new Buffer(PIECE + (PIECE >> 2));
    private long written;

    FileWriter(Disk disk, String name) throws IOException {
        this.file = disk.append(name);
        this.written = file.size();
    }

    /// Where the next byte goes, from the start of the file.
    long position() {
        return written + piece.size();
    }

    /// What is put here is written in the end; call [#drain] now and then.
    Buffer piece() {
        return piece;
    }

    /// Writes out what has gathered, when it is enough.
    void drain() throws IOException {
        if (piece.size() >= PIECE) {
            flush();
        }
    }

    void flush() throws IOException {
        file.append(piece.array(), 0, piece.size());
        written += piece.size();
        piece.reset();
    }

    void put(Buffer bytes) throws IOException {
        if (piece.size() + bytes.size() > PIECE) {
            flush();
            file.append(bytes.array(), 0, bytes.size());
            written += bytes.size();
            return;
        }
        piece.put(bytes.array(), 0, bytes.size());
    }

    /// Length, content, checksum.
    void putSection(Buffer content) throws IOException {
        piece.putInt(content.size());
        put(content);
        piece.putInt(Crc32c.of(content.array(), 0, content.size()));
        drain();
    }

    /// Zeros up to the next multiple of `alignment`.
    void pad(int alignment) {
        while (position() % alignment != 0) {
            piece.putByte(0);
        }
    }

    /// Writes out the rest and waits until it would survive a power failure.
    void sync() throws IOException {
        flush();
        file.sync();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
