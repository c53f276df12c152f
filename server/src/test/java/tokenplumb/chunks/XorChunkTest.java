package tokenplumb.chunks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.Buffer;
import tokenplumb.kit.Seeds;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

class XorChunkTest {
    private static final long[] JUMPS = {
        1, 15_000, 1 << 13, (1 << 13) + 1, 1 << 16, (1 << 16) + 1, 1 << 19, (1 << 19) + 1, 1L << 30
    };
    private static final double[] ODD = {
        0.0,
        -0.0,
        Double.NaN,
        StaleMarker.VALUE,
        Double.longBitsToDouble(0xfff8000000000123L),
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.MIN_VALUE,
        Double.MAX_VALUE
    };

    @Test
    void writesTheBytesPromtoolWrites() {
        var gauge = samples(1_700_000_000_000L, 0.1, 1_700_000_015_000L, -3.0);
        var counter =
                samples(
                        1_700_000_000_000L, 1.0,
                        1_700_000_015_000L, 2.0,
                        1_700_000_030_000L, 2.0,
                        1_700_000_045_010L, 5.5,
                        1_700_000_060_000L, 7.0);

        assertThat(hex(gauge))
                .isEqualTo("000280a0abfef9623fb999999999999a9875c1fffd8cccccccccccd0");
        assertThat(hex(counter))
                .isEqualTo("000580a0abfef9623ff00000000000009875c25fff2002b58977fd9280");
    }

    @Test
    void refusesAWindowThatIsNoneOrTooWide() {
        for (var value1 : List.of("80", "ffff80")) { // 10: the last window; 11: 31 + 63 bits of 64
            var chunk = HexFormat.of().parseHex("0002" + "00" + "3ff0000000000000" + "01" + value1);
            assertThatThrownBy(() ->
                            XorChunk.read(
                                    Arrays.copyOf(chunk, chunk.length + BitReader.PADDING),
                                    0,
                                    Long.MIN_VALUE,
                                    Long.MAX_VALUE,
                                    new Samples()))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining("a chunk");
        }
    }

    @Test
    void givesBackEveryBit() {
        Seeds.forEach(
                2000,
                random -> {
                    var samples = random(random, random.nextInt(200));
                    var read = new Samples();
                    XorChunk.read(encoded(samples), 0, Long.MIN_VALUE, Long.MAX_VALUE, read);
                    assertThat(bits(read)).isEqualTo(bits(samples));
                });
    }

    @Test
    void readsOnlyTheRangeAskedFor() {
        Seeds.forEach(
                500,
                random -> {
                    var samples = random(random, 1 + random.nextInt(120));
                    long from =
                            samples.time(random.nextInt(samples.size())) + random.nextInt(3) - 1;
                    long to = samples.time(random.nextInt(samples.size())) + random.nextInt(3) - 1;
                    var expected = new Samples();
                    for (int i = 0; i < samples.size(); i++) {
                        if (samples.time(i) >= from && samples.time(i) <= to) {
                            expected.add(samples.time(i), samples.value(i));
                        }
                    }
                    var read = new Samples();
                    XorChunk.read(encoded(samples), 0, from, to, read);
                    assertThat(bits(read)).isEqualTo(bits(expected));
                });
    }

    @Test
    void oneAppenderServesTwoChunksInTurn() {
        Seeds.forEach(
                500,
                random -> {
                    var chunks = List.of(random(random, 100), random(random, 100));
                    var streams = List.of(new Buffer(), new Buffer());
                    var aside = new long[][] {new long[6], new long[6]};
                    var turn = new int[1];
                    var appender = new XorAppender(word -> streams.get(turn[0]).putLong(word));
                    appender.reset();
                    appender.save(aside[0], 2);
                    appender.save(aside[1], 2);
                    for (int i = 0; i < 100; i++) {
                        for (turn[0] = 0; turn[0] < 2; turn[0]++) {
                            var samples = chunks.get(turn[0]);
                            appender.load(aside[turn[0]], 2);
                            appender.append(
                                    samples.time(i), Double.doubleToRawLongBits(samples.value(i)));
                            appender.save(aside[turn[0]], 2);
                        }
                    }
                    for (int which = 0; which < 2; which++) {
                        var stream = streams.get(which);
                        XorChunk.finish(aside[which][4], XorAppender.used(aside[which][5]), stream);
                        assertThat(
                                        "0064"
                                                + HexFormat.of()
                                                        .formatHex(
                                                                stream.array(), 0, stream.size()))
                                .isEqualTo(hex(chunks.get(which)));
                    }
                });
    }

    private static Samples samples(double... timesAndValues) {
        var samples = new Samples();
        for (int i = 0; i < timesAndValues.length; i += 2) {
            samples.add((long) timesAndValues[i], timesAndValues[i + 1]);
        }
        return samples;
    }

    private static Samples random(Random random, int count) {
        var samples = new Samples();
        long time = random.nextBoolean() ? 1_700_000_000_000L : -random.nextInt(1 << 30);
        double value = random.nextInt(1000);
        int kind = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            samples.add(time, value);
            time += kind == 0 ? JUMPS[random.nextInt(JUMPS.length)] : 15_000 + random.nextInt(3);
            value =
                    switch (random.nextInt(kind == 1 ? 2 : 4)) {
                        case 0 -> value;
                        case 1 -> value + random.nextInt(10);
                        case 2 -> ODD[random.nextInt(ODD.length)];
                        default -> Double.longBitsToDouble(random.nextLong());
                    };
        }
        return samples;
    }

    private static byte[] encoded(Samples samples) {
        var into = new Buffer();
        XorChunk.write(samples, into);
        into.ensure(BitReader.PADDING);
        return into.array();
    }

    private static String hex(Samples samples) {
        var into = new Buffer();
        XorChunk.write(samples, into);
        return HexFormat.of().formatHex(into.array(), 0, into.size());
    }

    /// Times and raw bits, so that one NaN is not as good as another.
    private static List<Long> bits(Samples samples) {
        var bits = new ArrayList<Long>();
        for (int i = 0; i < samples.size(); i++) {
            bits.add(samples.time(i));
            bits.add(Double.doubleToRawLongBits(samples.value(i)));
        }
        return bits;
    }
}
