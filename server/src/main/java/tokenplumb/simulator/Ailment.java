package tokenplumb.simulator;

import java.util.Map;

/// A kind of fault: which inputs of the model it changes. Never an output: whatever is seen of it
/// follows from the model. One class for each kind.
interface Ailment {
    /// The name people order it by.
    String kind();

    /// What it does, in a sentence.
    String says();

    /// Its parameters: name to what may be said.
    Map<String, String> parameters();

    /// What one order of it will do to this fleet. Throws [IllegalArgumentException] when a
    /// parameter's value is not possible here.
    Course course(World world, String id, Map<String, String> parameters);

    /// One fault as ordered: its truth, and its two events.
    record Course(
            String what,
            Map<String, String> where,
            double severity,
            Runnable begin,
            Runnable end) {}

    /// The parameter `severity`, 0 to 1.
    static double severity(Map<String, String> parameters) {
        var text = parameters.getOrDefault("severity", "0.8");
        try {
            double severity = Double.parseDouble(text);
            if (severity > 0 && severity <= 1) {
                return severity;
            }
        } catch (NumberFormatException notANumber) {
            // said below, with everything else that is not possible
        }
        throw new IllegalArgumentException(
                "a severity of \"%s\" is not possible: choose more than 0 and at most 1"
                        .formatted(text));
    }

    /// The parameter `model`; the first model when it is not given.
    static Service service(World world, Map<String, String> parameters) {
        var name = parameters.getOrDefault("model", world.services.getFirst().model().name());
        return world.services.stream()
                .filter(service -> service.model().name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "there is no model \"%s\": choose one of %s"
                                        .formatted(
                                                name,
                                                world.services.stream()
                                                        .map(each -> each.model().name())
                                                        .toList())));
    }
}
