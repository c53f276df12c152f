package tokenplumb.simulator;

import java.time.Instant;
import java.util.Locale;
import java.util.Map;

/// What is really wrong: the label by which a diagnosis is judged. `where` names what is concerned
/// (model, node, gpu, pod, tenant), `severity` is 0..1, `what` says in a sentence which input of
/// the model was changed.
public record FaultTruth(
        String id,
        String kind,
        String what,
        Map<String, String> where,
        Instant from,
        Instant until,
        double severity,
        State state) {
    /// How far it has come.
    public enum State {
        PLANNED,
        ACTIVE,
        OVER;

        /// As the API spells it.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public FaultTruth {
        where = Map.copyOf(where);
    }
}
