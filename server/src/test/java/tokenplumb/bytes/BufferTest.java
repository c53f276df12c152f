package tokenplumb.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;

class BufferTest {
    @Test
    void givesBackWhatWasPut() {
        var buffer = new Buffer(1);
        Seeds.forEach(
                1000,
                random -> {
                    buffer.reset();
                    long number = random.nextLong() >> random.nextInt(64);
                    var text = "ü" + random.nextInt();
                    buffer.putByte(200);
                    buffer.putInt((int) number);
                    buffer.putUvarint(number);
                    buffer.putVarint(number);
                    buffer.putText(text);
                    buffer.putLong(number);
                    var reader = new ByteReader(buffer.array(), 0, buffer.size());
                    assertThat(reader.getByte()).isEqualTo(200);
                    assertThat(reader.getInt()).isEqualTo((int) number);
                    assertThat(reader.getUvarint()).isEqualTo(number);
                    assertThat(reader.getVarint()).isEqualTo(number);
                    assertThat(reader.getText()).isEqualTo(text);
                    assertThat(reader.getLong()).isEqualTo(number);
                    assertThat(reader.remaining()).isZero();
                });
    }

    @Test
    void neverReadsBeyondItsEnd() {
        var bytes = new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f};
        assertThatThrownBy(() -> new ByteReader(bytes, 0, 3).getUvarint())
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> new ByteReader(bytes, 0, 3).getInt())
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> new ByteReader(bytes, 0, 4).getText())
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("goes beyond the end");
    }

    @Test
    void checksumIsCastagnolis() {
        assertThat(Crc32c.of("123456789".getBytes(java.nio.charset.StandardCharsets.UTF_8), 0, 9))
                .isEqualTo(0xE3069283);
    }
}
