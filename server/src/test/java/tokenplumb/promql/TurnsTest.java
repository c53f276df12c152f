package tokenplumb.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;

final class TurnsTest {
    private static final Asker GREEDY = Asker.user("greedy");
    private static final Asker MODEST = Asker.user("modest");

    @Test
    void clientsTakeTurnsHoweverManyQueriesOneHasInLine() throws InterruptedException {
        var turns = new Turns(1, 100);
        var first = turns.take(GREEDY);
        var greedy = new ArrayList<Turns.Turn>();
        for (int i = 0; i < 5; i++) {
            greedy.add(turns.take(GREEDY));
        }
        var modest = turns.take(MODEST);
        assertThat(first.position()).isZero();
        assertThat(greedy.get(0).position()).isEqualTo(1);
        assertThat(modest.position()).isEqualTo(2);
        assertThat(greedy.get(1).position()).isEqualTo(3);
        assertThat(greedy.get(4).position()).isEqualTo(6);
        first.close();
        greedy.get(0).close();
        assertThat(modest.await(0)).isTrue();
        assertThat(greedy.get(1).await(0)).isFalse();
    }

    @Test
    void rulesDoNotWaitForDashboards() throws InterruptedException {
        var turns = new Turns(1, 100);
        turns.take(GREEDY);
        turns.take(GREEDY);
        assertThat(turns.take(Asker.rules("f", "g")).await(0)).isTrue();
    }

    @Test
    void whenTheLineIsFullTheOneWithMostInItLosesTheLast() {
        var turns = new Turns(1, 3);
        turns.take(GREEDY);
        for (int i = 0; i < 2; i++) {
            turns.take(GREEDY);
        }
        var last = turns.take(GREEDY);
        assertThatThrownBy(() -> turns.take(GREEDY))
                .isInstanceOf(QueryError.class)
                .hasMessageContaining("--query.max-queued");
        var modest = turns.take(MODEST);
        assertThat(modest.position()).isEqualTo(2);
        assertThatThrownBy(() -> last.await(0)).hasMessageContaining("--query.max-queued");
    }

    @Test
    void aPlaceGivenUpInLineIsNobodysTurn() throws InterruptedException {
        var turns = new Turns(1, 3);
        var first = turns.take(GREEDY);
        var impatient = turns.take(GREEDY);
        var next = turns.take(MODEST);
        assertThat(impatient.await(0)).isFalse();
        impatient.close();
        first.close();
        assertThat(next.await(0)).isTrue();
        assertThat(turns.load(Asker.Lane.USERS)).isEqualTo(new Turns.Load(1, 0));
    }
}
