package tokenplumb.tsdb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.text.MessageFormat;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.atomic.AtomicLong;

final class RefusedTest {
    private final AtomicLong now = new AtomicLong(1_000_000);
    private final List<String> told = new ArrayList<>();
    private final Refused refused =
            new Refused("data", () -> Instant.ofEpochMilli(now.get()), new Listening(told));

    @Test
    void aFullDiskIsToldOnceThoughSmallCommitsStillFit() {
        for (int second = 0; second < 30; second++) {
            refused.failed(new IOException("No space left on device"));
            refused.worked();
            now.addAndGet(1000);
        }
        assertThat(told).hasSize(1);
        assertThat(told.getFirst()).contains("No space left on device", "free space on data");
        now.addAndGet(10_000);
        refused.worked();
        refused.worked();
        assertThat(told).hasSize(2);
        assertThat(told.getLast()).contains("taken again", "30 commits were refused");
        refused.failed(new IOException("No space left on device"));
        assertThat(told).as("the next time is told again").hasSize(3);
    }

    private record Listening(List<String> told) implements System.Logger {
        @Override
        public String getName() {
            return "listening";
        }

        @Override
        public boolean isLoggable(Level level) {
            return true;
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String text, Throwable thrown) {
            told.add(text);
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
            told.add(MessageFormat.format(format, parameters));
        }
    }
}
