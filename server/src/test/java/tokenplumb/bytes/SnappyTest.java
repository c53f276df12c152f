package tokenplumb.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;

import java.util.Arrays;

final class SnappyTest {
    @Test
    void unpacksWhatItHasPacked() {
        Seeds.forEach(
                200,
                random -> {
                    var bytes = new byte[random.nextInt(200_000)];
                    int letters = 1 + random.nextInt(20);
                    for (int i = 0; i < bytes.length; i++) {
                        bytes[i] = (byte) random.nextInt(letters);
                    }
                    var packed = new Buffer();
                    Snappy.pack(bytes, bytes.length, packed);
                    var plain = new Buffer();
                    Snappy.unpack(packed.array(), 0, packed.size(), plain);
                    assertThat(Arrays.copyOf(plain.array(), plain.size())).isEqualTo(bytes);
                });
    }
}
