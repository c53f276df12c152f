package tokenplumb.tsdb;

import tokenplumb.bytes.BitWriter;
import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.chunks.XorAppender;
import tokenplumb.chunks.XorChunk;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.StaleMarker;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// The open chunk of every series: one row of eight longs each, which is one cache line, so that an
/// append costs one or two misses however many series there are.
///
/// ```
/// 0 TIME      newest sample's time; NEVER before the first
/// 1 VALUE     newest sample's value, raw bits
/// 2 WORD      the unfinished last word of the chunk's bit stream
/// 3 PACKED    the appender's state (XorAppender), and in its six lowest bits:
///             words in the last block (3 bits), series is logged, has late samples, the
///             open chunk is a NativeChunk
/// 4 START     first sample's time in the open chunk
/// 5 BLOCKS    first block << 32 | last block; 0 is none
/// 6 IDENTITY  generation << 32 | the last commit that appended (its low 32 bits)
/// 7 STAMP     the batch that last buffered a sample (HeadBatch), written without the lock
/// ```
///
/// The bit stream's full words stand in a chain of blocks: seven words and the number of the next
/// block. Freed blocks are reused, so a steady load allocates nothing.
///
/// All methods are for holders of the head's lock, but those that say otherwise.
final class Rows implements BitWriter.Words {
    /// The newest time of a series without samples.
    static final long NEVER = Long.MIN_VALUE;

    private static final int VALUE = 1;
    private static final int PACKED = 3;
    private static final int START = 4;
    private static final int BLOCKS = 5;
    private static final int IDENTITY = 6;
    private static final int STAMP = 7;
    private static final int STRIDE = 8;
    static final long[] NO_LINE = new long[0];

    private static final int WORDS_IN_BLOCK = 7;
    private static final long LOGGED = 1 << 3;
    private static final long LATE = 1 << 4;
    private static final long NATIVE = 1 << 5;
    private static final long ONE_SAMPLE = 1 << 24;
    private static final long OF_ROW = LOGGED | LATE; // survives the open chunk
    private static final long INDEX = 7;

    private final LongPages rows = new LongPages();
    private final LongPages firstTimes = new LongPages();
    private final LongPages blocks = new LongPages();
    private volatile long[][] counts = new long[0][]; // by row: see counts(int)
    private final Map<Integer, NativeChunk> natives = new HashMap<>(); // by row
    private final XorAppender appender = new XorAppender(this);
    private int size; // rows ever used
    private int blocksUsed = 1; // block 0 is none
    private int freeBlock;
    private long openChunks;

    // Where the appender's words go just now.
    private int firstBlock;
    private int lastBlock;
    private int index;

    /// Begins a row without samples; of a folded histogram when it has buckets.
    void create(int row, int generation, int buckets) {
        if (row >= size) {
            size = row + 1;
            rows.ensure((long) size * STRIDE);
            firstTimes.ensure(size);
        }
        if (row >= counts.length) {
            counts = Arrays.copyOf(counts, Math.max(row + 1, counts.length * 5 / 4 + 64));
        }
        counts[row] = buckets == 0 ? null : new long[buckets];
        long[] page = page(row);
        int at = at(row);
        assert page[at + BLOCKS] == 0 : "bug: row still holds a chunk";
        Arrays.fill(page, at, at + STRIDE, 0);
        page[at] = NEVER;
        page[at + IDENTITY] = (long) generation << 32;
        firstTimes.set(row, Long.MAX_VALUE);
        clearChunk(row);
    }

    /// Ends a row; its number may be used again.
    void remove(int row) {
        clearChunk(row);
        page(row)[at(row) + IDENTITY] = 0;
        counts[row] = null;
    }

    /// Rows that have ever been used.
    int size() {
        return size;
    }

    long openChunks() {
        return openChunks;
    }

    private long[] page(int row) {
        return rows.lockedPage((long) row * STRIDE);
    }

    private long[] openPage(int row) {
        return rows.page((long) row * STRIDE);
    }

    /// The longs of a row, which begin at [#at], or an empty array when it was never used. Without
    /// the lock too.
    long[] line(int row) {
        long index = (long) row * STRIDE;
        return row < 0 || index >= rows.size() ? NO_LINE : rows.page(index);
    }

    static int generation(long[] line, int at) {
        return (int) (line[at + IDENTITY] >>> 32);
    }

    static long time(long[] line, int at) {
        return line[at];
    }

    static long value(long[] line, int at) {
        return line[at + VALUE];
    }

    static long stamp(long[] line, int at) {
        return line[at + STAMP];
    }

    static void stamp(long[] line, int at, long stamp) {
        line[at + STAMP] = stamp;
    }

    static int at(int row) {
        return LongPages.in((long) row * STRIDE);
    }

    /// The generation a row belongs to, 0 when it is not in use. Without the lock too.
    int generation(int row) {
        return row < 0 || (long) row * STRIDE >= rows.size()
                ? 0
                : (int) (openPage(row)[at(row) + IDENTITY] >>> 32);
    }

    long reference(int row) {
        return (long) generation(row) << 32 | row;
    }

    /// Without the lock too.
    long time(int row) {
        return openPage(row)[at(row)];
    }

    /// Without the lock too.
    long value(int row) {
        return openPage(row)[at(row) + VALUE];
    }

    /// The newest cumulative counts of a folded histogram, null of a plain series. Without the lock
    /// too: where a commit appends meanwhile, some of them.
    long[] counts(int row) {
        return counts[row];
    }

    /// The time of the first sample ever kept, [Long#MAX_VALUE] before it. Without the lock too.
    long firstTime(int row) {
        return firstTimes.get(row);
    }

    void firstTime(int row, long time) {
        firstTimes.set(row, time);
    }

    /// How the open chunk is encoded.
    int encoding(int row) {
        if (isNative(row)) {
            return NativeChunk.ENCODING;
        }
        return counts[row] == null ? XorChunk.ENCODING : FoldedChunk.ENCODING;
    }

    /// Whether the open chunk holds native histograms.
    boolean isNative(int row) {
        return (page(row)[at(row) + PACKED] & NATIVE) != 0;
    }

    /// Samples in the open chunk.
    int count(int row) {
        return XorAppender.count(page(row)[at(row) + PACKED]);
    }

    /// The first sample's time in the open chunk.
    long start(int row) {
        return page(row)[at(row) + START];
    }

    /// The last commit that appended.
    int commit(int row) {
        return (int) page(row)[at(row) + IDENTITY];
    }

    /// Notes that a commit, which is logged, appends.
    void commit(int row, int number) {
        long[] page = page(row);
        int at = at(row);
        page[at + IDENTITY] = page[at + IDENTITY] & 0xffff_ffff_0000_0000L | number & 0xffff_ffffL;
        page[at + PACKED] |= LOGGED;
    }

    /// Whether the log knows the series. Without the lock too.
    boolean isLogged(int row) {
        return (openPage(row)[at(row) + PACKED] & LOGGED) != 0;
    }

    /// Whether the series has late samples. Without the lock too.
    boolean isLate(int row) {
        return (openPage(row)[at(row) + PACKED] & LATE) != 0;
    }

    void setLate(int row, boolean isLate) {
        long[] page = page(row);
        int at = at(row) + PACKED;
        page[at] = isLate ? page[at] | LATE : page[at] & ~LATE;
    }

    void setLogged(int row) {
        page(row)[at(row) + PACKED] |= LOGGED;
    }

    /// Without the lock too.
    long stamp(int row) {
        return openPage(row)[at(row) + STAMP];
    }

    /// Without the lock too.
    void stamp(int row, long stamp) {
        openPage(row)[at(row) + STAMP] = stamp;
    }

    /// Appends a sample later than [#time] to the open chunk.
    void append(int row, long time, long value) {
        long[] page = page(row);
        int at = at(row);
        long packed = resume(page, at, time);
        appender.append(time, value);
        pause(page, at, packed);
    }

    /// As above, to a folded histogram, whose cumulative counts begin at `from[first]`; a stale
    /// sample has none.
    void append(int row, long time, long sum, long[] from, int first) {
        long[] page = page(row);
        int at = at(row);
        long[] newest = counts[row];
        if (XorAppender.count(page[at + PACKED]) == 0) {
            Arrays.fill(newest, 0);
        }
        long packed = resume(page, at, time);
        appender.append(time, sum);
        if (!StaleMarker.is(Double.longBitsToDouble(sum))) {
            FoldedChunk.append(appender, newest, from, first);
        }
        pause(page, at, packed);
    }

    /// As above, a native histogram; the open chunk is empty or of such ones. How many bytes it has
    /// now.
    int append(int row, long time, Histogram histogram) {
        long[] page = page(row);
        int at = at(row);
        if (XorAppender.count(page[at + PACKED]) == 0) {
            page[at + START] = time;
            page[at + PACKED] |= NATIVE;
            openChunks++;
            natives.put(row, new NativeChunk());
        }
        var chunk = nativeChunk(row);
        chunk.append(time, histogram);
        page[at] = time;
        page[at + VALUE] = HistogramBytes.fingerprint(histogram);
        page[at + PACKED] += ONE_SAMPLE;
        return chunk.size();
    }

    private NativeChunk nativeChunk(int row) {
        return Objects.requireNonNull(natives.get(row), "bug: no open native chunk");
    }

    private long resume(long[] page, int at, long time) {
        long packed = page[at + PACKED];
        if (XorAppender.count(packed) == 0) {
            page[at + START] = time;
            openChunks++;
        }
        long chain = page[at + BLOCKS];
        firstBlock = (int) (chain >>> 32);
        lastBlock = (int) chain;
        index = (int) (packed & INDEX);
        appender.load(page, at);
        return packed;
    }

    private void pause(long[] page, int at, long packed) {
        appender.save(page, at);
        page[at + PACKED] |= packed & OF_ROW | index;
        page[at + BLOCKS] = (long) firstBlock << 32 | lastBlock;
    }

    /// Takes a full word from the appender.
    @Override
    public void add(long word) {
        if (lastBlock == 0 || index == WORDS_IN_BLOCK) {
            int block = takeBlock();
            if (lastBlock == 0) {
                firstBlock = block;
            } else {
                blocks.set((long) lastBlock * STRIDE + WORDS_IN_BLOCK, block);
            }
            lastBlock = block;
            index = 0;
        }
        long at = (long) lastBlock * STRIDE + index++;
        blocks.lockedPage(at)[LongPages.in(at)] = word;
    }

    private int takeBlock() {
        if (freeBlock == 0) {
            blocks.ensure((blocksUsed + 1L) * STRIDE);
            return blocksUsed++;
        }
        int block = freeBlock;
        long link = (long) block * STRIDE + WORDS_IN_BLOCK;
        freeBlock = (int) blocks.get(link);
        blocks.set(link, 0);
        return block;
    }

    /// Forgets the open chunk; the newest time and value stay.
    void clearChunk(int row) {
        long[] page = page(row);
        int at = at(row);
        long packed = page[at + PACKED];
        if (XorAppender.count(packed) != 0) {
            openChunks--;
        }
        long chain = page[at + BLOCKS];
        if (chain != 0) {
            blocks.set((long) (int) chain * STRIDE + WORDS_IN_BLOCK, freeBlock);
            freeBlock = (int) (chain >>> 32);
        }
        if ((packed & NATIVE) != 0) {
            natives.remove(row);
        }
        appender.load(page, at);
        appender.reset();
        appender.save(page, at);
        page[at + PACKED] |= packed & OF_ROW;
        page[at + BLOCKS] = 0;
    }

    /// Appends the open chunk to `into` as a whole chunk, its count first.
    void writeChunk(int row, Buffer into) {
        long[] page = page(row);
        int at = at(row);
        if ((page[at + PACKED] & NATIVE) != 0) {
            nativeChunk(row).write(into);
            return;
        }
        into.putShort(XorAppender.count(page[at + PACKED]));
        writeWords(page, at, into);
        XorChunk.finish(page[at + 2], XorAppender.used(page[at + PACKED]), into);
    }

    private void writeWords(long[] page, int at, Buffer into) {
        long chain = page[at + BLOCKS];
        int last = (int) chain;
        for (int block = (int) (chain >>> 32); block != 0; ) {
            int words = block == last ? (int) (page[at + PACKED] & INDEX) : WORDS_IN_BLOCK;
            long base = (long) block * STRIDE;
            long[] blockPage = blocks.lockedPage(base);
            int in = LongPages.in(base);
            for (int i = 0; i < words; i++) {
                into.putLong(blockPage[in + i]);
            }
            block = block == last ? 0 : (int) blockPage[in + WORDS_IN_BLOCK];
        }
    }

    /// Everything [#restore] needs to go on with the row: five longs (and a folded histogram's
    /// newest counts), then the open chunk's words.
    void write(int row, Buffer into) {
        long[] page = page(row);
        int at = at(row);
        into.putVarint(firstTimes.get(row));
        into.putVarint(page[at]);
        into.putLong(page[at + VALUE]);
        if (counts[row] != null) {
            writeCounts(counts[row], into);
        }
        long packed = page[at + PACKED];
        into.putUvarint(XorAppender.count(packed));
        if (XorAppender.count(packed) == 0) {
            return;
        }
        into.putLong(page[at + 2]);
        into.putLong(packed);
        into.putVarint(page[at + START]);
        int sizeAt = into.size();
        into.putInt(0);
        writeWords(page, at, into);
        into.setInt(sizeAt, (into.size() - sizeAt - 4) / 8);
    }

    /// Fills a row just created with what [#write] wrote.
    void restore(int row, ByteReader from) {
        long[] page = page(row);
        int at = at(row);
        firstTimes.set(row, from.getVarint());
        page[at] = from.getVarint();
        page[at + VALUE] = from.getLong();
        if (counts[row] != null) {
            readCounts(from, counts[row]);
        }
        if (from.getUvarint() == 0) {
            clearChunk(row);
            page[at + PACKED] |= LOGGED;
            return;
        }
        page[at + 2] = from.getLong();
        long packed = from.getLong();
        page[at + START] = from.getVarint();
        int words = from.getInt();
        firstBlock = 0;
        lastBlock = 0;
        index = 0;
        for (int i = 0; i < words; i++) {
            add(from.getLong());
        }
        page[at + PACKED] = packed & ~0x3fL | LOGGED | index;
        page[at + BLOCKS] = (long) firstBlock << 32 | lastBlock;
        openChunks++;
    }

    /// As [#write], of a row whose open chunk is native.
    void writeNative(int row, Buffer into) {
        long[] page = page(row);
        int at = at(row);
        into.putVarint(firstTimes.get(row));
        into.putVarint(page[at]);
        into.putLong(page[at + VALUE]);
        into.putVarint(page[at + START]);
        var chunk = nativeChunk(row);
        into.putUvarint(chunk.size() + 2L);
        chunk.write(into);
    }

    /// Fills a row just created with what [#writeNative] wrote.
    void restoreNative(int row, ByteReader from) {
        long[] page = page(row);
        int at = at(row);
        firstTimes.set(row, from.getVarint());
        page[at] = from.getVarint();
        page[at + VALUE] = from.getLong();
        page[at + START] = from.getVarint();
        var bytes = new byte[from.getCount(1)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) from.getByte();
        }
        natives.put(row, new NativeChunk(bytes, bytes.length));
        int count = (bytes[0] & 0xff) << 8 | bytes[1] & 0xff;
        page[at + PACKED] |= LOGGED | NATIVE | count * ONE_SAMPLE;
        openChunks++;
    }

    private static void writeCounts(long[] cumulative, Buffer into) {
        into.putUvarint(cumulative.length);
        long before = 0;
        for (long count : cumulative) {
            into.putVarint(count - before);
            before = count;
        }
    }

    private static void readCounts(ByteReader from, long[] cumulative) {
        int buckets = from.getCount(1);
        long before = 0;
        for (int i = 0; i < buckets; i++) {
            before += from.getVarint();
            cumulative[i] = before;
        }
    }

    /// Moves the newest time of a row without an open chunk, whose samples up to there are kept
    /// elsewhere.
    void skipTo(int row, long time, long value) {
        assert count(row) == 0 : "bug: skips over an open chunk";
        long[] page = page(row);
        int at = at(row);
        page[at] = time;
        page[at + VALUE] = value;
    }
}
