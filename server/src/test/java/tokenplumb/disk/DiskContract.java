package tokenplumb.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// What every [Disk] must do.
abstract class DiskContract {
    abstract Disk empty() throws IOException;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void append(Disk disk, String name, String text) throws IOException {
        try (var file = disk.append(name)) {
            file.append(bytes("<" + text + ">"), 1, text.length());
            file.sync();
        }
    }

    private static String text(Disk disk, String name) throws IOException {
        return new String(disk.read(name), StandardCharsets.UTF_8);
    }

    @Test
    void appendsToTheEnd() throws IOException {
        try (var disk = empty()) {
            append(disk, "a/b", "one");
            append(disk, "a/b", "two");
            assertThat(text(disk, "a/b")).isEqualTo("onetwo");
            assertThat(disk.size("a/b")).isEqualTo(6);
        }
    }

    @Test
    void cutsAndGoesOnFromThere() throws IOException {
        try (var disk = empty();
                var file = disk.append("f")) {
            file.append(bytes("abcdef"), 0, 6);
            file.truncate(2);
            assertThat(file.size()).isEqualTo(2);
            file.append(bytes("X"), 0, 1);
            assertThat(text(disk, "f")).isEqualTo("abX");
        }
    }

    @Test
    void aMappingIsOfItsMomentAndOutlivesTheFile() throws IOException {
        try (var disk = empty()) {
            append(disk, "f", "abc");
            try (var mapping = disk.map("f")) {
                append(disk, "f", "def");
                disk.delete("f");
                assertThat(mapping.bytes().byteSize()).isEqualTo(3);
                assertThat(mapping.bytes().get(ValueLayout.JAVA_BYTE, 2)).isEqualTo((byte) 'c');
            }
            assertThat(disk.exists("f")).isFalse();
        }
    }

    @Test
    void mapsAnEmptyFile() throws IOException {
        try (var disk = empty()) {
            disk.append("f").close();
            assertThat(disk.read("f")).isEmpty();
        }
    }

    @Test
    void listsOneFolderSorted() throws IOException {
        try (var disk = empty()) {
            for (var name : new String[] {"x/2", "x/1", "x/y/3", "z"}) {
                append(disk, name, name);
            }
            assertThat(disk.list("x")).containsExactly("x/1", "x/2");
            assertThat(disk.list("")).containsExactly("z");
            assertThat(disk.list("none")).isEmpty();
        }
    }

    @Test
    void renamesOverWhatIsThere() throws IOException {
        try (var disk = empty()) {
            append(disk, "a", "new");
            append(disk, "b", "old");
            disk.rename("a", "b");
            assertThat(text(disk, "b")).isEqualTo("new");
            assertThat(disk.exists("a")).isFalse();
        }
    }

    @Test
    void replacesAtOnce() throws IOException {
        try (var disk = empty()) {
            disk.replace("state", bytes("one"));
            disk.replace("state", bytes("two"));
            assertThat(text(disk, "state")).isEqualTo("two");
            assertThat(disk.list("")).containsExactly("state");
        }
    }

    @Test
    void whatIsAbsentCannotBeReadButDeleted() throws IOException {
        try (var disk = empty()) {
            disk.delete("none");
            assertThat(disk.exists("none")).isFalse();
            assertThatThrownBy(() -> disk.read("none")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> disk.size("none")).isInstanceOf(IOException.class);
            assertThat(disk.free()).isPositive();
        }
    }

    @Test
    void listsTheFoldersOfAFolder() throws IOException {
        try (var disk = empty()) {
            for (var name : new String[] {"x/2/a", "x/1/b/c", "y", "xx/f"}) {
                append(disk, name, name);
            }
            assertThat(disk.folders("")).containsExactly("x", "xx");
            assertThat(disk.folders("x")).containsExactly("x/1", "x/2");
            assertThat(disk.folders("x/2")).isEmpty();
            assertThat(disk.folders("none")).isEmpty();
            assertThat(disk.sizeOfFolder("x")).isEqualTo(12);
        }
    }

    @Test
    void renamesAFolderWithAllThatIsInIt() throws IOException {
        try (var disk = empty()) {
            append(disk, "a.tmp/f", "one");
            append(disk, "a.tmp/in/g", "two");
            append(disk, "b/f", "three");
            disk.rename("a.tmp", "a");
            assertThat(text(disk, "a/f")).isEqualTo("one");
            assertThat(text(disk, "a/in/g")).isEqualTo("two");
            assertThat(disk.folders("")).containsExactly("a", "b");
            assertThatThrownBy(() -> disk.rename("a", "b")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> disk.rename("none", "c")).isInstanceOf(IOException.class);
            assertThat(text(disk, "b/f")).isEqualTo("three");
        }
    }

    @Test
    void deletesAFolderWithAllThatIsInIt() throws IOException {
        try (var disk = empty()) {
            append(disk, "a/f", "one");
            append(disk, "a/in/deep/g", "two");
            append(disk, "ab", "three");
            disk.deleteFolder("a");
            disk.deleteFolder("none");
            assertThat(disk.folders("")).isEmpty();
            assertThat(disk.list("")).containsExactly("ab");
        }
    }

    @Test
    void aLinkOutlivesTheFileItIsOf() throws IOException {
        try (var disk = empty()) {
            append(disk, "a/f", "one");
            append(disk, "b/f", "in the way");
            disk.link("a/f", "b/f");
            disk.deleteFolder("a");
            assertThat(text(disk, "b/f")).isEqualTo("one");
        }
    }
}
