package tokenplumb.disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// A folder of files, as storage needs them. Names are relative paths with `/`, such as
/// `wal/00000007`; folders come into being with their first file. Thread-safe; one file is appended
/// to by one thread at a time.
///
/// What a power failure leaves: whatever was written before the last [Appender#sync] of its file,
/// and every [#rename] that has returned. Anything younger may be there in part, torn, zeroed or
/// not at all; a deleted file may be back.
public interface Disk extends AutoCloseable {
    /// Opens a file to append to its end; made if absent.
    Appender append(String name) throws IOException;

    /// The bytes of a file as they are now, for reading at random; what is appended later is not in
    /// it. Stays readable after the file is deleted, until closed.
    Mapping map(String name) throws IOException;

    /// Names (with the folder) of the files directly in a folder, sorted; empty when there is no
    /// such folder. `""` is the root.
    List<String> list(String folder) throws IOException;

    /// Names (with the folder) of the folders directly in a folder, sorted; empty when there are
    /// none.
    List<String> folders(String folder) throws IOException;

    boolean exists(String name);

    long size(String name) throws IOException;

    /// Replaces `to` at once and durably, together with everything synced in `from`. A folder, with
    /// all that is in it, takes a name that no file or folder has.
    void rename(String from, String to) throws IOException;

    /// Deletes a file; one that is absent is no failure.
    void delete(String name) throws IOException;

    /// Deletes a folder with all that is in it, file by file; one that is absent is no failure.
    void deleteFolder(String folder) throws IOException;

    /// Gives a file that is complete, synced and never changed again a second name, durably.
    /// Deleting either leaves the other. Where the file system cannot, the bytes are copied.
    default void link(String from, String to) throws IOException {
        delete(to);
        try (var mapping = map(from);
                var file = append(to)) {
            var bytes = mapping.bytes();
            var piece = new byte[64 << 10];
            for (long at = 0; at < bytes.byteSize(); at += piece.length) {
                int length = (int) Math.min(piece.length, bytes.byteSize() - at);
                MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, piece, 0, length);
                file.append(piece, 0, length);
            }
            file.sync();
        }
    }

    /// Bytes in all files of a folder and of those below it.
    default long sizeOfFolder(String folder) throws IOException {
        long bytes = 0;
        for (var file : list(folder)) {
            bytes += size(file);
        }
        for (var inner : folders(folder)) {
            bytes += sizeOfFolder(inner);
        }
        return bytes;
    }

    /// Bytes that can still be written.
    long free() throws IOException;

    @Override
    void close();

    /// All bytes of a small file.
    default byte[] read(String name) throws IOException {
        try (var mapping = map(name)) {
            return mapping.bytes().toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /// Replaces a small file at once and durably: a reader, or the start after a crash, sees the
    /// old bytes or the new ones.
    default void replace(String name, byte[] bytes) throws IOException {
        var temporary = name + ".tmp";
        delete(temporary);
        try (var file = append(temporary)) {
            file.append(bytes, 0, bytes.length);
            file.sync();
        }
        rename(temporary, name);
    }

    /// A file that grows at its end. Used by one thread at a time.
    interface Appender extends AutoCloseable {
        /// Writes to the operating system, which keeps it even if this process dies. On failure a
        /// part may have been written: [#truncate] to the size before.
        void append(byte[] bytes, int offset, int length) throws IOException;

        /// Returns when everything appended will survive a power failure.
        void sync() throws IOException;

        long size();

        /// Cuts the file down to its first `size` bytes.
        void truncate(long size) throws IOException;

        @Override
        void close() throws IOException;
    }

    /// The bytes of a file, readable until closed.
    interface Mapping extends AutoCloseable {
        MemorySegment bytes();

        @Override
        void close();
    }
}
