package tokenplumb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.OptionalDouble;

final class SummaryTest {
    @Test
    void drawsACourseWithItsGaps() {
        var values =
                List.of(
                        OptionalDouble.of(0),
                        OptionalDouble.empty(),
                        OptionalDouble.of(7),
                        OptionalDouble.of(3.5));
        assertThat(Summary.course(values)).isEqualTo("▁ █▅");
        assertThat(Summary.course(List.of(OptionalDouble.of(5), OptionalDouble.of(5))))
                .isEqualTo("▁▁");
    }

    @Test
    void writesNumbersForPeople() {
        assertThat(Summary.number(0.935, "ratio")).isEqualTo("93.5 %");
        assertThat(Summary.number(0.25, "seconds")).isEqualTo("250 ms");
        assertThat(Summary.number(2.5, "seconds")).isEqualTo("2.50 s");
        assertThat(Summary.number(3 << 20, "bytes/s")).isEqualTo("3.0 MiB/s");
        assertThat(Summary.number(12, "requests")).isEqualTo("12 requests");
        assertThat(Summary.number(Double.NaN, "ratio")).isEqualTo("–");
    }
}
