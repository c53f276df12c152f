package tokenplumb.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;

class BitsTest {
    @Test
    void givesBackWhatWasWritten() {
        Seeds.forEach(
                1000,
                random -> {
                    var into = new Buffer();
                    var writer = new BitWriter(into::putLong);
                    int size = random.nextInt(200);
                    var values = new long[size];
                    var counts = new int[size];
                    for (int i = 0; i < size; i++) {
                        counts[i] = 1 + random.nextInt(64);
                        values[i] = random.nextLong() >>> (64 - counts[i]);
                        writer.write(values[i], counts[i]);
                    }
                    into.putLong(writer.word());
                    into.ensure(BitReader.PADDING);
                    var reader = new BitReader(into.array(), 0);
                    for (int i = 0; i < size; i++) {
                        if (counts[i] == 1) {
                            assertThat(reader.bit()).isEqualTo(values[i] == 1);
                        } else {
                            assertThat(reader.read(counts[i])).isEqualTo(values[i]);
                        }
                    }
                });
    }
}
