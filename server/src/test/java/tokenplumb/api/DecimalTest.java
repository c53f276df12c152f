package tokenplumb.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.List;

final class DecimalTest {
    /// What Go 1.2x's `strconv.FormatFloat(x, 'f' | 'e' | 'g', -1, 64)` prints.
    @Test
    void spellsNumbersAsGoDoes() {
        assertThat(Decimal.fixed(0)).isEqualTo("0");
        assertThat(Decimal.fixed(-0.0)).isEqualTo("-0");
        assertThat(Decimal.fixed(1)).isEqualTo("1");
        assertThat(Decimal.fixed(0.1)).isEqualTo("0.1");
        assertThat(Decimal.fixed(-123.456)).isEqualTo("-123.456");
        assertThat(Decimal.fixed(1e20)).isEqualTo("100000000000000000000");
        assertThat(Decimal.fixed(2e23)).isEqualTo("200000000000000000000000");
        assertThat(Decimal.fixed(1e-7)).isEqualTo("0.0000001");
        assertThat(Decimal.fixed(Double.MIN_VALUE)).hasSize(326).endsWith("0005");
        assertThat(Decimal.fixed(Double.NaN)).isEqualTo("NaN");
        assertThat(Decimal.fixed(Double.POSITIVE_INFINITY)).isEqualTo("+Inf");
        assertThat(Decimal.fixed(Double.NEGATIVE_INFINITY)).isEqualTo("-Inf");

        assertThat(Decimal.scientific(0)).isEqualTo("0e+00");
        assertThat(Decimal.scientific(1)).isEqualTo("1e+00");
        assertThat(Decimal.scientific(25)).isEqualTo("2.5e+01");
        assertThat(Decimal.scientific(-1.5e-7)).isEqualTo("-1.5e-07");
        assertThat(Decimal.scientific(Double.MIN_VALUE)).isEqualTo("5e-324");
        assertThat(Decimal.scientific(Double.MAX_VALUE)).isEqualTo("1.7976931348623157e+308");

        assertThat(Decimal.general(1_000_000)).isEqualTo("1e+06");
        assertThat(Decimal.general(123_456)).isEqualTo("123456");
        assertThat(Decimal.general(1_732_486_000.5)).isEqualTo("1.7324860005e+09");
        assertThat(Decimal.general(0.0001)).isEqualTo("0.0001");
        assertThat(Decimal.general(0.00001)).isEqualTo("1e-05");
    }

    @Test
    void changesToExponentsWherePrometheusDoes() {
        assertThat(Decimal.sample(1e-6)).isEqualTo("0.000001");
        assertThat(Decimal.sample(9.9e-7)).isEqualTo("9.9e-07");
        assertThat(Decimal.sample(1e21)).isEqualTo("1e+21");
        assertThat(Decimal.sample(9.99e20)).isEqualTo("999000000000000000000");
    }

    @Test
    void readsBackAsTheSameNumberAndTheFastWayAgreesWithTheSlow() {
        Seeds.forEach(
                20_000,
                random -> {
                    double value =
                            switch (random.nextInt(5)) {
                                case 0 -> Double.longBitsToDouble(random.nextLong());
                                case 1 -> random.nextInt(1_000_000) / 1000.0;
                                case 2 -> random.nextLong() >> random.nextInt(64);
                                case 3 -> Math.round(random.nextDouble() * 1e9) / 1e8;
                                default ->
                                        random.nextGaussian()
                                                * Math.pow(10, random.nextInt(40) - 20);
                            };
                    if (!Double.isFinite(value)) {
                        return;
                    }
                    assertThat(Double.parseDouble(Decimal.fixed(value))).isEqualTo(value);
                    assertThat(Double.parseDouble(Decimal.scientific(value))).isEqualTo(value);
                    assertThat(Decimal.fixed(value)).doesNotContainIgnoringCase("e");
                    if (value != 0) {
                        assertThat(new BigDecimal(Decimal.scientific(value)))
                                .isEqualByComparingTo(leastDigits(value));
                    }
                    assertThat(written(json -> json.sample(value)))
                            .isEqualTo('"' + Decimal.sample(value) + '"');
                });
    }

    /// The JDK finds the fewest digits too, but never writes fewer than two.
    private static BigDecimal leastDigits(double value) {
        var known = new BigDecimal(Double.toString(value));
        for (var mode : List.of(RoundingMode.HALF_EVEN, RoundingMode.DOWN, RoundingMode.UP)) {
            var one = known.round(new MathContext(1, mode));
            if (one.doubleValue() == value) {
                return one;
            }
        }
        return known;
    }

    @Test
    void powersOfTwoAndTheirNeighboursHaveTheirFewestDigits() {
        for (int exponent = -1074; exponent < 1024; exponent++) {
            double power = Math.scalb(1.0, exponent);
            for (double value : new double[] {Math.nextDown(power), power, Math.nextUp(power)}) {
                if (value > 0) {
                    assertThat(new BigDecimal(Decimal.scientific(value)))
                            .as("2^%d", exponent)
                            .isEqualByComparingTo(leastDigits(value));
                }
            }
        }
    }

    @FunctionalInterface
    private interface Writing {
        void to(JsonBytes json) throws IOException;
    }

    private static String written(Writing writing) throws IOException {
        var out = new ByteArrayOutputStream();
        var json = new JsonBytes(out);
        writing.to(json);
        json.flush();
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void writesTimesAndTexts() throws IOException {
        assertThat(written(json -> json.seconds(1_435_781_430_781L))).isEqualTo("1435781430.781");
        assertThat(written(json -> json.seconds(1_435_781_430_000L))).isEqualTo("1435781430");
        assertThat(written(json -> json.seconds(-1_007))).isEqualTo("-1.007");
        assertThat(written(json -> json.seconds(100))).isEqualTo("0.100");
        assertThat(written(json -> json.text("a\"b\\c\nd\u0001é\u20ac\ud83d\ude00")))
                .isEqualTo("\"a\\\"b\\\\c\\nd\\u0001é\u20ac\ud83d\ude00\"");
        assertThat(written(json -> json.text("\ud83d"))).isEqualTo("\"\ufffd\"");
        var longText = "x".repeat(100_000);
        assertThat(written(json -> json.text(longText))).isEqualTo('"' + longText + '"');
    }
}
