package tokenplumb.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Random;

class NumbersTest {
    @Test
    void readsEveryNumberAsTheNearestDouble() {
        Seeds.forEach(
                20_000,
                random -> {
                    var text = decimal(random);
                    double expected = Double.parseDouble(text);
                    if (Double.isInfinite(expected)) {
                        assertThatThrownBy(() -> parsed(text)).hasMessageContaining("float64");
                        return;
                    }
                    assertThat(Double.doubleToRawLongBits(parsed(text)))
                            .as(text)
                            .isEqualTo(Double.doubleToRawLongBits(expected));
                });
    }

    private static String decimal(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> Double.toString(Double.longBitsToDouble(random.nextLong() & ~(1L << 62)));
            case 1 -> Double.toString(random.nextDouble() * Math.pow(10, random.nextInt(18)));
            case 2 -> random.nextLong() + "e" + (random.nextInt(160) - 80);
            case 3 -> halfwayBetweenDoubles(random);
            case 4 -> random.nextInt() + "." + (random.nextLong() >>> 1);
            default ->
                    random.nextInt(1000) + "." + random.nextInt(1000) + "E+0" + random.nextInt(99);
        };
    }

    /// The hardest numbers: exactly in the middle, and one digit to either side of it.
    private static String halfwayBetweenDoubles(Random random) {
        double one = (double) (1L << 53) + random.nextInt(1 << 30) * 2L;
        var middle = new BigDecimal(one).add(BigDecimal.ONE);
        var scale = BigDecimal.valueOf(2).pow(random.nextInt(20));
        var text = middle.multiply(scale).toPlainString();
        return switch (random.nextInt(3)) {
            case 0 -> text;
            case 1 -> text + ".0000000000000000000001";
            default -> text + "e-" + random.nextInt(30);
        };
    }

    private static double parsed(String text) throws ExpositionException {
        var exposition = new Exposition();
        var body = ("m " + text + "\n").getBytes(StandardCharsets.UTF_8);
        exposition.reset(Format.TEXT, body, body.length);
        exposition.next();
        return exposition.value();
    }

    @Test
    void knowsTheSpellingsOfGoPythonAndC() throws ExpositionException {
        assertThat(parsed("1.0777853952e+011")).isEqualTo(1.0777853952e11);
        assertThat(parsed("5.")).isEqualTo(5);
        assertThat(parsed(".5")).isEqualTo(0.5);
        assertThat(parsed("+1e3")).isEqualTo(1000);
        assertThat(Double.doubleToRawLongBits(parsed("-0"))).isEqualTo(1L << 63);
        assertThat(parsed("-infinity")).isEqualTo(Double.NEGATIVE_INFINITY);
        for (var nan : new String[] {"NaN", "nan", "-nan", "-nan(ind)", "NAN"}) {
            assertThat(parsed(nan)).as(nan).isNaN();
        }
        assertThat(parsed("1e-400")).isZero();
    }

    @Test
    void refusesWhatIsNoNumber() {
        var wrong =
                new String[] {
                    "1_000", "0x1p-3", "0x10", "1e", "1e+", ".", "-", "++1", "1d", "1f", "true",
                    "1,5", "infinit", "nanx", "1e400", "--1", "1.2.3"
                };
        for (var text : wrong) {
            assertThatThrownBy(() -> parsed(text)).as(text).isInstanceOf(ExpositionException.class);
        }
    }

    @Test
    void writesAsGo() {
        assertThat(Numbers.text(1e6)).isEqualTo("1e+06");
        assertThat(Numbers.text(123456)).isEqualTo("123456");
        assertThat(Numbers.text(1234567.5)).isEqualTo("1.2345675e+06");
        assertThat(Numbers.text(0.0001)).isEqualTo("0.0001");
        assertThat(Numbers.text(0.00001)).isEqualTo("1e-05");
        assertThat(Numbers.text(-0.25)).isEqualTo("-0.25");
        assertThat(Numbers.openMetrics(10)).isEqualTo("10.0");
        assertThat(Numbers.openMetrics(1e6)).isEqualTo("1e+06");
        assertThat(Numbers.openMetrics(Double.POSITIVE_INFINITY)).isEqualTo("+Inf");
        Seeds.forEach(
                2000,
                random -> {
                    double value = Double.longBitsToDouble(random.nextLong());
                    if (Double.isFinite(value)) {
                        assertThat(Double.parseDouble(Numbers.text(value))).isEqualTo(value);
                    }
                });
    }
}
