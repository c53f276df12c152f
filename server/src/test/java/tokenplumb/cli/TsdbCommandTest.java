package tokenplumb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

class TsdbCommandTest {
    private static final Path PROMTOOL = Path.of("/usr/bin/promtool");
    private static final long T = 1_700_000_000_000L;

    @TempDir Path folder;

    private String run(int exitCode, Object... arguments) {
        var out = new ByteArrayOutputStream();
        var before = System.out;
        var errors = new ByteArrayOutputStream();
        var beforeErrors = System.err;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
        try {
            var texts = new String[arguments.length + 1];
            texts[0] = "tsdb";
            for (int i = 0; i < arguments.length; i++) {
                texts[i + 1] = arguments[i].toString();
            }
            assertThat(Main.run(texts)).as("%s %s", out, errors).isEqualTo(exitCode);
        } finally {
            System.setOut(before);
            System.setErr(beforeErrors);
        }
        return exitCode == 0 ? out.toString(StandardCharsets.UTF_8) : out + "" + errors;
    }

    /// Lines of a small fleet's history, scrape by scrape, and what a dump must say of them.
    private static List<String> history(Random random, List<String> dump) {
        var lines = new ArrayList<String>();
        long[][] counts = new long[3][4];
        for (int tick = 0; tick < 700; tick++) {
            for (int i = 0; i < 3; i++) {
                long time = T + tick * 30_000L + i * 7L;
                var at = " %d.%03d".formatted(time / 1000, time % 1000);
                var label = "i=\"%d\"".formatted(i);
                double value = random.nextInt(100_000) / 64.0;
                lines.add("m{" + label + "} " + value + at);
                dump.add(
                        "{__name__=\"m\", "
                                + label
                                + "} "
                                + TsdbCommand.number(value)
                                + " "
                                + time);
                if (random.nextInt(50) == 0) {
                    continue; // no histogram this time
                }
                int dropped = random.nextInt(40) == 0 ? random.nextInt(4) : -1;
                long up = 0;
                var les = List.of("0.1", "1", "2.5", "+Inf");
                for (int b = 0; b < 4; b++) {
                    up += random.nextInt(3);
                    counts[i][b] += up;
                    if (b != dropped) {
                        var le = "le=\"" + les.get(b) + "\"";
                        lines.add("h_bucket{" + label + "," + le + "} " + counts[i][b] + ".0" + at);
                        dump.add(
                                "{__name__=\"h_bucket\", %s, %s} %s %d"
                                        .formatted(
                                                label, le, TsdbCommand.number(counts[i][b]), time));
                    }
                }
                lines.add("h_count{" + label + "} " + counts[i][3] + at);
                dump.add(
                        "{__name__=\"h_count\", %s} %s %d"
                                .formatted(label, TsdbCommand.number(counts[i][3]), time));
                double sum = counts[i][3] * 1.7e5;
                lines.add("h_sum{" + label + "} " + sum + at);
                dump.add(
                        "{__name__=\"h_sum\", %s} %s %d"
                                .formatted(label, TsdbCommand.number(sum), time));
            }
        }
        return lines;
    }

    private static List<String> sorted(List<String> lines) {
        return lines.stream().filter(line -> !line.isBlank()).sorted().toList();
    }

    private Path store(List<String> dump) throws IOException {
        var lines = history(new Random(1), dump);
        lines.add("# EOF");
        var file = Files.write(folder.resolve("history.om"), lines);
        var data = folder.resolve("data");
        run(0, "import", "--block-length=2h", "--memory=200KB", "openmetrics", file, data);
        return data;
    }

    @Test
    void whatIsImportedIsDumpedInEveryFormat() throws IOException {
        var dump = new ArrayList<String>();
        var data = store(dump);
        var expected = sorted(dump);
        assertThat(run(0, "verify", data)).contains("all is well");
        assertThat(sorted(run(0, "dump", data).lines().toList())).isEqualTo(expected);
        assertThat(run(0, "list", "-r", data)).contains("2023-11-14T22:").contains("prometheus");
        assertThat(run(0, "analyze", data)).contains("3 histograms are stored as one each");

        assertThat(run(0, "convert", "dense", data)).contains("blocks converted");
        assertThat(run(0, "list", data)).contains("dense").doesNotContain("prometheus");
        assertThat(sorted(run(0, "dump", data).lines().toList())).isEqualTo(expected);
        assertThat(run(0, "verify", data)).contains("all is well");

        var copy = folder.resolve("copy");
        assertThat(run(0, "import", "blocks", data, copy)).contains("blocks copied");
        run(0, "convert", "prometheus", copy);
        assertThat(sorted(run(0, "dump", copy).lines().toList())).isEqualTo(expected);
        assertThat(run(0, "import", "blocks", data, copy))
                .as("they are there already")
                .startsWith("0 blocks");
    }

    @Test
    void dumpsWhatIsAskedFor() throws IOException {
        var data = store(new ArrayList<>());
        var some =
                run(
                        0,
                        "dump",
                        "--match={__name__=\"m\",i=\"1\"}",
                        "--min-time=" + T,
                        "--max-time=" + (T + 60_007),
                        data);
        assertThat(some.lines())
                .hasSize(3)
                .allMatch(line -> line.startsWith("{__name__=\"m\", i=\"1\"}"));
        assertThat(run(2, "dump", "--match={", data)).contains("--match");
    }

    @Test
    void promtoolReadsTheClassicExportAsWeDo() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(PROMTOOL));
        var dump = new ArrayList<String>();
        var data = store(dump);
        var classic = folder.resolve("classic");
        assertThat(run(0, "export", "--classic", data, classic)).contains("blocks written");
        Files.createDirectories(classic.resolve("wal")); // promtool 2.42 wants one
        assertThat(sorted(promtool("dump", classic))).isEqualTo(sorted(dump));
        var theirs = String.join("\n", promtool("analyze", "--limit=100", classic));
        var ours = run(0, "analyze", "--limit=100", classic);
        // Lines with equal numbers come in any order from promtool.
        for (var section : theirs.split("\n\n", -1)) {
            assertThat(ours.split("\n\n", -1))
                    .anyMatch(own ->
                            sorted(own.lines().toList()).equals(sorted(section.lines().toList())));
        }
    }

    private static List<String> promtool(Object... arguments) throws Exception {
        var command = new ArrayList<>(List.of(PROMTOOL.toString(), "tsdb"));
        for (var argument : arguments) {
            command.add(argument.toString());
        }
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out.lines().toList();
    }

    @Test
    void saysWhereAFileIsWrong() throws IOException {
        var data = folder.resolve("data");
        var file = folder.resolve("wrong.om");
        Files.writeString(file, "m 1 1700000000\nm{a=\"b\" 2 1700000000\n");
        assertThat(run(1, "import", "openmetrics", file, data)).contains("wrong.om: line 2:");
        Files.writeString(file, "m 1\n");
        assertThat(run(1, "import", "openmetrics", file, data)).contains("line 1: no timestamp");
        Files.writeString(file, "m one 1700000000\n");
        assertThat(run(1, "import", "openmetrics", file, data))
                .contains("line 1: \"one\" is no number");
        Files.writeString(file, "m 1 1700000000.5\n");
        assertThat(run(1, "import", "text", file, data)).contains("OpenMetrics");
        assertThat(run(1, "import", "openmetrics", folder.resolve("none"), data))
                .contains("there is no such file");
        assertThat(run(2, "import", "yaml", file, data)).contains("none of openmetrics");
        assertThat(run(1, "list", folder.resolve("none"))).contains("there is no such folder");
    }

    @Test
    void verifyFindsAFlippedBit() throws IOException {
        var data = store(new ArrayList<>());
        Path chunks;
        try (var files = Files.walk(data)) {
            chunks =
                    files.filter(each -> each.toString().contains("/chunks/0"))
                            .findFirst()
                            .orElseThrow();
        }
        var bytes = Files.readAllBytes(chunks);
        bytes[bytes.length / 2] ^= 4;
        Files.write(chunks, bytes);
        assertThat(run(1, "verify", data)).contains("things are wrong");
    }
}
