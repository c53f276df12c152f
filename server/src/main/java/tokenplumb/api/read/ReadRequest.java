package tokenplumb.api.read;

import tokenplumb.bytes.ByteReader;
import tokenplumb.signal.Matcher;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// What a remote reader asks: queries, and the response types it takes, best first. Hints are not
/// needed here.
record ReadRequest(List<Query> queries, List<Integer> accepted) {
    static final int SAMPLES = 0;
    static final int CHUNKS = 1;

    /// Times are milliseconds since the epoch, both included.
    record Query(long start, long end, List<Matcher> matchers) {}

    /// Does something with each field of a message; `value` is its number or its length.
    private interface Field {
        void read(int number, long value, ByteReader bytes);
    }

    /// Throws [IndexOutOfBoundsException] when it is damaged, [IllegalArgumentException] when a
    /// matcher is no good.
    static ReadRequest parse(byte[] bytes, int length) {
        var queries = new ArrayList<Query>();
        var accepted = new ArrayList<Integer>();
        fields(
                new ByteReader(bytes, 0, length),
                (number, value, inner) -> {
                    switch (number) {
                        case 1 -> queries.add(query(inner));
                        case 2 -> types(value, inner, accepted);
                        default -> {}
                    }
                });
        return new ReadRequest(queries, accepted);
    }

    /// Packed or one by one.
    private static void types(long value, ByteReader inner, List<Integer> into) {
        if (inner.array().length == 0) {
            into.add((int) value);
        }
        while (inner.remaining() > 0) {
            into.add((int) inner.getUvarint());
        }
    }

    private static Query query(ByteReader bytes) {
        long[] range = new long[2];
        var matchers = new ArrayList<Matcher>();
        fields(
                bytes,
                (number, value, inner) -> {
                    switch (number) {
                        case 1, 2 -> range[number - 1] = value;
                        case 3 -> matchers.add(matcher(inner));
                        default -> {}
                    }
                });
        return new Query(range[0], range[1], matchers);
    }

    private static Matcher matcher(ByteReader bytes) {
        int[] type = new int[1];
        var texts = new String[] {"", ""};
        fields(
                bytes,
                (number, value, inner) -> {
                    switch (number) {
                        case 1 -> type[0] = (int) value;
                        case 2, 3 ->
                                texts[number - 2] =
                                        new String(
                                                inner.array(),
                                                inner.position(),
                                                inner.remaining(),
                                                StandardCharsets.UTF_8);
                        default -> {}
                    }
                });
        var types = Matcher.Type.values(); // in the order of the protocol
        if (type[0] < 0 || type[0] >= types.length) {
            throw new IllegalArgumentException("invalid matcher type " + type[0]);
        }
        return Matcher.of(types[type[0]], texts[0], texts[1]);
    }

    private static void fields(ByteReader bytes, Field each) {
        var none = new ByteReader(new byte[0], 0, 0);
        while (bytes.remaining() > 0) {
            long tag = bytes.getUvarint();
            int number = (int) (tag >>> 3);
            switch ((int) tag & 7) {
                case 0 -> each.read(number, bytes.getUvarint(), none);
                case 1 -> bytes.skip(8);
                case 2 -> {
                    int length = bytes.getCount(1);
                    var inner = new ByteReader(bytes.array(), bytes.position(), length);
                    bytes.skip(length);
                    each.read(number, length, inner);
                }
                case 5 -> bytes.skip(4);
                default -> throw new IndexOutOfBoundsException("wire type " + (tag & 7));
            }
        }
    }
}
