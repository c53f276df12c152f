package tokenplumb.chunks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.BitWriter;
import tokenplumb.bytes.Buffer;
import tokenplumb.kit.Seeds;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Histogram;
import tokenplumb.signal.Histogram.Reset;
import tokenplumb.signal.Histogram.Spans;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

class HistogramChunkTest {
    private static final long T0 = 1_700_000_000_000L;

    private static byte[] padded(Buffer chunk) {
        return Arrays.copyOf(chunk.array(), chunk.size() + BitReader.PADDING);
    }

    // --- varbits

    private static String bits(long value, boolean isSigned) {
        var into = new Buffer();
        var bits = new BitWriter(into::putLong);
        if (isSigned) {
            Varbits.putInt(bits, value);
        } else {
            Varbits.putUint(bits, value);
        }
        int used = into.size() * 8 + bits.used();
        XorChunk.finish(bits.word(), bits.used(), into);
        var text = new StringBuilder();
        for (int i = 0; i < used; i++) {
            text.append(into.array()[i >>> 3] >>> (7 - (i & 7)) & 1);
        }
        return text.toString();
    }

    @Test
    void writesNumbersInAsFewBitsAsPrometheus() {
        assertThat(bits(0, true)).isEqualTo("0");
        assertThat(bits(1, true)).isEqualTo("10001");
        assertThat(bits(4, true)).isEqualTo("10100");
        assertThat(bits(-3, true)).isEqualTo("10101");
        assertThat(bits(-4, true)).isEqualTo("110111100");
        assertThat(bits(32, true)).isEqualTo("110100000");
        assertThat(bits(7, false)).isEqualTo("10111");
        assertThat(bits(8, false)).isEqualTo("110001000");
        assertThat(bits(1L << 62, true)).startsWith("11111111").hasSize(72);
        long[] edges = {3, 6, 9, 12, 18, 25, 56};
        int[] sizes = {5, 9, 13, 17, 24, 32, 64};
        for (int i = 0; i < edges.length; i++) {
            long half = 1L << (edges[i] - 1);
            assertThat(bits(half, true)).hasSize(sizes[i]);
            assertThat(bits(1 - half, true)).hasSize(sizes[i]);
            assertThat(bits(half + 1, true).length()).isGreaterThan(sizes[i]);
            assertThat(bits(-half, true).length()).isGreaterThan(sizes[i]);
            assertThat(bits(2 * half - 1, false)).hasSize(sizes[i]);
        }
    }

    @Test
    void readsNumbersBack() {
        Seeds.forEach(
                300,
                random -> {
                    var numbers = new long[100];
                    var into = new Buffer();
                    var bits = new BitWriter(into::putLong);
                    for (int i = 0; i < numbers.length; i++) {
                        long number = random.nextLong() >> random.nextInt(64);
                        boolean isEdge = random.nextInt(4) == 0;
                        numbers[i] =
                                isEdge
                                        ? (1L << random.nextInt(63)) * (random.nextInt(3) - 1)
                                        : number;
                        if (i % 2 == 0) {
                            Varbits.putInt(bits, numbers[i]);
                        } else {
                            Varbits.putUint(bits, numbers[i]);
                        }
                    }
                    XorChunk.finish(bits.word(), bits.used(), into);
                    var reader = new BitReader(padded(into), 0);
                    for (int i = 0; i < numbers.length; i++) {
                        assertThat(i % 2 == 0 ? Varbits.getInt(reader) : Varbits.getUint(reader))
                                .isEqualTo(numbers[i]);
                    }
                });
    }

    // --- layouts

    @Test
    void keepsThresholdsAndBounds() {
        double[] bounds = {
            -1.5, 0, 0.001, 0.0005, 0.1, 0.3, 33554.43, 33554.431, 1e300, Double.MIN_VALUE
        };
        double[] thresholds = {0, 0x1p-128, 0x1p-243, 0x1p-244, 0x1p10, 0x1p11, 0.3, 1};
        int[] sizes = {8, 8, 8, 72, 8, 72, 72, 8};
        for (int i = 0; i < thresholds.length; i++) {
            var layout =
                    new HistogramLayout(
                            Histogram.CUSTOM_BOUNDS,
                            thresholds[i],
                            new Spans(new int[] {-3, 7}, new int[] {2, 1}),
                            Spans.NONE,
                            bounds);
            var into = new Buffer();
            var bits = new BitWriter(into::putLong);
            layout.write(bits);
            XorChunk.finish(bits.word(), bits.used(), into);
            var reader = new BitReader(padded(into), 0);
            assertThat(HistogramLayout.read(reader, into.size() * 8L)).isEqualTo(layout);
            var exponential =
                    new HistogramLayout(0, thresholds[i], Spans.NONE, Spans.NONE, new double[0]);
            var alone = new Buffer();
            var bitsAlone = new BitWriter(alone::putLong);
            exponential.write(bitsAlone);
            assertThat(alone.size() * 8 + bitsAlone.used()).isEqualTo(sizes[i] + 3);
        }
    }

    // --- folded histograms

    private static FoldedSamples folded(int buckets, long[]... rows) {
        var samples = new FoldedSamples();
        samples.reset(buckets);
        for (int i = 0; i < rows.length; i++) {
            boolean isStale = rows[i].length == 0;
            samples.add(T0 + i * 15_000L, isStale ? StaleMarker.VALUE : i, rows[i], 0);
        }
        return samples;
    }

    @Test
    void aFoldedChunkIsWhatPrometheusWouldWrite() {
        // worked out by hand from the format: two samples of buckets le=0.5 and +Inf
        var samples = folded(2, new long[] {1, 3}, new long[] {1, 4});
        var into = new Buffer();
        FoldedChunk.write(samples, 0, 2, new double[] {0.5}, Reset.UNKNOWN, into);
        // count 2, flags 0, threshold 0, schema -53 = 1110 111001011 (9 bits),
        // one span: 10001, length 2: 10010, offset 0: 0; no negative spans: 0
        // one bound: 10001, 501: 1110 111110101
        // time 1700000000000 = 11111110 + 56 bits, count 3: 10011, zero count: 0, sum 0: 64 bits
        // buckets 1, +1: 10001 10001
        // change of time 15000: 111110 000011101010011000, of count 1: 10001, of zero: 0
        // sum 0 xor 1.0 = 3ff0...: 11, leading 2 = 00010, significant 10 = 001010, 1111111111
        // buckets: 0 0, then +1 - 0: 10001
        var bits =
                "0000000000000010 00000000 00000000 1110111001011 10001 10010 0 0 10001"
                    + " 1110111110101 11111110"
                    + " 00000000000000011000101111001111111001010110100000000000 10011 0"
                    + " 0000000000000000000000000000000000000000000000000000000000000000 10001"
                    + " 10001 111110000011101010011000 10001 0 1100010001010 1111111111 0 10001";
        var plain = bits.replace(" ", "");
        var expected = new Buffer();
        for (int i = 0; i < plain.length(); i += 8) {
            var octet = (plain + "0000000").substring(i, i + 8);
            expected.putByte(Integer.parseInt(octet, 2));
        }
        assertThat(hex(into)).isEqualTo(hex(expected));
    }

    private static String hex(Buffer buffer) {
        return HexFormat.of().formatHex(buffer.array(), 0, buffer.size());
    }

    @Test
    void cutsWhereACounterResetsAndAfterAStaleSample() {
        long[] none = {};
        var samples =
                folded(
                        3,
                        new long[] {0, 2, 2},
                        new long[] {1, 3, 3},
                        new long[] {1, 2, 4}, // the second bucket dropped
                        none,
                        none,
                        new long[] {1, 2, 4},
                        new long[] {2, 3, 5});
        assertThat(FoldedChunk.runEnd(samples, 0, 7)).isEqualTo(2);
        assertThat(FoldedChunk.runEnd(samples, 2, 7)).isEqualTo(5);
        assertThat(FoldedChunk.runEnd(samples, 5, 7)).isEqualTo(7);
        assertThat(FoldedChunk.runEnd(samples, 5, 6)).isEqualTo(6);
        assertThat(FoldedChunk.reset(samples, 0)).isEqualTo(Reset.UNKNOWN);
        assertThat(FoldedChunk.reset(samples, 1)).isEqualTo(Reset.NOT_RESET);
        assertThat(FoldedChunk.reset(samples, 2)).isEqualTo(Reset.RESET);
        assertThat(FoldedChunk.reset(samples, 5)).isEqualTo(Reset.UNKNOWN);
    }

    @Test
    void refusesAFoldedChunkOfOtherBounds() {
        var samples = folded(2, new long[] {1, 3});
        var into = new Buffer();
        FoldedChunk.write(samples, 0, 1, new double[] {0.5}, Reset.UNKNOWN, into);
        var read = new FoldedSamples();
        read.reset(2);
        assertThatThrownBy(() ->
                        FoldedChunk.read(
                                padded(into),
                                0,
                                into.size(),
                                new double[] {0.25},
                                Long.MIN_VALUE,
                                Long.MAX_VALUE,
                                read))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("0.25");
    }

    @Test
    void readsOnlyTheRangeAskedFor() {
        var samples = folded(2, new long[] {1, 3}, new long[] {1, 3}, new long[] {5, 9});
        var into = new Buffer();
        double[] bounds = {0.5};
        FoldedChunk.write(samples, 0, 3, bounds, Reset.UNKNOWN, into);
        for (int from = 0; from < 3; from++) {
            for (int to = from; to < 3; to++) {
                var read = new FoldedSamples();
                read.reset(2);
                FoldedChunk.read(
                        padded(into),
                        0,
                        into.size(),
                        bounds,
                        samples.time(from),
                        samples.time(to),
                        read);
                assertThat(read.size()).isEqualTo(to - from + 1);
                for (int i = 0; i < read.size(); i++) {
                    assertThat(read.time(i)).isEqualTo(samples.time(from + i));
                    assertThat(read.count(i, 0)).isEqualTo(samples.count(from + i, 0));
                    assertThat(read.count(i, 1)).isEqualTo(samples.count(from + i, 1));
                }
            }
        }
    }

    // --- native histograms

    private static Histogram histogram(Reset hint, Spans spans, double... counts) {
        return new Histogram(
                true,
                hint,
                2,
                0,
                1,
                1 + Arrays.stream(counts).sum(),
                2.5,
                spans,
                counts,
                Spans.NONE,
                new double[0],
                new double[0]);
    }

    @Test
    void takesInEveryBucketThatAnySampleHas() {
        var samples = new Samples();
        var few = new Spans(new int[] {1}, new int[] {1});
        var more = new Spans(new int[] {-2, 2, 3}, new int[] {1, 1, 2});
        samples.add(T0, histogram(Reset.UNKNOWN, few, 3));
        samples.add(T0 + 1, histogram(Reset.UNKNOWN, more, 7, 3, 1, 2));
        assertThat(HistogramChunk.runEnd(samples, 0, 2)).isEqualTo(2);
        var into = new Buffer();
        HistogramChunk.write(samples, 0, 2, Reset.UNKNOWN, into);
        var read = read(into, Chunk.HISTOGRAM);
        assertThat(read.histogram(0).positive()).isEqualTo(more);
        assertThat(read.histogram(0).positiveCounts()).containsExactly(0, 3, 0, 0);
        assertThat(read.histogram(1).positiveCounts()).containsExactly(7, 3, 1, 2);
        assertThat(read.histogram(0).hint()).isEqualTo(Reset.UNKNOWN);
        assertThat(read.histogram(1).hint()).isEqualTo(Reset.NOT_RESET);
    }

    private static Samples read(Buffer chunk, int encoding) {
        var read = new Samples();
        Chunk.read(encoding, padded(chunk), 0, chunk.size(), Long.MIN_VALUE, Long.MAX_VALUE, read);
        return read;
    }

    @Test
    void cutsWhereLayoutOrKindChanges() {
        var spans = new Spans(new int[] {1}, new int[] {2});
        var a = histogram(Reset.UNKNOWN, spans, 3, 4);
        assertThat(ends(a, histogram(Reset.UNKNOWN, spans, 3, 3))).isEqualTo(1); // dropped
        assertThat(ends(a, histogram(Reset.RESET, spans, 3, 9))).isEqualTo(1);
        assertThat(ends(a, histogram(Reset.GAUGE, spans, 3, 9))).isEqualTo(1);
        assertThat(ends(a, histogram(Reset.UNKNOWN, spans, 3, 9))).isEqualTo(2);
        assertThat(ends(a, histogram(Reset.UNKNOWN, Spans.NONE))).isEqualTo(1);
        assertThat(ends(a, Histogram.STALE)).isEqualTo(2);
        assertThat(ends(Histogram.STALE, a)).isEqualTo(1);
        assertThat(ends(Histogram.STALE, Histogram.STALE)).isEqualTo(2);
        var gauge = histogram(Reset.GAUGE, spans, 3, 4);
        assertThat(ends(gauge, histogram(Reset.GAUGE, spans, 1, 1))).isEqualTo(2);
    }

    private static int ends(Histogram first, Histogram second) {
        var samples = new Samples();
        samples.add(T0, first);
        samples.add(T0 + 1, second);
        return HistogramChunk.runEnd(samples, 0, 2);
    }

    // --- chunks with start times, which only Prometheus 3.11 and later write

    @Test
    void skipsStartTimesOfHistograms() {
        Seeds.forEach(
                100,
                random -> {
                    // one sample a chunk of encoding 2 and the same bits as encoding 5, with starts
                    var plain = new Buffer();
                    var samples = new Samples();
                    var spans = new Spans(new int[] {random.nextInt(9) - 4}, new int[] {1});
                    var histogram = histogram(Reset.GAUGE, spans, random.nextInt(1000));
                    samples.add(T0, histogram);
                    HistogramChunk.write(samples, 0, 1, Reset.GAUGE, plain);
                    var starts = new Buffer();
                    starts.putShort(0xc000 | 1);
                    starts.putByte(0);
                    starts.put(plain.array(), 3, plain.size() - 3);
                    assertThat(read(starts, Chunk.HISTOGRAM_START).histogram(0))
                            .isEqualTo(histogram);
                    assertThat(Chunk.count(Chunk.HISTOGRAM_START, starts.array(), 0)).isEqualTo(1);
                });
    }

    /// Writes what [Xor2Chunk] reads, by the words of the format.
    private static Buffer xor2(long[] times, double[] values, Random random, int startsFrom) {
        boolean hasFirst = random.nextBoolean();
        var into = new Buffer();
        into.putShort(times.length);
        into.putByte((hasFirst ? 0x80 : 0) | startsFrom);
        var bits = new BitWriter(into::putLong);
        long base = 0;
        int leading = -1;
        int trailing = 0;
        for (int i = 0; i < times.length; i++) {
            long raw = Double.doubleToRawLongBits(values[i]);
            boolean isStale = StaleMarker.is(values[i]);
            if (i == 0) {
                putBytes(bits, times[0] << 1);
                bits.write(raw, 64);
                base = isStale ? 0 : raw;
                if (hasFirst) {
                    putBytes(bits, 12_345 << 1);
                }
                continue;
            }
            long delta = times[i] - times[i - 1];
            long change = i == 1 ? 1 : delta - (times[i - 1] - times[i - 2]);
            long xor = raw ^ base;
            boolean isSame = i > 1 && change == 0;
            if (i == 1) {
                putBytes(bits, delta);
            } else if (isSame && isStale) {
                bits.write(0b11111, 5);
            } else if (isSame) {
                bits.write(xor == 0 ? 0 : 0b10, xor == 0 ? 1 : 2);
            } else if (change >= -4096 && change < 4096) {
                bits.write(0b110L << 13 | change & 0x1fff, 16);
            } else if (change >= -524_288 && change < 524_288) {
                bits.write(0b1110L << 20 | change & 0xfffff, 24);
            } else {
                bits.write(0b11110, 5);
                bits.write(change, 64);
            }
            if (isStale && !isSame) {
                bits.write(0b111, 3);
            } else if (!isStale && xor == 0 && !isSame) {
                bits.write(0, 1);
            } else if (!isStale && xor != 0) {
                int lead = Math.min(31, Long.numberOfLeadingZeros(xor));
                int trail = Long.numberOfTrailingZeros(xor);
                if (leading >= 0 && lead >= leading && trail >= trailing) {
                    bits.write(isSame ? 0 : 0b10, isSame ? 1 : 2);
                } else {
                    leading = lead;
                    trailing = trail;
                    bits.write(isSame ? 1 : 0b110, isSame ? 1 : 3);
                    bits.write(leading, 5);
                    bits.write(64 - leading - trailing & 63, 6);
                }
                bits.write(xor >>> trailing, 64 - leading - trailing);
            }
            base = isStale ? base : raw;
            if (startsFrom > 0 && i >= startsFrom) {
                Varbits.putInt(bits, random.nextInt(2000) - 1000);
            }
        }
        XorChunk.finish(bits.word(), bits.used(), into);
        return into;
    }

    private static void putBytes(BitWriter bits, long number) {
        long rest = number;
        while (rest > 0x7f) {
            bits.write(rest & 0x7f | 0x80, 8);
            rest >>>= 7;
        }
        bits.write(rest, 8);
    }

    @Test
    void readsTheSecondXorEncoding() {
        Seeds.forEach(
                500,
                random -> {
                    int size = 1 + random.nextInt(150);
                    var times = new long[size];
                    var values = new double[size];
                    long time = T0;
                    long[] jumps = {15_000, 15_000, 15_000, 15_001, 19_095, 400_000, 1L << 40};
                    for (int i = 0; i < size; i++) {
                        times[i] = time;
                        time += jumps[random.nextInt(jumps.length)];
                        boolean isSame = i > 0 && random.nextBoolean();
                        values[i] = isSame ? values[i - 1] : random.nextInt(1000) / 8.0;
                        if (random.nextInt(10) == 0) {
                            values[i] = StaleMarker.VALUE;
                        }
                    }
                    int startsFrom = random.nextInt(3) == 0 ? 1 + random.nextInt(127) : 0;
                    var read = read(xor2(times, values, random, startsFrom), Chunk.XOR2);
                    assertThat(read.size()).isEqualTo(size);
                    for (int i = 0; i < size; i++) {
                        assertThat(read.time(i)).isEqualTo(times[i]);
                        assertThat(Double.doubleToRawLongBits(read.value(i)))
                                .isEqualTo(Double.doubleToRawLongBits(values[i]));
                    }
                });
    }

    // --- rubbish

    @Test
    void rubbishIsRefusedAndNeverMore() {
        Seeds.forEach(
                3000,
                random -> {
                    var bytes = new byte[4 + random.nextInt(120)];
                    random.nextBytes(bytes);
                    if (random.nextBoolean()) {
                        bytes[0] = 0;
                        bytes[3] = 0; // a threshold that lets it come further
                    }
                    var chunk = Arrays.copyOf(bytes, bytes.length + BitReader.PADDING);
                    int encoding = random.nextInt(8);
                    var read = new Samples();
                    try {
                        Chunk.read(
                                encoding,
                                chunk,
                                0,
                                bytes.length,
                                Long.MIN_VALUE,
                                Long.MAX_VALUE,
                                read);
                    } catch (IndexOutOfBoundsException refused) {
                        assertThat(refused).isNotNull();
                    }
                    assertThat(read.size()).isLessThan(1 << 16);
                });
    }

    @Test
    void aStaleMarkerKeepsItsBitsHoweverOftenItIsRead() {
        var samples = new Samples();
        for (int i = 0; i < 200; i++) {
            samples.add(T0 + i, i % 3 == 0 ? StaleMarker.VALUE : Double.NaN);
        }
        var into = new Buffer();
        XorChunk.write(samples, into);
        long sum = 0;
        for (int round = 0; round < 20_000; round++) { // long enough for the optimising compiler
            var read = read(into, Chunk.XOR);
            for (int i = 0; i < read.size(); i += 3) {
                sum += StaleMarker.is(read.value(i)) && !StaleMarker.is(read.value(i + 1)) ? 1 : 0;
            }
        }
        assertThat(sum).isEqualTo(20_000L * 67);
    }
}
