package tokenplumb.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

final class HeapCareTest {
    private static final long MIB = 1 << 20;

    private final AtomicLong heap = new AtomicLong(24 * MIB);
    private final AtomicInteger cycles = new AtomicInteger();
    private final HeapCare care = new HeapCare(heap::get, cycles::incrementAndGet);

    private void lookAt(long size) {
        heap.set(size * MIB);
        care.look();
    }

    @Test
    void asksOnceTheStartIsOver() {
        lookAt(100);
        lookAt(200);
        assertThat(cycles).hasValue(0);
        lookAt(200);
        assertThat(cycles).hasValue(1);
    }

    @Test
    void leavesASteadyHeapAlone() {
        lookAt(200);
        lookAt(200);
        for (int i = 0; i < 100; i++) {
            lookAt(200 + i % 10);
        }
        assertThat(cycles).hasValue(1);
    }

    @Test
    void asksAgainAfterTheNextBurst() {
        lookAt(200);
        lookAt(200);
        lookAt(80); // given back
        lookAt(80);
        assertThat(cycles).hasValue(1);
        lookAt(900);
        lookAt(900);
        assertThat(cycles).hasValue(2);
    }

    @Test
    void leavesALargeHeapToTheCollector() {
        lookAt(200);
        lookAt(200);
        lookAt(4_000);
        lookAt(4_000);
        assertThat(cycles).hasValue(1);
    }
}
