package tokenplumb.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;
import tokenplumb.signal.Metadata;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;

class LayoutTest {
    @Test
    void everyByteOfALineCountsAndNoOther() {
        Seeds.forEach(
                20,
                random -> {
                    for (int length = 1; length <= 200; length++) {
                        var body = new byte[length + 20];
                        random.nextBytes(body);
                        int from = random.nextInt(20);
                        int to = from + length;
                        long hash = Layout.hash(body, from, to);
                        for (int i = 0; i < body.length; i++) {
                            body[i] ^= (byte) (1 << random.nextInt(8));
                            boolean isSame = Layout.hash(body, from, to) == hash;
                            assertThat(isSame)
                                    .as("byte %d of %d to %d changed", i, from, to)
                                    .isEqualTo(i < from || i >= to);
                            hash = isSame ? hash : Layout.hash(body, from, to);
                        }
                    }
                });
    }

    @Test
    void linesThatDifferLittleDoNotCollide() {
        var seen = new HashSet<Long>();
        for (int i = 0; i < 100_000; i++) {
            var line =
                    "vllm:request_queue_time_seconds_bucket{engine=\"0\",le=\"%d\"} ".formatted(i);
            var bytes = line.getBytes(StandardCharsets.UTF_8);
            assertThat(seen.add(Layout.hash(bytes, 0, bytes.length))).isTrue();
            var zeros = new byte[i % 2000 + 1];
            assertThat(i >= 2000 || seen.add(Layout.hash(zeros, 0, zeros.length))).isTrue();
        }
    }

    @Test
    void aLineIsTheSameOnlyUnderTheSameTypeAndWithAValueBehind() {
        var body = "a{x=\"1\"} 5".getBytes(StandardCharsets.UTF_8);
        var layout = new Layout();
        int valueAt = body.length - 1;
        layout.add(Layout.hash(body, 0, valueAt), valueAt, Metadata.Type.GAUGE, 7);
        assertThat(layout.matches(0, body, 0, body.length, Metadata.Type.GAUGE)).isTrue();
        assertThat(layout.matches(0, body, 0, body.length, Metadata.Type.COUNTER)).isFalse();
        assertThat(layout.matches(0, body, 0, valueAt, Metadata.Type.GAUGE)).isFalse();
        layout.index();
        long hash = Layout.hash(body, 0, valueAt);
        assertThat(layout.find(hash, valueAt, Metadata.Type.GAUGE)).isZero();
        assertThat(layout.find(hash, valueAt + 1, Metadata.Type.GAUGE)).isEqualTo(-1);
        assertThat(Layout.number(Layout.feed(9))).isEqualTo(9);
        assertThat(Layout.kind(Layout.slot(Layout.most()))).isEqualTo(Layout.SLOT);
    }
}
