package tokenplumb.tsdb.dense;

import tokenplumb.bytes.BitWriter;
import tokenplumb.bytes.Buffer;

import java.util.Arrays;
import java.util.List;

/// Writes the tokens of columns as a stream of bits that [ColumnDecoder] reads. It goes through
/// them from the last to the first, since the state that a class leads to must be known before it.
/// Made for the models of one family. Not thread-safe.
final class ColumnEncoder {
    private final List<Model> models;
    private final short[][] tables; // by model: groups × states by class and rank
    private final int[][] firsts; // by model: groups × where a class begins in its table
    private short[] emitted = new short[1024]; // bits << 10 | value
    private boolean[] escaped = new boolean[1024];

    ColumnEncoder(List<Model> models) {
        this.models = models;
        this.tables = new short[models.size()][];
        this.firsts = new int[models.size()][];
        var first = new int[Residual.CLASSES];
        for (int i = 0; i < models.size(); i++) {
            int groups = models.get(i).groups();
            tables[i] = new short[groups * Frequencies.TOTAL];
            firsts[i] = new int[groups * Residual.CLASSES];
            for (int group = 0; group < groups; group++) {
                models.get(i)
                        .frequencies(group)
                        .encoding(tables[i], group * Frequencies.TOTAL, first);
                System.arraycopy(first, 0, firsts[i], group * Residual.CLASSES, first.length);
            }
        }
    }

    /// Appends the stream of all tokens, from a byte boundary to a byte boundary.
    void encode(Tokens tokens, Buffer out) {
        int count = tokens.size();
        if (emitted.length < count) {
            emitted = new short[Math.max(count, emitted.length * 2)];
            escaped = new boolean[emitted.length];
        }
        Arrays.fill(escaped, 0, count, false);
        int state = 0;
        for (int i = count - 1; i >= 0; i--) {
            int model = tokens.context(i) >>> 16;
            int group = models.get(model).group(tokens.context(i) & 0xffff);
            var frequencies = models.get(model).frequencies(group);
            int residualClass = tokens.residualClass(i);
            int frequency = frequencies.of(residualClass);
            if (frequency == 0) {
                escaped[i] = true;
                residualClass = Residual.ESCAPE;
                frequency = frequencies.of(residualClass);
            }
            int full = state + Frequencies.TOTAL;
            int bits = Frequencies.LOG - (31 - Integer.numberOfLeadingZeros(frequency));
            if (full >> bits < frequency) {
                bits--;
            }
            emitted[i] = (short) (bits << Frequencies.LOG | full & (1 << bits) - 1);
            state =
                    tables[model][
                            group * Frequencies.TOTAL
                                    + firsts[model][group * Residual.CLASSES + residualClass]
                                    + (full >> bits)
                                    - frequency];
        }
        var writer = new BitWriter(out::putLong);
        writer.write(state, Frequencies.LOG);
        for (int i = 0; i < count; i++) {
            int bits = emitted[i] >> Frequencies.LOG;
            if (bits > 0) {
                writer.write(emitted[i] & Frequencies.TOTAL - 1, bits);
            }
            int residualClass = tokens.residualClass(i);
            if (escaped[i]) {
                writer.write(residualClass, Residual.ESCAPED_BITS);
            }
            if (Residual.RAW[residualClass] > 0) {
                writer.write(tokens.raw(i), Residual.RAW[residualClass]);
            }
        }
        int rest = writer.used() + 7 >> 3;
        for (int i = 0; i < rest; i++) {
            out.putByte((int) (writer.word() >>> 56 - 8 * i));
        }
    }
}
