package tokenplumb.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Map;

class FaultTest {
    @Test
    void readsAnOrderWithAllItsParts() {
        assertThat(Fault.parse("kv-cache-thrash@60s+5m:model=llama-3.3-70b,severity=0.5"))
                .isEqualTo(
                        new Fault(
                                "kv-cache-thrash",
                                Duration.ofSeconds(60),
                                Duration.ofMinutes(5),
                                Map.of("model", "llama-3.3-70b", "severity", "0.5")));
    }

    @Test
    void whatIsLeftOutIsAtOnceAndTenMinutes() {
        var fault = new Fault("bursty-queue", Duration.ZERO, Duration.ofMinutes(10), Map.of());
        assertThat(Fault.parse(" bursty-queue ")).isEqualTo(fault);
        assertThat(Fault.parse("bursty-queue@1h2m3s500ms").after())
                .isEqualTo(Duration.ofMillis(3_723_500));
    }

    @Test
    void readsATimetable() {
        assertThat(Fault.timetable("bursty-queue@1m; thermal-throttle@10m+90s:node=gpu-node-1"))
                .extracting(Fault::kind)
                .containsExactly("bursty-queue", "thermal-throttle");
        assertThat(Fault.timetable("")).isEmpty();
    }

    @Test
    void saysWhatIsWrongWithAnOrder() {
        assertThatThrownBy(() -> Fault.parse("KV"))
                .hasMessageStartingWith("cannot read the fault \"KV\": write kind@after+lasting");
        assertThatThrownBy(() -> Fault.parse("bursty-queue@5x"))
                .hasMessage("\"5x\" is not a duration: write 90s, 5m or 1h30m");
        assertThatThrownBy(() -> Fault.parse("bursty-queue+0s"))
                .hasMessageContaining("choose more than 0s");
        assertThatThrownBy(() -> Fault.parse("bursty-queue+99999999999999999999h"))
                .hasMessageContaining("is not a duration");
        assertThatThrownBy(() -> Fault.parse("bursty-queue:model"))
                .hasMessage("\"model\" is not a parameter of a fault: write name=value");
    }
}
