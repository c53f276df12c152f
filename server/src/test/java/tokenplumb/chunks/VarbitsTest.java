package tokenplumb.chunks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.bytes.BitReader;
import tokenplumb.bytes.BitWriter;
import tokenplumb.bytes.Buffer;
import tokenplumb.kit.Seeds;

class VarbitsTest {
    @Test
    void manyNumbersAtOnceAreThoseReadOneByOne() {
        Seeds.forEach(
                500,
                random -> {
                    var written = new long[random.nextInt(40)];
                    int widest = 1 + random.nextInt(64);
                    var buffer = new Buffer();
                    var bits = new BitWriter(buffer::putLong);
                    bits.write(0, 1 + random.nextInt(9)); // begins anywhere in a byte
                    long start = bits.used();
                    for (int i = 0; i < written.length; i++) {
                        written[i] = random.nextLong() >> random.nextInt(64 - widest, 64);
                        Varbits.putInt(bits, written[i]);
                    }
                    bits.write(0b101, 3);
                    XorChunk.finish(bits.word(), bits.used(), buffer);
                    buffer.ensure(BitReader.PADDING);
                    var together = new BitReader(buffer.array(), 0);
                    together.skip((int) start);
                    var sums = new long[written.length];
                    for (int i = 0; i < sums.length; i++) {
                        sums[i] = i;
                    }
                    Varbits.addInts(together, sums);
                    for (int i = 0; i < sums.length; i++) {
                        assertThat(sums[i] - i).as("number %d", i).isEqualTo(written[i]);
                    }
                    assertThat(together.read(3)).as("what follows").isEqualTo(0b101);
                });
    }
}
