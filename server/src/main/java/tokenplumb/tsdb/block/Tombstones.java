package tokenplumb.tsdb.block;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;

import java.io.IOException;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/// What was deleted from a block's series: for each, time ranges in which its samples do not count,
/// both ends included. Immutable.
public final class Tombstones {
    public static final Tombstones NONE = new Tombstones(new TreeMap<>());

    /// The file's name within the block's folder.
    static final String FILE = "tombstones";

    private static final int MAGIC = 0x0130BA30;
    private static final int VERSION = 1;
    private static final int HEADER = 5;
    private static final long[] NOTHING = {};

    private final SortedMap<Long, long[]>
            ranges; // by series: from, to, from, to, … apart, ascending

    private Tombstones(SortedMap<Long, long[]> ranges) {
        this.ranges = ranges;
    }

    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    /// Ranges of all series.
    public long count() {
        return ranges.values().stream().mapToLong(each -> each.length / 2).sum();
    }

    /// Ranges deleted from a series: from, to, from, to, … ascending and apart; not to be changed.
    public long[] of(long series) {
        return ranges.getOrDefault(series, NOTHING);
    }

    /// Series something was deleted from.
    public Iterable<Long> series() {
        return ranges.keySet();
    }

    /// These, and one range more.
    public Tombstones with(long series, long from, long to) {
        return with(new long[] {series}, from, to);
    }

    /// These, and the same range more for each of some series.
    public Tombstones with(long[] series, long from, long to) {
        var more = new TreeMap<>(ranges);
        for (long each : series) {
            more.put(each, merged(more.getOrDefault(each, NOTHING), from, to));
        }
        return new Tombstones(more);
    }

    private static long[] merged(long[] ranges, long from, long to) {
        var into = new long[ranges.length + 2];
        int size = 0;
        long start = from;
        long end = to;
        int i = 0;
        while (i < ranges.length && ranges[i + 1] < start - 1) {
            into[size++] = ranges[i++];
            into[size++] = ranges[i++];
        }
        while (i < ranges.length && ranges[i] - 1 <= end) {
            start = Math.min(start, ranges[i++]);
            end = Math.max(end, ranges[i++]);
        }
        into[size++] = start;
        into[size++] = end;
        while (i < ranges.length) {
            into[size++] = ranges[i++];
        }
        return Arrays.copyOf(into, size);
    }

    /// Reads a block's; there are none when there is no such file.
    public static Tombstones read(Disk disk, String folder) throws IOException {
        var name = folder + "/" + FILE;
        if (!disk.exists(name)) {
            return NONE;
        }
        var bytes = disk.read(name);
        try {
            return parse(bytes);
        } catch (IndexOutOfBoundsException e) {
            throw new IOException(
                    "%s is damaged: %s; what was deleted would come back. Restore the file, or remove it to take that"
                            .formatted(name, e.getMessage()),
                    e);
        }
    }

    static Tombstones parse(byte[] bytes) {
        var reader = new ByteReader(bytes, 0, bytes.length);
        if (reader.getInt() != MAGIC || reader.getByte() != VERSION) {
            throw new IndexOutOfBoundsException("it does not begin as tombstones of version 1 do");
        }
        int entries = bytes.length - HEADER - 4;
        if (entries < 0
                || Crc32c.of(bytes, HEADER, entries)
                        != new ByteReader(bytes, bytes.length - 4, 4).getInt()) {
            throw new IndexOutOfBoundsException("its checksum does not match");
        }
        reader.reset(bytes, HEADER, entries);
        var ranges = new TreeMap<Long, long[]>();
        while (reader.remaining() > 0) {
            long series = reader.getUvarint();
            long from = reader.getVarint();
            long to = reader.getVarint();
            ranges.put(series, merged(ranges.getOrDefault(series, NOTHING), from, to));
        }
        return new Tombstones(ranges);
    }

    byte[] bytes() {
        var into = new Buffer();
        into.putInt(MAGIC);
        into.putByte(VERSION);
        ranges.forEach((series, each) -> {
            for (int i = 0; i < each.length; i += 2) {
                into.putUvarint(series);
                into.putVarint(each[i]);
                into.putVarint(each[i + 1]);
            }
        });
        into.putInt(Crc32c.of(into.array(), HEADER, into.size() - HEADER));
        return Arrays.copyOf(into.array(), into.size());
    }

    /// Replaces a block's at once.
    public void write(Disk disk, String folder) throws IOException {
        disk.replace(folder + "/" + FILE, bytes());
    }
}
