package tokenplumb.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import tokenplumb.config.Bytes;
import tokenplumb.config.Durations;
import tokenplumb.disk.Disk;
import tokenplumb.disk.ReadingDisk;
import tokenplumb.disk.RealDisk;
import tokenplumb.promql.Promql;
import tokenplumb.promql.QueryError;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.Offline;
import tokenplumb.tsdb.TsdbStatus;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/// `tokenplumb tsdb …`: a store's folder, looked at and worked on without a server.
@Command(
        name = "tsdb",
        description = {
            "Look into a data folder, bring history in, take it out.",
            "",
            "list, analyze, verify, export and dump only read, and may be used beside a running"
                    + " server; import and convert need the folder for themselves.",
            ""
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Examples:",
            "  tokenplumb tsdb list -r data/",
            "  tokenplumb tsdb verify data/ && echo all is well",
            "  tokenplumb tsdb import openmetrics history.om data/",
            "  tokenplumb tsdb dump --match='{job=\"vllm\"}' data/ | head",
            "  tokenplumb tsdb export --classic data/ for-prometheus-2/"
        })
final class TsdbCommand {
    private static final String FOLDER = "FOLDER";
    private static final int PIPE = 1 << 16;
    private static final int MOST_DIGITS = 6; // before the point, more are written with an exponent

    /// Work on an open folder.
    private interface Work<T> {
        T on(Offline offline) throws IOException;
    }

    private static <T> T reading(Path folder, Work<T> work) {
        return with(folder, false, false, work);
    }

    private static <T> T with(Path folder, boolean writes, boolean isDense, Work<T> work) {
        try (var disk = disk(folder, writes);
                var offline = new Offline(disk, isDense)) {
            return work.on(offline);
        } catch (IOException e) {
            throw new Failure(1, told(e));
        }
    }

    private static Disk disk(Path folder, boolean writes) throws IOException {
        return writes ? new RealDisk(folder) : new ReadingDisk(folder);
    }

    private static String told(IOException e) {
        return e instanceof NoSuchFileException
                ? e.getMessage() + ": there is no such file"
                : String.valueOf(e.getMessage());
    }

    // --- list

    @Command(name = "list", description = "List the blocks.", mixinStandardHelpOptions = true)
    int list(
            @Option(
                            names = {"-r", "--human-readable"},
                            description = "Times as dates, sizes with units.")
                    boolean readable,
            @Parameters(paramLabel = FOLDER, defaultValue = "data/") Path folder) {
        return reading(
                folder,
                offline -> {
                    var rows = new ArrayList<String[]>();
                    rows.add(
                            new String[] {
                                "BLOCK ULID",
                                "MIN TIME",
                                "MAX TIME",
                                "DURATION",
                                "NUM SAMPLES",
                                "NUM CHUNKS",
                                "NUM SERIES",
                                "SIZE",
                                "LEVEL",
                                "FORMAT",
                                "DELETED FROM"
                            });
                    for (var each : offline.list()) {
                        rows.add(
                                new String[] {
                                    each.ulid(),
                                    time(each.minTime(), readable),
                                    time(each.maxTime(), readable),
                                    duration(each.maxTime() - each.minTime()),
                                    Long.toString(each.samples()),
                                    Long.toString(each.chunks()),
                                    Long.toString(each.series()),
                                    size(each.bytes(), readable),
                                    Integer.toString(each.level()),
                                    each.format(),
                                    Long.toString(each.deleted())
                                });
                    }
                    printTable(rows);
                    offline.broken()
                            .forEach(each -> System.err.println("cannot be opened: " + each));
                    return offline.broken().isEmpty() ? 0 : 1;
                });
    }

    private static void printTable(List<String[]> rows) {
        var widths = new int[rows.getFirst().length];
        for (var row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        for (var row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                line.append(row[i]).append(" ".repeat(widths[i] - row[i].length() + 2));
            }
            System.out.println(line.toString().stripTrailing());
        }
    }

    private static String time(long millis, boolean readable) {
        return readable ? Instant.ofEpochMilli(millis).toString() : Long.toString(millis);
    }

    private static String size(long bytes, boolean readable) {
        if (!readable) {
            return Long.toString(bytes);
        }
        double left = bytes;
        var units = List.of("B", "KiB", "MiB", "GiB", "TiB");
        int unit = 0;
        while (left >= 1024 && unit < units.size() - 1) {
            left /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + "B" : "%.2f%s".formatted(left, units.get(unit));
    }

    /// As Go prints it: `1h59m59.999s`.
    static String duration(long millis) {
        if (millis == 0) {
            return "0s";
        }
        if (millis < 1000) {
            return millis + "ms";
        }
        var text = new StringBuilder();
        long hours = millis / 3_600_000;
        long minutes = millis / 60_000 % 60;
        if (hours > 0) {
            text.append(hours).append('h');
        }
        if (hours > 0 || minutes > 0) {
            text.append(minutes).append('m');
        }
        var seconds = BigDecimal.valueOf(millis % 60_000, 3).stripTrailingZeros();
        return text.append(seconds.signum() == 0 ? "0" : seconds.toPlainString())
                .append('s')
                .toString();
    }

    // --- analyze

    @Command(
            name = "analyze",
            description = {
                "Say what a block is made of: which labels and metrics take the room.",
                "As `promtool tsdb analyze`, and how many series histograms stored as one stand"
                        + " for, and bytes for each sample (one line of an exposition)."
            },
            mixinStandardHelpOptions = true)
    int analyze(
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            description = "Lines in each list (default: ${DEFAULT-VALUE}).",
                            defaultValue = "20")
                    int limit,
            @Parameters(paramLabel = FOLDER, defaultValue = "data/") Path folder,
            @Parameters(
                            paramLabel = "BLOCK",
                            defaultValue = "",
                            description = "Its ULID (default: the newest).")
                    String block) {
        return reading(
                folder,
                offline -> {
                    var found = offline.analyze(block);
                    if (found.isEmpty()) {
                        throw new Failure(
                                1,
                                block.isEmpty()
                                        ? folder + ": there is no block"
                                        : "%s: there is no block %s; see tokenplumb tsdb list"
                                                .formatted(folder, block));
                    }
                    print(found.get(), limit);
                    return 0;
                });
    }

    private static void print(Offline.Analysis of, int limit) {
        System.out.println("Block ID: " + of.ulid());
        System.out.println("Duration: " + duration(of.maxTime() - of.minTime()));
        System.out.println("Series: " + of.series());
        System.out.println("Label names: " + of.labelNames());
        System.out.println("Postings (unique label pairs): " + of.labelPairs());
        System.out.println("Postings entries (total label pairs): " + of.entries());
        print("Label pairs most involved in churning", of.churningPairs(), limit);
        print("Label names most involved in churning", of.churningLabels(), limit);
        print("Most common label pairs", of.commonPairs(), limit);
        print("Label names with highest cumulative label value length", of.valueLengths(), limit);
        print("Highest cardinality labels", of.labelValues(), limit);
        print("Highest cardinality metric names", of.metricSeries(), limit);
        System.out.println();
        System.out.println(
                "Series if every histogram were kept apart: %d (%d histograms are stored as one"
                                .formatted(of.classicSeries(), of.foldedSeries())
                        + " each)");
        System.out.println(
                "Samples: %d, of histograms stored as one %.1f %%"
                        .formatted(
                                of.samples(),
                                of.samples() == 0 ? 0 : 100.0 * of.foldedSamples() / of.samples()));
        System.out.println(
                "Bytes: %d, for each sample %.3f"
                        .formatted(
                                of.bytes(),
                                of.samples() == 0 ? 0 : (double) of.bytes() / of.samples()));
        print("Metrics that stand for most series", of.memberSeries(), limit);
    }

    private static void print(String title, List<TsdbStatus.Count> counts, int limit) {
        System.out.println();
        System.out.println(title + ":");
        counts.stream()
                .limit(limit)
                .forEach(count -> System.out.println(count.value() + " " + count.name()));
    }

    // --- verify

    @Command(
            name = "verify",
            description = {
                "Read every block to the end: checksums, order, overlaps.",
                "Exit code 0 when all is well, 1 when something is wrong."
            },
            mixinStandardHelpOptions = true)
    int verify(@Parameters(paramLabel = FOLDER, defaultValue = "data/") Path folder) {
        return reading(
                folder,
                offline -> {
                    var wrong = offline.verify();
                    wrong.forEach(System.out::println);
                    int blocks = offline.list().size();
                    System.out.println(
                            wrong.isEmpty()
                                    ? blocks + " blocks: all is well"
                                    : "%d blocks: %d things are wrong; see docs/operations/recovery.md"
                                            .formatted(blocks, wrong.size()));
                    return wrong.isEmpty() ? 0 : 1;
                });
    }

    // --- import

    @Command(
            name = "import",
            description = {
                "Bring history in as blocks: openmetrics FILE (timestamps in seconds), text FILE"
                    + " (Prometheus' format, timestamps in milliseconds), or blocks FOLDER (of a"
                    + " Prometheus, or of ours).",
                "",
                "FILE may end in .gz, and - is the standard input. Every line needs a timestamp;"
                        + " their order does not matter. Histograms are stored as one series each."
            },
            mixinStandardHelpOptions = true,
            footer = {
                "",
                "Examples:",
                "  tokenplumb tsdb import openmetrics history.om data/",
                "  zcat history.prom.gz | tokenplumb tsdb import text - data/",
                "  tokenplumb tsdb import blocks /var/lib/prometheus/metrics2 data/"
            })
    int importHistory(
            @Option(
                            names = "--block-length",
                            paramLabel = "DURATION",
                            description = "How much time a block spans (default: 6h).",
                            defaultValue = "6h")
                    String length,
            @Option(
                            names = "--memory",
                            paramLabel = "SIZE",
                            defaultValue = "",
                            description =
                                    "How much to gather before a block is written (default: a"
                                            + " third of the heap).")
                    String memory,
            @Option(
                            names = "--dense",
                            description = "Write dense blocks, which Prometheus cannot read.")
                    boolean isDense,
            @Parameters(paramLabel = "openmetrics|text|blocks") String kind,
            @Parameters(paramLabel = "FILE") String from,
            @Parameters(paramLabel = FOLDER) Path folder) {
        return with(
                folder,
                true,
                isDense,
                offline -> {
                    switch (kind.toLowerCase(Locale.ROOT)) {
                        case "openmetrics", "text" -> {
                            long began = System.nanoTime();
                            try (var in = input(from)) {
                                var read =
                                        offline.importText(
                                                in,
                                                kind.equalsIgnoreCase("openmetrics"),
                                                blockLength(length),
                                                memory.isEmpty()
                                                        ? Runtime.getRuntime().maxMemory() / 3
                                                        : Bytes.parse(memory));
                                System.out.println(
                                        "%d samples of %d series, %d blocks, in %.1f s"
                                                .formatted(
                                                        read.samples(),
                                                        read.series(),
                                                        offline.list().size(),
                                                        (System.nanoTime() - began) / 1e9));
                            } catch (IOException e) {
                                throw new Failure(1, from + ": " + told(e));
                            }
                        }
                        case "blocks" -> {
                            try (var other = new ReadingDisk(Path.of(from))) {
                                System.out.println(offline.importBlocks(other) + " blocks copied");
                            }
                        }
                        default ->
                                throw new Failure(
                                        2,
                                        "\"%s\" is none of openmetrics, text and blocks"
                                                .formatted(kind));
                    }
                    return 0;
                });
    }

    private static Duration blockLength(String text) {
        try {
            var length = Durations.parse(text);
            if (length.toMillis() < 60_000) {
                throw new Failure(2, "--block-length: " + text + " is shorter than a minute");
            }
            return length;
        } catch (IllegalArgumentException e) {
            throw new Failure(2, "--block-length: " + e.getMessage());
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // whoever asked for it closes it
    private static InputStream input(String from) throws IOException {
        if (from.equals("-")) {
            return System.in;
        }
        var file = Files.newInputStream(Path.of(from));
        return from.endsWith(".gz") ? new GZIPInputStream(file, PIPE) : file;
    }

    // --- export, convert

    @Command(
            name = "export",
            description = {
                "Write all blocks to another folder in Prometheus' format. What is still in the"
                    + " head is not among them: ask a running server for a snapshot to have it.",
                "Without --classic, histograms stored as one are native histograms with custom"
                        + " buckets there, which Prometheus 3 reads."
            },
            mixinStandardHelpOptions = true)
    int export(
            @Option(
                            names = "--classic",
                            description =
                                    "Write histograms as the classic series they came as, for"
                                            + " Prometheus 2 and promtool.")
                    boolean isClassic,
            @Parameters(paramLabel = FOLDER) Path folder,
            @Parameters(paramLabel = "TO") Path to) {
        return reading(
                folder,
                offline -> {
                    try (var target = new RealDisk(to)) {
                        System.out.println(
                                offline.export(target, isClassic) + " blocks written to " + to);
                    }
                    return 0;
                });
    }

    @Command(
            name = "convert",
            description = {
                "Write all blocks anew in one format, losing nothing: dense (smaller, only for us)"
                        + " or prometheus."
            },
            mixinStandardHelpOptions = true)
    int convert(
            @Parameters(paramLabel = "dense|prometheus") String format,
            @Parameters(paramLabel = FOLDER) Path folder) {
        if (!List.of("dense", "prometheus").contains(format)) {
            throw new Failure(2, "\"%s\" is neither dense nor prometheus".formatted(format));
        }
        return with(
                folder,
                true,
                format.equals("dense"),
                offline -> {
                    System.out.println(offline.convert() + " blocks converted");
                    return 0;
                });
    }

    // --- dump

    @Command(
            name = "dump",
            description = {
                "Print samples, as `promtool tsdb dump`: labels, value, milliseconds.",
                "The head is read too; histograms stored as one are printed as the classic series"
                        + " they came as."
            },
            mixinStandardHelpOptions = true)
    int dump(
            @Option(
                            names = "--min-time",
                            paramLabel = "MILLIS",
                            description = "The first, milliseconds since 1970.",
                            defaultValue = "-9223372036854775807")
                    long from,
            @Option(
                            names = "--max-time",
                            paramLabel = "MILLIS",
                            description = "The last, milliseconds since 1970.",
                            defaultValue = "9223372036854775806")
                    long to,
            @Option(
                            names = "--match",
                            paramLabel = "SELECTOR",
                            description = "Only these series; may be given several times.")
                    List<String> match,
            @Parameters(paramLabel = FOLDER, defaultValue = "data/") Path folder) {
        var selectors = new ArrayList<List<Matcher>>();
        for (var text : match == null ? List.<String>of() : match) {
            try {
                selectors.add(Promql.selector(text));
            } catch (QueryError e) {
                throw new Failure(2, "--match: " + e.getMessage());
            }
        }
        var out =
                new PrintStream(
                        new BufferedOutputStream(System.out, PIPE), false, StandardCharsets.UTF_8);
        try (var disk = new ReadingDisk(folder)) {
            Offline.dump(
                    disk, from, to, selectors, (labels, samples) -> print(labels, samples, out));
        } catch (IOException e) {
            out.flush();
            throw new Failure(1, told(e));
        }
        out.flush();
        return 0;
    }

    private static void print(Labels labels, Samples samples, PrintStream out) {
        var text = new StringBuilder("{");
        for (int i = 0; i < labels.size(); i++) {
            text.append(i == 0 ? "" : ", ")
                    .append(labels.name(i))
                    .append('=')
                    .append(Labels.quote(labels.value(i)));
        }
        var series = text.append("} ").toString();
        for (int i = 0; i < samples.size(); i++) {
            var value =
                    samples.isHistogram(i)
                            ? samples.histogram(i).toString()
                            : number(samples.value(i));
            out.println(series + value + " " + samples.time(i));
        }
    }

    /// As Go's `%g`.
    static String number(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        var digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        int exponent = digits.precision() - digits.scale() - 1;
        if (exponent >= -4 && exponent < MOST_DIGITS) {
            return digits.toPlainString();
        }
        var unscaled = digits.unscaledValue().abs().toString();
        return "%s%s%se%s%02d"
                .formatted(
                        value < 0 ? "-" : "",
                        unscaled.charAt(0),
                        unscaled.length() == 1 ? "" : "." + unscaled.substring(1),
                        exponent < 0 ? "-" : "+",
                        Math.abs(exponent));
    }
}
