package tokenplumb.tsdb.block;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Crc32c;
import tokenplumb.bytes.Snappy;
import tokenplumb.disk.Disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Reads the records of one file of a Prometheus' log: pages of 32 KiB, in which records stand as
/// one fragment or several. Damage costs the record it hits; reading goes on with the next one that
/// is whole. Not thread-safe.
final class WalFile {
    static final int PAGE = 32 << 10;
    static final int HEADER = 7;

    private static final int PAGE_END = 0;
    private static final int FIRST = 2; // 1 is a whole record
    private static final int MIDDLE = 3;
    private static final int LAST = 4;
    private static final int SNAPPY = 8;
    private static final int ZSTD = 16;

    private final Buffer record = new Buffer(1 << 16);
    private final Buffer unpacked = new Buffer(1 << 16);
    private long zstdRecords;

    /// Takes in the records; [IndexOutOfBoundsException] out of it means that one makes no sense.
    interface Records {
        void record(byte[] bytes, int length);
    }

    /// Records that were left out because they are packed with zstd.
    long zstdRecords() {
        return zstdRecords;
    }

    /// Reads one file. A torn end of the newest file is what a crash leaves, and damage as well.
    void read(Disk disk, String name, Records records, BlockDamage damage) throws IOException {
        try (var mapping = disk.map(name)) {
            read(mapping.bytes(), name, records, damage);
        } catch (InternalError e) { // what a failed page-in of a mapped file throws
            damage.damaged(name, 0, "cannot be read: " + e.getMessage());
        }
    }

    private void read(MemorySegment file, String name, Records records, BlockDamage damage) {
        long end = file.byteSize();
        long at = 0;
        boolean isOpen = false; // a record has begun and not ended
        record.reset();
        while (at < end) {
            long pageEnd = Math.min(end, at / PAGE * PAGE + PAGE);
            int flags = file.get(ValueLayout.JAVA_BYTE, at) & 0xff;
            int type = flags & 7;
            if (type == PAGE_END) {
                if (!isZero(file, at, pageEnd)) {
                    damage.damaged(name, at, "a page should end in zeros here and does not");
                    isOpen = false;
                }
                at = pageEnd;
                continue;
            }
            int length = pageEnd - at < HEADER ? -1 : length(file, at);
            if (type > LAST || length < 0 || at + HEADER + length > pageEnd) {
                damage.damaged(
                        name, at, pageEnd == end ? "the file ends amid a record" : "no record");
                isOpen = false;
                at = pageEnd;
                continue;
            }
            boolean isContinued = type == MIDDLE || type == LAST;
            if (!isContinued) {
                if (isOpen) {
                    damage.damaged(name, at, "the record before has no end");
                }
                record.reset();
            }
            int start = record.size();
            record.extend(length);
            MemorySegment.copy(
                    file, ValueLayout.JAVA_BYTE, at + HEADER, record.array(), start, length);
            if (Crc32c.of(record.array(), start, length) != file.get(MappedReader.INT, at + 3)) {
                damage.damaged(name, at, "the checksum of a record does not match");
                isOpen = false;
                at = next(file, at, length, pageEnd);
                continue;
            }
            long here = at;
            at += HEADER + length;
            if (isContinued && !isOpen) {
                continue; // its beginning was lost, and told
            }
            isOpen = type == FIRST || type == MIDDLE;
            if (!isOpen) {
                give(flags, name, here, records, damage);
            }
        }
        if (isOpen) {
            damage.damaged(name, end, "the file ends amid a record");
        }
    }

    private static int length(MemorySegment file, long at) {
        return (file.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff) << 8
                | file.get(ValueLayout.JAVA_BYTE, at + 2) & 0xff;
    }

    private static boolean isZero(MemorySegment file, long from, long to) {
        for (long at = from; at < to; at++) {
            if (file.get(ValueLayout.JAVA_BYTE, at) != 0) {
                return false;
            }
        }
        return true;
    }

    /// Behind a fragment whose content is damaged, if its length can be true: when another one, or
    /// the end of the page, follows there.
    private static long next(MemorySegment file, long at, int length, long pageEnd) {
        long next = at + HEADER + length;
        if (pageEnd - next < HEADER) {
            return pageEnd;
        }
        int type = file.get(ValueLayout.JAVA_BYTE, next) & 7;
        if (type == PAGE_END) {
            return pageEnd;
        }
        int nextLength = length(file, next);
        if (type > LAST || next + HEADER + nextLength > pageEnd) {
            return pageEnd;
        }
        var content = file.asSlice(next + HEADER, nextLength).toArray(ValueLayout.JAVA_BYTE);
        return Crc32c.of(content, 0, nextLength) == file.get(MappedReader.INT, next + 3)
                ? next
                : pageEnd;
    }

    private void give(int flags, String name, long at, Records records, BlockDamage damage) {
        if ((flags & ZSTD) != 0) {
            zstdRecords++;
            return;
        }
        try {
            if ((flags & SNAPPY) == 0) {
                records.record(record.array(), record.size());
                return;
            }
            unpacked.reset();
            Snappy.unpack(record.array(), 0, record.size(), unpacked);
            records.record(unpacked.array(), unpacked.size());
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            damage.damaged(name, at, "a record makes no sense: " + e.getMessage());
        }
    }
}
