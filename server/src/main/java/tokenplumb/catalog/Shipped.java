package tokenplumb.catalog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;

/// The catalog files in our own jar (or class folder): whatever lies there, so that a new engine is
/// a new file and nothing else.
final class Shipped {
    private static final String FOLDER = "tokenplumb/catalog/";

    private Shipped() {}

    static List<Catalog.SourceText> texts() {
        try {
            var place =
                    Path.of(
                            Shipped.class
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI());
            return Files.isDirectory(place) ? inFolder(place.resolve(FOLDER)) : inJar(place);
        } catch (IOException e) {
            throw new UncheckedIOException("the catalog in our own jar cannot be read", e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("bug: our own jar has no readable address", e);
        }
    }

    private static List<Catalog.SourceText> inFolder(Path folder) throws IOException {
        var texts = new ArrayList<Catalog.SourceText>();
        try (var files = Files.list(folder)) {
            for (var file : files.sorted().toList()) {
                var name = file.getFileName().toString();
                if (name.endsWith(".yaml")) {
                    texts.add(new Catalog.SourceText(name, Files.readString(file)));
                }
            }
        }
        return texts;
    }

    private static List<Catalog.SourceText> inJar(Path jar) throws IOException {
        var texts = new ArrayList<Catalog.SourceText>();
        try (var file = new JarFile(jar.toFile())) {
            var entries = file.stream().map(java.util.zip.ZipEntry::getName).sorted().toList();
            for (var name : entries) {
                if (name.startsWith(FOLDER) && name.endsWith(".yaml")) {
                    try (var in = file.getInputStream(file.getEntry(name))) {
                        texts.add(
                                new Catalog.SourceText(
                                        name.substring(FOLDER.length()),
                                        new String(in.readAllBytes(), StandardCharsets.UTF_8)));
                    }
                }
            }
        }
        return texts;
    }
}
