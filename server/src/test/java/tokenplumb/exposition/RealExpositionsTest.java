package tokenplumb.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import tokenplumb.kit.Shared;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Recorded expositions of real engines and exporters: all are read, to the last line.
class RealExpositionsTest {
    record Sample(Labels labels, double value) {}

    @TestFactory
    Stream<DynamicTest> everyOneIsRead() throws IOException {
        var files = new ArrayList<Path>();
        try (var all = Files.walk(Shared.path("data/expositions"))) {
            all.filter(file -> file.toString().endsWith(".prom")).sorted().forEach(files::add);
        }
        assertThat(files).hasSizeGreaterThan(40);
        return files.stream()
                .map(file -> dynamicTest(file.getFileName().toString(), () -> check(file)));
    }

    private static void check(Path file) throws IOException {
        var body = Files.readAllBytes(file);
        var samples = samples(Format.TEXT, body);
        long lines =
                new String(body, StandardCharsets.UTF_8)
                        .lines()
                        .filter(line -> !line.isBlank() && !line.startsWith("#"))
                        .count();
        assertThat(samples).hasSize((int) lines);
        var written = new ExpositionWriter();
        samples.forEach(sample -> written.sample(sample.labels(), sample.value()));
        assertThat(samples(Format.TEXT, written.bytes())).isEqualTo(samples);
    }

    static List<Sample> samples(Format format, byte[] body) throws ExpositionException {
        var exposition = new Exposition();
        exposition.reset(format, body, body.length);
        var samples = new ArrayList<Sample>();
        Exposition.Entry entry;
        while ((entry = exposition.next()) != Exposition.Entry.END) {
            if (entry == Exposition.Entry.SERIES) {
                samples.add(new Sample(exposition.labels(), exposition.value()));
            }
        }
        return samples;
    }
}
