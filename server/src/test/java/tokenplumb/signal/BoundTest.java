package tokenplumb.signal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;
import tokenplumb.promql.func.GoNumber;

import java.util.ArrayList;
import java.util.List;

class BoundTest {
    @Test
    void knowsNumbersFromOtherTexts() {
        assertThat(Bound.number("1e-05")).isEqualTo(1e-5);
        assertThat(Bound.number("+Inf")).isEqualTo(Double.POSITIVE_INFINITY);
        for (var text : List.of("", "1d", "1f", "0x1p3", " 1", "NaN", "infinity", "1e", "a")) {
            assertThat(Bound.number(text)).as(text).isNaN();
        }
    }

    @Test
    void spellsAsPrometheus3() {
        assertThat(Bound.normal("1")).isEqualTo("1.0");
        assertThat(Bound.normal("100000")).isEqualTo("100000.0");
        assertThat(Bound.normal("1000000")).isEqualTo("1e+06");
        assertThat(Bound.normal("0.00001")).isEqualTo("1e-05");
        assertThat(Bound.normal("1.0E7")).isEqualTo("1e+07");
        assertThat(Bound.normal("Inf")).isEqualTo("+Inf");
        assertThat(Bound.normal("abc")).isEqualTo("abc");
        Seeds.forEach(
                500,
                random -> {
                    double value = Math.pow(10, random.nextInt(40) - 20) * random.nextInt(100_000);
                    double signed = random.nextBoolean() ? value : -value;
                    assertThat(Bound.normal(Double.toString(signed)))
                            .isEqualTo(
                                    GoNumber.openMetrics(signed).replaceFirst("^(-?0)$", "$1.0"));
                });
    }

    @Test
    void decidesTheSameAsTextsOnTheValuesThatThereAre() {
        var spellings =
                List.of("", "1", "1.0", "1e0", "10", "1e1", "2.5", "2.50", "+Inf", "Inf", "x", "*");
        var patterns = List.of("1|10", ".+", "1\\.0", "1.*", "", "2.5|", "[0-9]+", "x|\\*");
        Seeds.forEach(
                300,
                random -> {
                    var type = List.of(Matcher.Type.values()).get(random.nextInt(4));
                    boolean isText = type == Matcher.Type.EQUAL || type == Matcher.Type.NOT_EQUAL;
                    var from = isText ? spellings : patterns;
                    var matcher = Matcher.of(type, "le", from.get(random.nextInt(from.size())));
                    var bound = Bound.of(matcher);
                    var values = new ArrayList<>(spellings);
                    values.removeIf(value -> value.isEmpty() || random.nextInt(3) == 0);
                    var asText = bound.among(values);
                    values.add("");
                    for (var value : values) {
                        assertThat(asText.matches(value))
                                .as("%s as %s on '%s'", matcher, asText, value)
                                .isEqualTo(bound.passes(value));
                        if (!bound.isNumeric()) {
                            assertThat(matcher.matches(value)).isEqualTo(bound.passes(value));
                        }
                    }
                });
    }
}
