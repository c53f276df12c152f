package tokenplumb.tsdb.dense;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;

import java.util.Arrays;

/// The times of one slice of samples, which all series of a target share: a start and a step; which
/// steps have a sample, unless all have; and how far off the step each is, unless none is. Made to
/// be reused. Not thread-safe.
final class Times {
    /// Roles of columns.
    static final int STEPS = 0;

    static final int LATENESS = 1;
    static final int ROLES = 2;

    /// Times in one slice are not more than this.
    static final int MOST = 1 << 22;

    private static final int HAS_STEPS = 1;
    private static final int HAS_LATENESS = 2;

    private final ByteReader head = new ByteReader(new byte[0], 0, 0);
    private final ColumnDecoder decoder = new ColumnDecoder();
    private long[] steps = new long[0];
    private long[] lateness = new long[0];
    private long[] times = new long[0];
    private int size;

    /// Takes times apart; false when nothing needs streaming.
    boolean shape(long[] of, int from, int to, Buffer out, ChunkShaper.Columns into) {
        int count = to - from;
        room(count);
        long start = of[from];
        long step = step(of, from, to);
        long at = 0;
        boolean hasSteps = false;
        boolean hasLateness = false;
        for (int i = 1; i < count; i++) {
            long since = of[from + i] - start;
            long next = at + Math.max(0, Math.floorDiv(since - at * step + step / 2, step));
            steps[i] = next - i;
            lateness[i] = since - next * step;
            hasSteps |= steps[i] != 0;
            hasLateness |= lateness[i] != 0;
            at = next;
        }
        steps[0] = 0;
        lateness[0] = 0;
        out.putByte((hasSteps ? HAS_STEPS : 0) | (hasLateness ? HAS_LATENESS : 0));
        out.putVarint(start);
        out.putUvarint(step);
        out.putUvarint(count);
        if (hasSteps) {
            into.column(STEPS, steps, count);
        }
        if (hasLateness) {
            into.column(LATENESS, lateness, count);
        }
        return hasSteps || hasLateness;
    }

    private static long step(long[] of, int from, int to) {
        if (to - from < 2) {
            return 1;
        }
        var gaps = new long[to - from - 1];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = of[from + i + 1] - of[from + i];
        }
        Arrays.sort(gaps);
        return Math.max(1, gaps[gaps.length / 2]);
    }

    private void room(int count) {
        if (times.length < count) {
            int length = Math.max(count, times.length * 2);
            steps = new long[length];
            lateness = new long[length];
            times = new long[length];
        }
    }

    /// Reads times; after them, the array has [ColumnDecoder#PADDING] bytes of anything. Times that
    /// cannot be are an [IndexOutOfBoundsException] or [IllegalStateException].
    void read(byte[] bytes, int offset, int length, Models models) {
        size = 0;
        head.reset(bytes, offset, length);
        int form = head.getByte();
        long start = head.getVarint();
        long step = head.getUvarint();
        long count = head.getUvarint();
        if (count < 1 || count > MOST) {
            throw new IllegalStateException("times that cannot be");
        }
        int many = (int) count;
        room(many);
        if (form != 0) {
            decoder.reset(bytes, head.position());
        }
        boolean hasSteps = (form & HAS_STEPS) != 0;
        if (hasSteps) {
            steps[0] = 0;
            decoder.decode(models.of(STEPS), steps, many);
        }
        boolean hasLateness = (form & HAS_LATENESS) != 0;
        if (hasLateness) {
            lateness[0] = 0;
            decoder.decode(models.of(LATENESS), lateness, many);
        }
        if (form != 0 && !decoder.isAtEnd()) {
            throw new IllegalStateException("a stream that does not end where it should");
        }
        for (int i = 0; i < many; i++) {
            times[i] =
                    start + (hasSteps ? steps[i] + i : i) * step + (hasLateness ? lateness[i] : 0);
        }
        size = many;
    }

    int size() {
        return size;
    }

    /// The times; valid until the next [#read].
    long[] times() {
        return times;
    }

    /// Index of the first time at or after `time`, or [#size].
    int indexAtOrAfter(long time) {
        int i = Arrays.binarySearch(times, 0, size, time);
        return i < 0 ? -i - 1 : i;
    }
}
