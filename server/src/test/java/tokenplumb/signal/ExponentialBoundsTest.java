package tokenplumb.signal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ExponentialBoundsTest {
    private static final double[] OF_SCHEMA_3 = { // as Prometheus prints them
        0.5,
        0.5452538663326288,
        0.5946035575013605,
        0.6484197773255048,
        0.7071067811865475,
        0.7711054127039704,
        0.8408964152537144,
        0.9170040432046711,
        1
    };

    @Test
    void areThoseOfPrometheusToTheLastBit() {
        for (int i = 0; i < OF_SCHEMA_3.length; i++) {
            assertThat(Histogram.bound(3, i - 8)).isEqualTo(OF_SCHEMA_3[i]);
            assertThat(Histogram.bound(3, i)).isEqualTo(OF_SCHEMA_3[i] * 2);
            assertThat(Histogram.bound(8, (i - 8) * 32)).isEqualTo(OF_SCHEMA_3[i]);
        }
        assertThat(Histogram.bound(-4, 1)).isEqualTo(65_536);
        assertThat(Histogram.bound(-1, -1)).isEqualTo(0.25);
    }

    @Test
    void growByTheSameFactorEverywhere() {
        for (int schema = -4; schema <= 8; schema++) {
            double factor = Math.pow(2, Math.pow(2, -schema));
            for (int index = -100; index < 100; index++) {
                double lower = Histogram.bound(schema, index - 1);
                double upper = Histogram.bound(schema, index);
                if (lower > 1e-300 && upper < 1e300) {
                    assertThat(upper / lower).isBetween(factor - 1e-12, factor + 1e-12);
                }
            }
        }
    }

    @Test
    void keepTheInfiniteOutOfTheLastFiniteBucket() {
        assertThat(Histogram.bound(0, 1024)).isEqualTo(Double.MAX_VALUE);
        assertThat(Histogram.bound(0, 1025)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(Histogram.bound(-4, 64)).isEqualTo(Double.MAX_VALUE);
        assertThat(Histogram.bound(8, 1024 * 256)).isEqualTo(Double.MAX_VALUE);
        assertThat(Histogram.bound(0, -1074)).isEqualTo(Double.MIN_VALUE);
        assertThat(Histogram.bound(-4, Integer.MAX_VALUE)).isEqualTo(Double.POSITIVE_INFINITY);
    }
}
