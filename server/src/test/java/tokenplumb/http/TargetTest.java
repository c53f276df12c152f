package tokenplumb.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.URI;

final class TargetTest {
    @Test
    void takesHostAndPortFromWhateverPeopleCallTheirMachines() throws IOException {
        assertThat(Target.of(URI.create("http://vllm_server:8000/metrics?a=b")))
                .isEqualTo(
                        new Target(false, "vllm_server", 8000, "/metrics?a=b", "vllm_server:8000"));
        assertThat(Target.of(URI.create("https://[::1]/x")))
                .isEqualTo(new Target(true, "::1", 443, "/x", "[::1]"));
        assertThat(Target.of(URI.create("http://me:secret@h")))
                .isEqualTo(new Target(false, "h", 80, "/", "h"));
    }

    @Test
    void refusesWhatNamesNoHost() {
        for (var uri : new String[] {"http:///metrics", "http://:80/", "http://h:port/"}) {
            assertThatThrownBy(() -> Target.of(URI.create(uri)))
                    .isInstanceOfAny(IOException.class, IllegalArgumentException.class);
        }
    }
}
