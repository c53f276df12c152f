package tokenplumb.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Shared;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Our exposition beside that of a real vLLM of September 2026.
class VllmPageTest {
    /// One family of an exposition, in the order in which things stand there.
    private static final class Family {
        String help = "";
        String type = "";
        final Set<String> labelOrders = new LinkedHashSet<>();
        final Set<String> bounds = new LinkedHashSet<>();
    }

    private static final String REAL = "vllm_v1_2026-09_specdecode_real.prom";

    /// The real one runs with speculative decoding and a tool-call parser, ours without.
    private static boolean onlyThere(String family) {
        return family.startsWith("vllm:spec_decode_")
                || family.startsWith("vllm:tool_call_parser_");
    }

    @Test
    void hasTheFamiliesOfARealOneInTheirOrderWithTheirHelpAndType() throws IOException {
        var real = families(Files.readString(Shared.path("data/expositions/" + REAL)));
        var ours = families(ours());
        real.keySet().removeIf(VllmPageTest::onlyThere);
        assertThat(new ArrayList<>(ours.keySet()))
                .containsExactlyElementsOf(new ArrayList<>(real.keySet()));
        real.forEach((name, family) -> {
            assertThat(ours.get(name).help).as("help of %s", name).isEqualTo(family.help);
            assertThat(ours.get(name).type).as("type of %s", name).isEqualTo(family.type);
            assertThat(ours.get(name).labelOrders)
                    .as("labels of %s, in order", name)
                    .isEqualTo(family.labelOrders);
        });
    }

    @Test
    void hasTheBucketsOfARealOne() throws IOException {
        var real = families(Files.readString(Shared.path("data/expositions/" + REAL)));
        var ours = families(ours());
        real.keySet().removeIf(VllmPageTest::onlyThere);
        real.forEach((name, family) -> {
            var expected = new LinkedHashSet<>(family.bounds);
            if (expected.contains("1e+06")) {
                // Token counts go up to the longest request: 131,072 here, a million there.
                expected.removeAll(List.of("200000.0", "500000.0", "1e+06"));
            }
            assertThat(ours.get(name).bounds).as("bounds of %s", name).isEqualTo(expected);
        });
    }

    @Test
    void hasEveryVllmFamilyOfVersion026() throws IOException {
        var ours = families(ours());
        for (var line :
                Files.readAllLines(Shared.path("data/expositions/vllm_v0.26.0_family_names.txt"))) {
            if (!line.startsWith("#") && !line.isBlank()) {
                var nameAndType = line.split(" ", 2);
                assertThat(ours).containsKey(nameAndType[0]);
                assertThat(ours.get(nameAndType[0]).type).isEqualTo(nameAndType[1]);
            }
        }
    }

    private static String ours() {
        var world = new World(1, 1_795_000_000_000L, 1);
        world.agenda.advanceTo(30 * Agenda.SECOND);
        var page = VllmPage.of(world.replicas().getFirst(), world.startMillis);
        return new String(page.render(), StandardCharsets.UTF_8);
    }

    private static Map<String, Family> families(String exposition) {
        var families = new LinkedHashMap<String, Family>();
        var current = new Family();
        for (var line : exposition.lines().toList()) {
            if (line.startsWith("# HELP ")) {
                var parts = line.split(" ", 4);
                current = new Family();
                current.help = parts[3];
                families.put(parts[2], current);
            } else if (line.startsWith("# TYPE ")) {
                current.type = line.split(" ", 4)[3];
            } else if (!line.isBlank()) {
                var order = new StringBuilder(line.split("[{ ]", 2)[0]);
                int start = line.indexOf('{');
                if (start >= 0) {
                    var labels = line.substring(start + 1, line.lastIndexOf('}'));
                    for (var label : labels.split(",(?=[a-zA-Z_]+=)", -1)) {
                        var pair = label.split("=", 2);
                        order.append(' ').append(pair[0]);
                        if (pair[0].equals("le")) {
                            current.bounds.add(pair[1].replace("\"", ""));
                        }
                    }
                }
                current.labelOrders.add(order.toString());
            }
        }
        return families;
    }
}
