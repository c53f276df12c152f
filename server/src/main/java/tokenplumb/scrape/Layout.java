package tokenplumb.scrape;

import tokenplumb.signal.Metadata;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/// How an exposition looked: for each sample the bytes from the end of the sample before it up to
/// its value (comments in between included), and the row of its series. Made to be reused. Not
/// thread-safe.
final class Layout {
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    // Nobody outside can know which lines share a hash.
    private static final long SEED = new Random().nextLong() | 1;

    private byte[] bytes = new byte[1024];
    private int[] starts = new int[17]; // of each sample's bytes; one more than samples
    private int[] seriesAt = new int[16]; // where its name begins, from its start
    private int[] rows = new int[16];
    private Metadata.Type[] types = new Metadata.Type[16]; // in force at the sample
    private boolean[] setsType = new boolean[16]; // whether a TYPE line is among its bytes
    private long[] hashes = new long[16]; // of the bytes from its name to its value
    private int size;

    private int[] index = {}; // sample + 1 by hash, 0: none; filled by index()

    int size() {
        return size;
    }

    /// How many bytes stand before the value.
    int length(int sample) {
        return starts[sample + 1] - starts[sample];
    }

    int seriesAt(int sample) {
        return seriesAt[sample];
    }

    int row(int sample) {
        return rows[sample];
    }

    void row(int sample, int row) {
        rows[sample] = row;
    }

    /// The type in force at the sample.
    Metadata.Type type(int sample) {
        return types[sample];
    }

    /// Whether the sample's bytes stand in `body` at `position`, with a value behind them, and mean
    /// the same while `inForce` is the type in force before.
    boolean matches(int sample, byte[] body, int position, int end, Metadata.Type inForce) {
        int from = starts[sample];
        int to = starts[sample + 1];
        int behind = position + to - from;
        return behind < end
                && body[behind] > ' ' // else there are more blanks than before, or no value
                && endsName(bytes[to - 1])
                && (types[sample] == inForce || setsType[sample])
                && Arrays.mismatch(bytes, from, to, body, position, behind) < 0;
    }

    /// Behind any other byte, what looks like the value could be more of the name.
    private static boolean endsName(byte last) {
        return last == ' ' || last == '}' || last == '\t';
    }

    /// Adds a sample: its bytes are those of `body` from `from` to `valueAt`, its name begins at
    /// `nameAt`. `setsType` says whether a TYPE line is among them.
    void add(
            byte[] body,
            int from,
            int nameAt,
            int valueAt,
            Metadata.Type type,
            boolean setsType,
            long hash,
            int row) {
        int length = valueAt - from;
        makeRoom(1, length);
        System.arraycopy(body, from, bytes, starts[size], length);
        seriesAt[size] = nameAt - from;
        types[size] = type;
        this.setsType[size] = setsType;
        hashes[size] = hash;
        rows[size] = row;
        starts[size + 1] = starts[size] + length;
        size++;
    }

    /// Adds samples `from` to `to` of another layout.
    void addAll(Layout other, int from, int to) {
        int count = to - from;
        int length = other.starts[to] - other.starts[from];
        makeRoom(count, length);
        System.arraycopy(other.bytes, other.starts[from], bytes, starts[size], length);
        System.arraycopy(other.seriesAt, from, seriesAt, size, count);
        System.arraycopy(other.types, from, types, size, count);
        System.arraycopy(other.setsType, from, setsType, size, count);
        System.arraycopy(other.hashes, from, hashes, size, count);
        System.arraycopy(other.rows, from, rows, size, count);
        int shift = starts[size] - other.starts[from];
        for (int i = 1; i <= count; i++) {
            starts[size + i] = other.starts[from + i] + shift;
        }
        size += count;
    }

    private void makeRoom(int samples, int length) {
        if (size + samples > rows.length) {
            int capacity = Math.max(size + samples, rows.length * 3 / 2);
            seriesAt = Arrays.copyOf(seriesAt, capacity);
            rows = Arrays.copyOf(rows, capacity);
            types = Arrays.copyOf(types, capacity);
            setsType = Arrays.copyOf(setsType, capacity);
            hashes = Arrays.copyOf(hashes, capacity);
            starts = Arrays.copyOf(starts, capacity + 1);
        }
        int needed = starts[size] + length;
        if (needed > bytes.length) {
            bytes =
                    Arrays.copyOf(
                            bytes,
                            Math.max(
                                    needed,
                                    (int) Math.min(Integer.MAX_VALUE - 8, bytes.length * 3L / 2)));
        }
    }

    /// The sample's bytes with something behind them.
    byte[] sample(int sample, byte[] behind) {
        var text = Arrays.copyOfRange(bytes, starts[sample], starts[sample + 1] + behind.length);
        System.arraycopy(behind, 0, text, length(sample), behind.length);
        return text;
    }

    void clear() {
        size = 0;
    }

    static long hash(byte[] body, int from, int to) {
        long hash = SEED ^ (to - from);
        int i = from;
        for (; i + 8 <= to; i += 8) {
            hash = mix(hash ^ (long) LONGS.get(body, i));
        }
        long rest = 0;
        for (; i < to; i++) {
            rest = rest << 8 | body[i] & 0xff;
        }
        return mix(hash ^ rest);
    }

    private static long mix(long hash) {
        long product = hash * 0x9e3779b97f4a7c15L;
        return product ^ Math.unsignedMultiplyHigh(hash, 0x9e3779b97f4a7c15L);
    }

    /// Prepares [#find].
    void index() {
        int capacity = Integer.highestOneBit(Math.max(8, size)) * 4;
        if (index.length != capacity) {
            index = new int[capacity];
        } else {
            Arrays.fill(index, 0);
        }
        for (int sample = 0; sample < size; sample++) {
            int slot = (int) hashes[sample] & capacity - 1;
            while (index[slot] != 0) {
                slot = slot + 1 & capacity - 1;
            }
            index[slot] = sample + 1;
        }
    }

    /// The sample with the same bytes from its name to its value and the same type in force, or -1.
    int find(long hash, byte[] body, int nameAt, int valueAt, Metadata.Type type) {
        int slot = (int) hash & index.length - 1;
        for (int entry; (entry = index[slot]) != 0; slot = slot + 1 & index.length - 1) {
            int sample = entry - 1;
            if (hashes[sample] == hash
                    && types[sample] == type
                    && Arrays.equals(
                            bytes,
                            starts[sample] + seriesAt[sample],
                            starts[sample + 1],
                            body,
                            nameAt,
                            valueAt)) {
                return sample;
            }
        }
        return -1;
    }
}
