package tokenplumb.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.List;

class RegexLimitsTest {
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

    @Test
    void refusesGroupsTooDeepForThoseWhoFollowThem() {
        var deep = "(".repeat(100_000) + "a" + ")".repeat(100_000);
        assertThatThrownBy(() -> Regex.anchored(deep))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("error parsing regexp: expression nests too deeply: `(((")
                .hasMessageEndingWith("(((…`");
        var bearable = "(".repeat(500) + "a+b" + ")".repeat(500);
        assertThat(Regex.anchored(bearable).matches("aab")).isTrue();
    }

    @Test
    void refusesMoreStatesThanATextMayBeLedThrough() {
        var large = "([ab]x{500}y)z{1000}".repeat(40);
        assertThatThrownBy(() -> Regex.anchored(large))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        "regular expression is too large: it compiles to about 60160 states, at"
                                + " most 50000 are allowed; use smaller counted repeats:"
                                + " `([ab]x{500}y)");
    }

    @Test
    void refusesWhatIsTooLong() {
        assertThatThrownBy(() -> Regex.anchored("a|".repeat(600_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "regular expression of 1200000 characters is too long: at most 1048576 are"
                                + " allowed; ask with several matchers or several queries");
    }
}
