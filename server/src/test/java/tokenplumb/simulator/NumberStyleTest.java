package tokenplumb.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Shared;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

class NumberStyleTest {
    @Test
    void writesEveryNumberOfARealVllmAsThePythonClientDid() throws IOException {
        // One version of the client, this one, wrote exponents of three digits.
        assertThat(changed("vllm_v1_2026-09_specdecode_real.prom", NumberStyle.PYTHON))
                .containsExactly("1.0777853952e+010 -> 1.0777853952e+10");
        assertThat(changed("vllm_v1_0.9-0.10_excerpt_real.prom", NumberStyle.PYTHON)).isEmpty();
        assertThat(changed("generated/vllm_main_2026-08-17.prom", NumberStyle.PYTHON)).isEmpty();
    }

    @Test
    void writesEveryNumberOfANodeExporterAsGoDid() throws IOException {
        assertThat(changed("node_exporter_e2e_linux.prom", NumberStyle.GO)).isEmpty();
    }

    @Test
    void writesNumbersAsDcgmDoes() {
        assertThat(NumberStyle.FIXED.text(8.969)).isEqualTo("8.969000");
        assertThat(NumberStyle.FIXED.text(0.05)).isEqualTo("0.050000");
        assertThat(NumberStyle.FIXED.text(-2.5)).isEqualTo("-2.500000");
        assertThat(NumberStyle.FIXED.text(0.0000004)).isEqualTo("0.000000");
        assertThat(NumberStyle.INTEGER.text(128996013.4)).isEqualTo("128996013");
    }

    @Test
    void writesWhatIsNoNumber() {
        assertThat(NumberStyle.GO.text(Double.NaN)).isEqualTo("NaN");
        assertThat(NumberStyle.PYTHON.text(Double.POSITIVE_INFINITY)).isEqualTo("+Inf");
        assertThat(NumberStyle.GO.text(Double.NEGATIVE_INFINITY)).isEqualTo("-Inf");
        assertThat(NumberStyle.GO.text(-0.0)).isEqualTo("-0");
        assertThat(NumberStyle.PYTHON.text(1e-5)).isEqualTo("1e-05");
        assertThat(NumberStyle.PYTHON.text(1e300)).isEqualTo("1e+300");
    }

    /// The numbers of a real exposition that come out in another spelling.
    private static List<String> changed(String file, NumberStyle style) throws IOException {
        var differences = new ArrayList<String>();
        for (var line : Files.readAllLines(Shared.path("data/expositions/" + file))) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            var real = line.substring(line.lastIndexOf(' ') + 1);
            var number = real.replace("+Inf", "Infinity").replace("-Inf", "-Infinity");
            var ours = style.text(Double.parseDouble(number));
            if (!ours.equals(real)) {
                differences.add(real + " -> " + ours);
            }
        }
        return differences;
    }
}
