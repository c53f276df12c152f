package tokenplumb.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.List;

class RepeatsTest {
    @Test
    void refusesRepeatsThatMultiplyBeyondAThousand() {
        for (var pattern :
                List.of(
                        "(a{1,100}){1,100}",
                        "a{1001}",
                        "((x{10}y){10}){11}",
                        "(a|b{500}){3}",
                        "(?:[\\]}]{50}){21}")) {
            assertThatThrownBy(() -> Regex.anchored(pattern))
                    .as(pattern)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("error parsing regexp: invalid repeat count: `{");
        }
    }

    @Test
    void acceptsAllOthers() {
        for (var pattern :
                List.of(
                        "a{1,1000}",
                        "(a{10}){100}",
                        "a{500}b{500}",
                        "a{b}",
                        "[{1001}]+",
                        "\\{1001\\}",
                        "\\Qa{1001}\\E")) {
            assertThat(Regex.anchored(pattern).source()).isEqualTo(pattern);
        }
    }

    @Test
    void refusesWhatIsOnlySoundWhenFramed() {
        assertThatThrownBy(() -> Regex.anchored("a)(?:b"))
                .hasMessage("error parsing regexp: unexpected ): `a)(?:b`");
        assertThatThrownBy(() -> Regex.anchored("victoria)x.*"))
                .hasMessageContaining("unexpected )");
    }
}
