package tokenplumb.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class RealDiskTest extends DiskContract {
    @TempDir Path folder;

    @Override
    Disk empty() throws IOException {
        return new RealDisk(folder.resolve("data"));
    }

    @Test
    void refusesAFolderThatIsInUse() throws IOException {
        try (var first = empty()) {
            assertThat(first.list("")).isEmpty();
            assertThatThrownBy(this::empty)
                    .hasMessageContaining(folder.resolve("data").toString())
                    .hasMessageContaining("in use by another process; stop that one or choose");
        }
        empty().close(); // free again
    }

    @Test
    void refusesAFolderThatIsAFile() throws IOException {
        Files.writeString(folder.resolve("data"), "");
        assertThatThrownBy(this::empty)
                .hasMessageContaining("a file of that name is in the way; move it or choose");
    }

    @Test
    void refusesAFolderThatCannotBeWritten() {
        Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self")), "needs Linux' /proc");
        assertThatThrownBy(() -> new RealDisk(Path.of("/proc/self/tokenplumb")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/proc/self/tokenplumb")
                .hasMessageContaining("choose");
    }

    @Test
    void worksThoughItsThreadIsInterrupted() throws IOException {
        try (var disk = empty();
                var file = disk.append("f")) {
            Thread.currentThread().interrupt();
            file.append(new byte[3], 0, 3);
            file.sync();
            assertThat(disk.read("f")).hasSize(3);
            disk.rename("f", "g");
            assertThat(Thread.interrupted()).as("and is still").isTrue();
            file.append(new byte[3], 0, 3);
            assertThat(disk.size("g")).isEqualTo(6);
        }
    }

    @Test
    void refusesAFolderThatAPrometheusHolds() throws Exception {
        var flock = Path.of("/usr/bin/flock");
        Assumptions.assumeTrue(Files.isExecutable(flock) && Files.exists(Path.of("/proc/locks")));
        Files.createDirectories(folder.resolve("data"));
        var lock = folder.resolve("data/lock");
        // As Prometheus does: flock(2) on the file "lock" of its folder.
        var holder =
                new ProcessBuilder(flock.toString(), lock.toString(), "sh", "-c", "echo; read x")
                        .start();
        try {
            assertThat(holder.getInputStream().read()).isEqualTo('\n');
            assertThatThrownBy(this::empty)
                    .hasMessageContaining("in use by another process")
                    .hasMessageContaining("Prometheus");
        } finally {
            holder.getOutputStream().close();
            holder.waitFor();
        }
        empty().close(); // free again
    }
}
