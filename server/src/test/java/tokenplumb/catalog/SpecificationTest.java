package tokenplumb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Shared;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Every name that the specification or a recorded exposition holds is either translated or listed
/// with a reason.
class SpecificationTest {
    private static final Catalog CATALOG = Catalog.builtIn();
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    /// Placeholders in the text, and names it mentions only to say that they are somewhere else.
    private static final Set<String> PROSE =
            Set.of("vllm:", "vllm:x", "vllm:x_total", "vllm:x_created");

    @Test
    void everyNameOfTheVllmTablesIsKnown() throws IOException {
        var strangers = new TreeSet<String>();
        for (var line : Files.readAllLines(Shared.path("spec/engines/vllm.md"))) {
            var last = "";
            var code = CODE.matcher(line);
            while (code.find()) {
                var text = code.group(1).replaceAll("\\{[^}]*[=|].*", "");
                if (text.startsWith("vllm:")) {
                    for (var name : expand(text)) {
                        last = PROSE.contains(name) ? "" : name;
                        var family = name.replaceAll("_(bucket|count|sum|created)$", "");
                        if (!PROSE.contains(name) && !isKnown(name) && !isKnown(family)) {
                            strangers.add(name);
                        }
                    }
                } else if (text.matches("[_…][a-z_{},]+") && !last.isEmpty()) {
                    strangers.addAll(unknownContinuations(last, text));
                }
            }
        }
        assertThat(strangers).as("neither translated nor listed with a reason").isEmpty();
    }

    private static List<String> unknownContinuations(String first, String continuation) {
        var unknown = new ArrayList<String>();
        for (var rest : expand(continuation.replace("…", ""))) {
            boolean isKnown = false;
            for (int cut = first.length(); cut > 0; cut--) {
                isKnown |= isKnown(first.substring(0, cut) + rest);
            }
            if (!isKnown
                    && !rest.equals("_created")
                    && !rest.startsWith("_sum")
                    && !rest.startsWith("_bucket")) {
                unknown.add(first + " / " + continuation);
            }
        }
        return unknown;
    }

    private static List<String> expand(String text) {
        int open = text.indexOf('{');
        int close = text.indexOf('}');
        if (open < 0 || close < open) {
            return List.of(text.split("/")[0]);
        }
        var all = new ArrayList<String>();
        if (!text.substring(open, close).contains(",")) {
            return List.of(text.substring(0, open)); // a label
        }
        for (var word : text.substring(open + 1, close).split(",")) {
            all.addAll(expand(text.substring(0, open) + word + text.substring(close + 1)));
        }
        return all;
    }

    private static boolean isKnown(String name) {
        for (var source : CATALOG.allSources()) {
            for (var mapping : source.mappings()) {
                for (var origin : mapping.from()) {
                    if (isSame(origin.name(), name)) {
                        return true;
                    }
                }
            }
            for (var unmapped : source.unmapped()) {
                if (isSame(unmapped.name(), name)) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Tables name counters with and without their suffix.
    private static boolean isSame(String known, String name) {
        if (known.endsWith("*")) {
            return name.startsWith(known.substring(0, known.length() - 1));
        }
        return known.equals(name) || known.equals(name + "_total");
    }

    @Test
    void everyNameOfTheRecordedExpositionsIsKnown() throws IOException {
        var strangers = new TreeSet<String>();
        try (var files = Files.walk(Shared.path("data/expositions"))) {
            for (var file :
                    files.filter(f -> f.toString().matches(".*/(vllm|dcgm).*\\.prom")).toList()) {
                for (var name : FakeStore.names(file)) {
                    var family = name.replaceAll("_(bucket|count|sum|created)$", "");
                    boolean isOurs = name.startsWith("vllm:") || name.startsWith("DCGM_");
                    if (isOurs && !isKnown(name) && !isKnown(family)) {
                        strangers.add(name);
                    }
                }
            }
        }
        assertThat(strangers).as("neither translated nor listed with a reason").isEmpty();
    }
}
