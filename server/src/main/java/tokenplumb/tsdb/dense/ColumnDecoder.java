package tokenplumb.tsdb.dense;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Reads columns out of a stream of bits, one after another. The array must have [#PADDING] bytes
/// of anything after the stream. Numbers of damaged streams are wrong, or it throws
/// [IndexOutOfBoundsException]. Made to be reused. Not thread-safe.
final class ColumnDecoder {
    static final int PADDING = 16;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /// Raw bits that one load surely holds, after those of the state.
    private static final int ONE_LOAD = 57 - Frequencies.LOG;

    private byte[] bytes = new byte[0];
    private long at; // in bits
    private int state;

    /// Begins a stream.
    void reset(byte[] source, int offset) {
        bytes = source;
        at = offset * 8L;
        state = (int) bits(Frequencies.LOG);
    }

    /// Whether the stream is at its very end, as it must be after the last column.
    boolean isAtEnd() {
        return state == 0;
    }

    /// The bit behind what was read, counted from the start of the array.
    long position() {
        return at;
    }

    private long bits(int count) {
        long word = (long) LONG.get(bytes, (int) (at >>> 3)) << (at & 7);
        at += count;
        return word >>> 1 >>> 63 - count;
    }

    /// Reads numbers 1 to `count` of a column; number 0 is there.
    void decode(Model.Decoding model, long[] numbers, int count) {
        var source = bytes;
        var tables = model.tables();
        var starts = model.starts();
        var raws = Residual.RAW;
        var bases = Residual.BASE;
        boolean ofSteps = model.foretelling().ofSteps();
        boolean leavesOutRepeats = model.foretelling().leavesOutRepeats();
        int shift = model.foretelling().shift();
        int levels = Foretelling.LEVELS;
        long position = at;
        int from = state;
        long before = numbers[0];
        long average = ofSteps ? 0 : before << Foretelling.FRACTION;
        boolean hasAverage = !ofSteps;
        int usual = 0;
        int repeats = 0;
        for (int i = 1; i < count; i++) {
            int entry = tables[starts[repeats * levels + Foretelling.level(usual)] + from];
            int residualClass = entry >>> 16;
            int stateBits = entry >>> 12 & 15;
            long word = (long) LONG.get(source, (int) (position >>> 3)) << (position & 7);
            from = (entry & 0xfff) + (int) (word >>> 1 >>> 63 - stateBits);
            position += stateBits;
            word <<= stateBits;
            if (residualClass == Residual.ESCAPE) {
                residualClass = (int) (word >>> 64 - Residual.ESCAPED_BITS);
                position += Residual.ESCAPED_BITS;
                word = (long) LONG.get(source, (int) (position >>> 3)) << (position & 7);
            }
            if (residualClass == Residual.SAME) {
                numbers[i] = before;
                repeats = repeats << 1 & 2 | 1;
                if (!leavesOutRepeats) {
                    long told = ofSteps ? 0 : before;
                    if (hasAverage) {
                        average += (told << Foretelling.FRACTION) - average >> shift;
                    } else {
                        average = told << Foretelling.FRACTION;
                        hasAverage = true;
                    }
                    usual = Foretelling.usual(usual, Residual.SAME);
                }
                continue;
            }
            int raw = raws[residualClass];
            long low;
            if (raw <= ONE_LOAD) {
                low = word >>> 1 >>> 63 - raw;
            } else {
                low = word >>> 32; // at least so many are there
                long rest = position + 32;
                word = (long) LONG.get(source, (int) (rest >>> 3)) << (rest & 7);
                low = low << raw - 32 | word >>> 64 - (raw - 32);
            }
            position += raw;
            long distance = bases[residualClass] + low;
            long sign = -(residualClass & 1L);
            long residual = (distance ^ sign) - sign;
            long told = residual + (average + Foretelling.ROUNDING >> Foretelling.FRACTION);
            before = ofSteps ? before + told : told;
            numbers[i] = before;
            if (hasAverage) {
                average += (told << Foretelling.FRACTION) - average >> shift;
            } else {
                average = told << Foretelling.FRACTION;
                hasAverage = true;
            }
            usual = Foretelling.usual(usual, residualClass);
            repeats = repeats << 1 & 2;
        }
        at = position;
        state = from;
    }
}
