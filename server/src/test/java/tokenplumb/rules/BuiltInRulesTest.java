package tokenplumb.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;

class BuiltInRulesTest {
    /// Shipped as its source wrote it, although GPU and engine share no labels to be joined by.
    private static final String CANNOT_FIRE = "GPUTensorIdleUnderLoad";

    private static List<Rule.Alerting> alerts() {
        return RuleFile.builtIn().stream()
                .flatMap(file -> file.groups().stream())
                .flatMap(group -> group.rules().stream())
                .filter(Rule.Alerting.class::isInstance)
                .map(Rule.Alerting.class::cast)
                .toList();
    }

    @Test
    void areSound() {
        assertThat(RuleFile.builtIn()).allSatisfy(file -> assertThat(file.problems()).isEmpty());
    }

    @Test
    void allHaveAPriorityASeverityAndWords() {
        assertThat(alerts())
                .allSatisfy(rule -> {
                    assertThat(rule.labels().get("priority")).matches("P[0-3]");
                    assertThat(rule.labels()).containsKey("severity");
                    assertThat(rule.annotations().keySet())
                            .contains("description")
                            .containsAnyOf("summary", "title");
                });
    }

    @Test
    void fireOnTheFaultAndStayQuietOtherwise() throws IOException, InterruptedException {
        var tests = new UnitTests();
        for (var rules : RuleFile.builtIn()) {
            var name = rules.name().replace("builtin/", "").replace(".yml", ".test.yml");
            try (var in = BuiltInRulesTest.class.getResourceAsStream("/tokenplumb/rules/" + name)) {
                tests.run(rules, name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        var names = new TreeSet<String>();
        alerts().forEach(rule -> names.add(rule.name()));
        assertThat(tests.quiet()).as("seen quiet").containsExactlyElementsOf(names);
        names.remove(CANNOT_FIRE);
        assertThat(tests.fired()).as("seen firing").containsAll(names);
    }
}
