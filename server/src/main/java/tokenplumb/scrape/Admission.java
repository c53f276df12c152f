package tokenplumb.scrape;

import tokenplumb.signal.Labels;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Decides which lines of one target may become new series, and can say what went wrong.
///
/// A target may have so many series at a time, and as many new ones an hour (saved up while it
/// brings none). Those it has go on whatever happens; of the lines beyond, a few are looked at in
/// each round to find the label to blame, and the others cost no more than to be passed over. Not
/// thread-safe.
final class Admission {
    private static final int MOST_LOOKED_AT = 500; // in a round
    private static final int MOST_LABELS = 100;
    // Their values are part of what a metric is.
    private static final Set<String> STRUCTURAL = Set.of(Labels.NAME, "le", "quantile");
    private static final double HOUR = 3_600_000;

    private final long max;

    private double allowance; // new series that may come now
    private long lastTime = Long.MIN_VALUE;
    private long before; // samples of the last round
    private long admitted;
    private long refused;
    private int lookedAt;

    private Map<String, Set<Integer>> values = Map.of(); // hashes, by label, of what was refused
    private String metric = "";
    private Map<String, Long> dropped = Map.of(); // lines, by forbidden label
    private Map<String, Long> droppedNow = Map.of();

    Admission(long max) {
        this.max = max;
        this.allowance = max;
    }

    /// Starts a round that has seen nothing yet.
    void begin() {
        admitted = 0;
        refused = 0;
        lookedAt = 0;
        values = Map.of();
        droppedNow = Map.of();
    }

    /// The time of the round.
    void at(long time) {
        if (lastTime != Long.MIN_VALUE && time > lastTime) {
            allowance = Math.min(max, allowance + (time - lastTime) / HOUR * max);
        }
        lastTime = time;
    }

    /// Whether a new line may not become a series.
    boolean isFull() {
        return max > 0 && (before + admitted >= max || allowance < 1);
    }

    /// Whether a line that is refused is to be shown to [#refuse(Labels)].
    boolean looks() {
        return lookedAt < MOST_LOOKED_AT;
    }

    void admit() {
        admitted++;
        allowance -= 1;
    }

    /// A line is refused.
    void refuse() {
        refused++;
    }

    /// A line is refused whose labels have been read.
    void refuse(Labels labels) {
        refused++;
        lookedAt++;
        metric = labels.metricName();
        values = values.isEmpty() ? new HashMap<>() : values;
        for (int i = 0; i < labels.size(); i++) {
            if (values.size() < MOST_LABELS || values.containsKey(labels.name(i))) {
                values.computeIfAbsent(labels.name(i), name -> new HashSet<>())
                        .add(labels.value(i).hashCode());
            }
        }
    }

    /// A new line has lost these labels.
    void dropped(List<String> labels) {
        droppedNow = droppedNow.isEmpty() ? new HashMap<>() : droppedNow;
        dropped = dropped.isEmpty() ? new HashMap<>() : dropped;
        for (var label : labels) {
            if (dropped.size() < MOST_LABELS || dropped.containsKey(label)) {
                droppedNow.merge(label, 1L, Long::sum);
                dropped.merge(label, 1L, Long::sum);
            }
        }
    }

    /// The round is kept, with so many samples.
    void keep(long samples) {
        before = samples;
    }

    /// Lines refused in this round.
    long refused() {
        return refused;
    }

    /// Lines by label that lost it in this round.
    Map<String, Long> droppedNow() {
        return droppedNow;
    }

    /// What the user must know about the last round, or about labels lost in any.
    List<String> warnings() {
        var warnings = new ArrayList<String>();
        if (refused > 0) {
            warnings.add(verdict());
        }
        if (!dropped.isEmpty()) {
            warnings.add(
                    "labels dropped, as their values never end: %s; guard_rails.forbidden_labels"
                                    .formatted(
                                            String.join(
                                                    ", ",
                                                    dropped.keySet().stream().sorted().toList()))
                            + " says which");
        }
        return warnings;
    }

    private String verdict() {
        var worst = "";
        int most = 0;
        for (var entry : values.entrySet()) {
            boolean isWorse =
                    entry.getValue().size() > most
                            || entry.getValue().size() == most
                                    && entry.getKey().compareTo(worst) < 0;
            if (isWorse && !STRUCTURAL.contains(entry.getKey())) {
                worst = entry.getKey();
                most = entry.getValue().size();
            }
        }
        var why =
                most < 2
                        ? "no label stands out"
                        : "label %s exploded: %d values in %d refused series, such as of %s"
                                .formatted(worst, most, lookedAt, metric);
        return "%d samples refused, as the target would have more than %d series, or as many new ones in an hour; %s; drop that label with metric_relabel_configs, or raise guard_rails.max_series"
                .formatted(refused, max, why);
    }
}
