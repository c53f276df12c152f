package tokenplumb.tsdb.dense;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What is known of the columns of one role in one family, learnt when the block is written: how
/// their numbers are foretold and, for groups of contexts, how often each class of residual comes.
final class Model {
    /// Of columns that never change: it knows no class.
    static final Model EMPTY =
            new Model(
                    new Foretelling(false, false, 0),
                    new byte[Foretelling.CONTEXTS],
                    List.of(Frequencies.of(new int[Residual.CLASSES])));

    final Foretelling foretelling;
    private final byte[] groups; // by context: which frequencies
    private final List<Frequencies> frequencies;

    Model(Foretelling foretelling, byte[] groups, List<Frequencies> frequencies) {
        this.foretelling = foretelling;
        this.groups = groups;
        this.frequencies = frequencies;
    }

    int group(int context) {
        return groups[context];
    }

    int groups() {
        return frequencies.size();
    }

    Frequencies frequencies(int group) {
        return frequencies.get(group);
    }

    void write(Buffer out) {
        out.putByte(foretelling.coded());
        out.putByte(frequencies.size());
        if (frequencies.size() > 1) {
            for (int context = 0; context < groups.length; ) {
                int run = 1;
                while (context + run < groups.length && groups[context + run] == groups[context]) {
                    run++;
                }
                out.putByte(groups[context]);
                out.putByte(run);
                context += run;
            }
        }
        for (var each : frequencies) {
            each.write(out);
        }
    }

    /// Throws [IndexOutOfBoundsException] or [IllegalStateException] when it cannot be.
    static Model read(ByteReader in) {
        var foretelling = Foretelling.of(in.getByte());
        int count = in.getByte();
        var groups = new byte[Foretelling.CONTEXTS];
        if (count > 1) {
            for (int context = 0; context < groups.length; ) {
                int group = in.getByte();
                int run = in.getByte();
                if (group >= count || run == 0 || context + run > groups.length) {
                    throw new IllegalStateException("groups of contexts that cannot be");
                }
                Arrays.fill(groups, context, context + run, (byte) group);
                context += run;
            }
        }
        if (count == 0 || count > Byte.MAX_VALUE) {
            throw new IllegalStateException("groups of contexts that cannot be");
        }
        var frequencies = new ArrayList<Frequencies>();
        for (int i = 0; i < count; i++) {
            frequencies.add(Frequencies.read(in));
        }
        return new Model(foretelling, groups, frequencies);
    }

    /// As the decoder looks things up: the first entry of each context's table in `tables`.
    record Decoding(Foretelling foretelling, int[] starts, int[] tables) {
        int bytes() {
            return tables.length * Integer.BYTES + starts.length * Integer.BYTES + 64;
        }
    }

    Decoding decoding() {
        var tables = new int[frequencies.size() * Frequencies.TOTAL];
        for (int i = 0; i < frequencies.size(); i++) {
            frequencies.get(i).decoding(tables, i * Frequencies.TOTAL);
        }
        var starts = new int[groups.length];
        for (int i = 0; i < groups.length; i++) {
            starts[i] = groups[i] * Frequencies.TOTAL;
        }
        return new Decoding(foretelling, starts, tables);
    }
}
