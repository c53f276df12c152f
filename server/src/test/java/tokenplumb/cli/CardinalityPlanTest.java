package tokenplumb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Golden;

import java.util.Map;

final class CardinalityPlanTest {
    private static final CardinalityPlan OF_THE_DOCUMENT =
            new CardinalityPlan(10, 5, 6, 10, 50, 1, false, 15, 15);

    @Test
    void countsAsTheDocumentDoesAndAsItIs() {
        assertThat(OF_THE_DOCUMENT.usual()).isEqualTo(150_000);
        assertThat(OF_THE_DOCUMENT.classic()).isEqualTo(30_000);
        assertThat(OF_THE_DOCUMENT.stored()).isEqualTo(2_500);
        var three = new CardinalityPlan(10, 5, 6, 10, 50, 3, true, 15, 15);
        assertThat(three.usual()).isEqualTo(450_000);
        assertThat(three.classic()).isEqualTo(97_500);
        assertThat(three.stored()).isEqualTo(15_000);
    }

    @Test
    void saysSoInWords() {
        Golden.check("cli/plan-cardinality.txt", OF_THE_DOCUMENT.text());
    }

    @Test
    void comparesWithAStoreThatRuns() {
        var total =
                Map.of("stored", 2_500L, "classic", 31_000L, "memoryBytes", 2e6, "diskBytes", 3e9);
        assertThat(OF_THE_DOCUMENT.beside(Map.of("total", total)))
                .isEqualTo(
                        """

                        The store that runs holds 2500 series (31000 as exposed) in about 2.0 MB of memory and 3.0 GB on disk.
                        With the plan it would hold 5000: 2 times as many as now.
                        """);
    }
}
