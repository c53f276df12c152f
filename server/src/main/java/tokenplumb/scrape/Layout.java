package tokenplumb.scrape;

import tokenplumb.signal.Metadata;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Arrays;

/// How an exposition looked, line by line: for each sample the bytes from its name to its value,
/// for whatever stands before a sample (comments, blanks) those bytes, and what a line stands for.
/// Not thread-safe.
///
/// The bytes themselves are not kept, only their length and a hash of 64 bits, 16 bytes a line
/// instead of two hundred. Two lines that differ are taken for the same only when length, type and
/// hash agree. The hash runs through all bytes in three lanes, eight at a time, multiplies to 128
/// bits and keeps both halves; its secrets come from the system's random generator at each start,
/// so that nobody who writes expositions can look for a collision. That leaves chance: at a million
/// *changed* lines a second, 2^-64 each, one mistake in half a million years.
final class Layout {
    /// What a line stands for: from 0 on the row of its series, or, in the same way, something else
    /// with a number ([#kind]); below 0 one of these.
    static final int DROPPED = -1; // by metric relabeling

    static final int REFUSED = -2; // by a limit; asked again now and then
    static final int UNPLANNED = -3; // a histogram's line, to be grouped anew
    static final int COMMENT = -4; // no sample
    static final int TYPED = -5; // no sample, and a TYPE line is there

    private static final int KIND = 28;
    private static final int NUMBER = (1 << KIND) - 1;

    /// Kinds of codes from 0 on.
    static final int ROW = 0;

    static final int SLOT = 1; // a member of a folded histogram
    static final int FEED = 2; // a part of a sum

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final Metadata.Type[] TYPES = Metadata.Type.values();

    private static final long SECRET_0;
    private static final long SECRET_1;
    private static final long SECRET_2;
    private static final long SECRET_3;

    static {
        var random = new SecureRandom();
        SECRET_0 = random.nextLong();
        SECRET_1 = random.nextLong();
        SECRET_2 = random.nextLong();
        SECRET_3 = random.nextLong();
    }

    private long[] hashes;
    private int[] shapes; // length << 3 | type
    private int[] codes;
    private int size;

    private int[] index = {}; // line + 1 by hash, 0: none; filled by index()

    Layout() {
        this(0);
    }

    Layout(int capacity) {
        hashes = new long[capacity];
        shapes = new int[capacity];
        codes = new int[capacity];
    }

    static int slot(int number) {
        return SLOT << KIND | number;
    }

    static int feed(int number) {
        return FEED << KIND | number;
    }

    /// Of a code from 0 on.
    static int kind(int code) {
        return code >> KIND;
    }

    static int number(int code) {
        return code & NUMBER;
    }

    static boolean isSlot(int code) {
        return code >> KIND == SLOT;
    }

    /// The most that can be numbered.
    static int most() {
        return NUMBER;
    }

    int size() {
        return size;
    }

    @SuppressWarnings("EnumOrdinal") // kept in memory only, in a few bits
    private static int bits(Metadata.Type type) {
        return type.ordinal();
    }

    int length(int line) {
        return shapes[line] >>> 3;
    }

    /// The type in force at a sample, or after a comment.
    Metadata.Type type(int line) {
        return TYPES[shapes[line] & 7];
    }

    int code(int line) {
        return codes[line];
    }

    void code(int line, int code) {
        codes[line] = code;
    }

    /// Whether the sample's bytes stand in `body` at `position`, with a value behind them, and mean
    /// the same while `inForce` is the type in force.
    boolean matches(int line, byte[] body, int position, int end, Metadata.Type inForce) {
        int shape = shapes[line];
        int behind = position + (shape >>> 3);
        return behind < end
                && body[behind] > ' ' // else there are more blanks than before, or no value
                && endsName(body[behind - 1])
                && (shape & 7) == bits(inForce)
                && hash(body, position, behind) == hashes[line];
    }

    /// Behind any other byte, what looks like the value could be more of the name.
    private static boolean endsName(byte last) {
        return last == ' ' || last == '}' || last == '\t';
    }

    /// Whether a comment's bytes stand in `body` at `position`.
    boolean matchesComment(int line, byte[] body, int position, int end) {
        int behind = position + (shapes[line] >>> 3);
        return behind <= end && hash(body, position, behind) == hashes[line];
    }

    /// Adds a line of `length` bytes.
    void add(long hash, int length, Metadata.Type type, int code) {
        if (size == codes.length) {
            resize(Math.max(16, size + (size >> 1)));
        }
        hashes[size] = hash;
        shapes[size] = length << 3 | bits(type);
        codes[size] = code;
        size++;
    }

    void removeLast() {
        size--;
    }

    /// Adds lines `from` to `to` of another layout.
    void addAll(Layout other, int from, int to) {
        int count = to - from;
        if (size + count > codes.length) {
            resize(Math.max(size + count, size + (size >> 1)));
        }
        System.arraycopy(other.hashes, from, hashes, size, count);
        System.arraycopy(other.shapes, from, shapes, size, count);
        System.arraycopy(other.codes, from, codes, size, count);
        size += count;
    }

    private void resize(int capacity) {
        hashes = Arrays.copyOf(hashes, capacity);
        shapes = Arrays.copyOf(shapes, capacity);
        codes = Arrays.copyOf(codes, capacity);
    }

    /// Gives back what is only needed while lines are looked for and added.
    void trim() {
        index = new int[0];
        if (codes.length != size) {
            resize(size);
        }
    }

    /// Of `body` from `from` to `to`, which is at least one byte.
    static long hash(byte[] body, int from, int to) {
        int length = to - from;
        long hash = SECRET_0 ^ length;
        int i = from;
        if (length > 48) {
            long second = SECRET_1;
            long third = SECRET_2;
            do {
                hash = fold(word(body, i) ^ SECRET_1, word(body, i + 8) ^ hash);
                second = fold(word(body, i + 16) ^ SECRET_2, word(body, i + 24) ^ second);
                third = fold(word(body, i + 32) ^ SECRET_3, word(body, i + 40) ^ third);
                i += 48;
            } while (i + 48 < to);
            hash = fold(hash ^ second, third ^ SECRET_0);
        }
        for (; i + 16 < to; i += 16) {
            hash = fold(word(body, i) ^ SECRET_1, word(body, i + 8) ^ hash);
        }
        long head;
        long tail;
        if (length >= 16) {
            head = word(body, to - 16);
            tail = word(body, to - 8);
        } else if (length >= 8) {
            head = word(body, from);
            tail = word(body, to - 8);
        } else if (length >= 4) {
            head = (int) INTS.get(body, from);
            tail = (int) INTS.get(body, to - 4);
        } else {
            head = body[from] << 16 | (body[from + (length >> 1)] & 0xff) << 8;
            tail = body[to - 1];
        }
        return fold(SECRET_2 ^ length, fold(head ^ SECRET_3, tail ^ hash) ^ SECRET_1);
    }

    private static long word(byte[] body, int at) {
        return (long) LONGS.get(body, at);
    }

    private static long fold(long a, long b) {
        return a * b ^ Math.unsignedMultiplyHigh(a, b);
    }

    /// Prepares [#find].
    void index() {
        int capacity = Integer.highestOneBit(Math.max(8, size)) * 4;
        index = new int[capacity];
        for (int line = 0; line < size; line++) {
            if (codes[line] > COMMENT) {
                int slot = (int) hashes[line] & capacity - 1;
                while (index[slot] != 0) {
                    slot = slot + 1 & capacity - 1;
                }
                index[slot] = line + 1;
            }
        }
    }

    /// The sample with the same bytes and the same type in force, or -1.
    int find(long hash, int length, Metadata.Type type) {
        int shape = length << 3 | bits(type);
        int slot = (int) hash & index.length - 1;
        for (int entry; (entry = index[slot]) != 0; slot = slot + 1 & index.length - 1) {
            if (hashes[entry - 1] == hash && shapes[entry - 1] == shape) {
                return entry - 1;
            }
        }
        return -1;
    }
}
