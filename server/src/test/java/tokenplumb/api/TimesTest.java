package tokenplumb.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;

final class TimesTest {
    @Test
    void readsSecondsAndRfc3339() {
        assertThat(Times.parse("1435781430.781")).isEqualTo(1_435_781_430_781L);
        assertThat(Times.parse("1.5e3")).isEqualTo(1_500_000);
        assertThat(Times.parse("-1")).isEqualTo(-1000);
        assertThat(Times.parse("2015-07-01T20:10:51.781Z")).isEqualTo(1_435_781_451_781L);
        assertThat(Times.parse("2015-07-01T22:10:51+02:00")).isEqualTo(1_435_781_451_000L);
        assertThat(Times.parse("-292273086-05-16T16:47:06Z")).isEqualTo(Times.MIN);
        assertThat(Times.parse("292277025-08-18T07:12:54.999999999Z")).isEqualTo(Times.MAX);
        for (var wrong : new String[] {"", "abc", "NaN", "0x10", "1d", "30s", "2015-07-01"}) {
            assertThatThrownBy(() -> Times.parse(wrong))
                    .as(wrong)
                    .hasMessage("cannot parse \"" + wrong + "\" to a valid timestamp");
        }
    }

    @Test
    void readsDurations() {
        assertThat(Times.parseDuration("15")).isEqualTo(Duration.ofSeconds(15));
        assertThat(Times.parseDuration("0.5")).isEqualTo(Duration.ofMillis(500));
        assertThat(Times.parseDuration("1h30m")).isEqualTo(Duration.ofMinutes(90));
        assertThatThrownBy(() -> Times.parseDuration("abc"))
                .hasMessage("cannot parse \"abc\" to a valid duration");
        assertThatThrownBy(() -> Times.parseDuration("1e30"))
                .hasMessage("cannot parse \"1e30\" to a valid duration. It overflows int64");
    }

    @Test
    void writesThemAsPrometheus() {
        assertThat(Times.text(Duration.ofSeconds(15))).isEqualTo("15s");
        assertThat(Times.text(Duration.ofSeconds(90))).isEqualTo("1m30s");
        assertThat(Times.text(Duration.ofMillis(1500))).isEqualTo("1s500ms");
        assertThat(Times.text(Duration.ofDays(15))).isEqualTo("15d");
        assertThat(Times.text(Duration.ofDays(14))).isEqualTo("2w");
        assertThat(Times.text(Duration.ZERO)).isEqualTo("0s");
        assertThat(Times.number(Duration.ofMinutes(2))).isEqualTo("120");
        assertThat(Times.number(Duration.ofNanos(1_500_000))).isEqualTo("0.0015");
        assertThat(Times.text(Instant.EPOCH)).isEqualTo("0001-01-01T00:00:00Z");
    }

    @Test
    void readsEscapedLabelNames() {
        assertThat(SeriesFinder.unescaped("job")).isEqualTo("job");
        assertThat(SeriesFinder.unescaped("U__http_2e_status_3a_sum")).isEqualTo("http.status:sum");
        assertThat(SeriesFinder.unescaped("U__a__b")).isEqualTo("a_b");
        assertThat(SeriesFinder.unescaped("U__label_with_1f600_"))
                .isEqualTo("U__label_with_1f600_");
        assertThat(SeriesFinder.unescaped("U___1f600_")).isEqualTo("\ud83d\ude00");
        assertThat(SeriesFinder.unescaped("U__broken_zz_")).isEqualTo("U__broken_zz_");
    }
}
