package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.disk.Disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/// What of the head is in blocks, for good: every sample before a time; of late ones those that
/// stand in log files (or checkpoints) before `walSegment`. In a file of its own, because a start
/// may fall back to a checkpoint from before: it must not bring back what was since deleted from
/// the blocks.
record Moved(long before, long walSegment) {
    static final String FILE = "head/moved";
    static final Moved NOTHING = new Moved(Long.MIN_VALUE, 0);

    /// Whether a late sample that stands there is in blocks.
    boolean hasLate(long time, long inWalSegment) {
        return inWalSegment < walSegment && time < before;
    }

    void write(Disk disk) throws IOException {
        var into = new Buffer(32);
        int begun = Frame.begin(into);
        into.putByte(Records.MOVED);
        into.putVarint(before);
        into.putUvarint(walSegment);
        Frame.end(into, begun);
        disk.replace(FILE, Arrays.copyOf(into.array(), into.size()));
    }

    /// Empty when the file is damaged.
    static Optional<Moved> read(Disk disk) throws IOException {
        if (!disk.exists(FILE)) {
            return Optional.of(NOTHING);
        }
        var found =
                new Frame.Listener() {
                    Moved moved;

                    @Override
                    public void body(byte[] bytes, int length, long offset) {
                        var from = new ByteReader(bytes, 0, length);
                        if (from.getByte() == Records.MOVED) {
                            moved = new Moved(from.getVarint(), from.getUvarint());
                        }
                    }

                    @Override
                    public void damage(long offset, long length, boolean tail, String what) {
                        // then there is no sound frame
                    }
                };
        var bytes = disk.read(FILE);
        Frame.scan(MemorySegment.ofArray(bytes), 0, bytes.length, found);
        return Optional.ofNullable(found.moved);
    }
}
