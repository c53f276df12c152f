package tokenplumb.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

class ReadingDiskTest extends DiskContract {
    @TempDir Path folder;

    @Override
    Disk empty() throws IOException {
        return new ReadingDisk(folder);
    }

    @Test
    void changesNothingOfTheFolder() throws IOException {
        Files.createDirectories(folder.resolve("a/b"));
        Files.writeString(folder.resolve("a/b/f"), "one");
        Files.writeString(folder.resolve("a/g"), "two");
        try (var disk = empty()) {
            try (var file = disk.append("a/g")) {
                file.append("three".getBytes(StandardCharsets.UTF_8), 0, 5);
            }
            disk.rename("a/b", "c");
            assertThat(disk.read("c/f")).asString().isEqualTo("one");
            assertThat(disk.read("a/g")).asString().isEqualTo("twothree");
            assertThat(disk.folders("")).containsExactly("a", "c");
            disk.deleteFolder("c");
            disk.deleteFolder("a");
            assertThat(disk.folders("")).isEmpty();
        }
        assertThat(folder.resolve("a/b/f")).hasContent("one");
        assertThat(folder.resolve("a/g")).hasContent("two");
        assertThat(Files.exists(folder.resolve("c"))).isFalse();
    }

    @Test
    void saysThatAFolderIsNotThere() {
        assertThatThrownBy(() -> new ReadingDisk(folder.resolve("none")))
                .hasMessageContaining("there is no such folder");
    }
}
