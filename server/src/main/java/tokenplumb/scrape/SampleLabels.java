package tokenplumb.scrape;

import tokenplumb.exposition.Exposition;
import tokenplumb.exposition.ExpositionException;
import tokenplumb.relabel.Relabel;
import tokenplumb.relabel.Relabel.NameScheme;
import tokenplumb.signal.Labels;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// From the labels of a line to those of its series: the target's labels added, conflicts solved as
/// `honor_labels` says, relabeled, checked against the limits. Immutable.
final class SampleLabels {
    private static final Pattern LEGACY_METRIC = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    private static final Pattern LEGACY_LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
    private static final String EXPORTED = "exported_";

    private final Labels target;
    private final boolean honorLabels;
    private final Relabel relabel;
    private final Limits limits;
    private final NameScheme names;
    private final Map<String, String> forbidden;

    SampleLabels(ScrapeJob job, Labels target) {
        this.target = target;
        this.honorLabels = job.honorLabels();
        this.relabel = job.metricRelabel();
        this.limits = job.limits();
        this.names = job.names();
        this.forbidden = job.rails().forbidden();
    }

    /// Of the series just read; empty when relabeling drops it. Forbidden labels that it had are
    /// added to `dropped`.
    Optional<Labels> of(Exposition exposition, List<String> dropped)
            throws ExpositionException, ScrapeException {
        var exposed = exposition.labels();
        var all = honorLabels ? honored(exposed, exposition) : renamed(exposed);
        var relabeled = relabel.apply(all);
        if (relabeled.isEmpty() || relabeled.get().isEmpty()) {
            return Optional.empty();
        }
        var allowed = forbidden.isEmpty() ? relabeled.get() : allowed(relabeled.get(), dropped);
        check(allowed, exposition);
        return Optional.of(allowed);
    }

    /// Without forbidden labels, but for those that the target itself was given.
    private Labels allowed(Labels labels, List<String> dropped) {
        var allowed = labels;
        for (int i = 0; i < labels.size(); i++) {
            var name = labels.name(i);
            var rule = forbidden.getOrDefault(ScrapeRails.plain(name), "");
            if (!rule.isEmpty() && !target.has(name)) {
                allowed = allowed.without(name);
                dropped.add(rule);
            }
        }
        return allowed;
    }

    /// What the line says wins, an empty label included.
    private Labels honored(Labels exposed, Exposition exposition) {
        var builder = exposed.toBuilder();
        for (int i = 0; i < target.size(); i++) {
            var name = target.name(i);
            if (!exposed.has(name) && !exposition.isWrittenEmpty(name)) {
                builder.set(name, target.value(i));
            }
        }
        return builder.build();
    }

    /// The target wins; what the line says moves to `exported_…`.
    private Labels renamed(Labels exposed) {
        var builder = exposed.toBuilder();
        var conflicts = new ArrayList<String>();
        for (int i = 0; i < target.size(); i++) {
            var name = target.name(i);
            if (exposed.has(name)) {
                conflicts.add(name);
            }
            builder.set(name, target.value(i));
        }
        conflicts.sort(Comparator.comparingInt(String::length));
        for (var name : conflicts) {
            var free = EXPORTED + name;
            while (!builder.get(free).isEmpty()) {
                free = EXPORTED + free;
            }
            builder.set(free, exposed.get(name));
        }
        return builder.build();
    }

    private void check(Labels labels, Exposition exposition)
            throws ExpositionException, ScrapeException {
        if (labels.metricName().isEmpty()) {
            throw new ScrapeException(
                    ScrapeException.Reason.CONTENT,
                    "missing metric name (__name__ label) after metric relabeling of "
                            + shortened(exposition.labels().toString()));
        }
        if (names == NameScheme.LEGACY) {
            checkNames(labels);
        }
        if (limits.labels() > 0 && labels.size() > limits.labels()) {
            throw new ScrapeException(
                    ScrapeException.Reason.LABEL_LIMIT,
                    "label_limit exceeded (metric: %s, number of labels: %d, limit: %d)"
                            .formatted(
                                    shortened(labels.metricName()),
                                    labels.size(),
                                    limits.labels()));
        }
        if (limits.labelNameLength() == 0 && limits.labelValueLength() == 0) {
            return;
        }
        for (int i = 0; i < labels.size(); i++) {
            checkLengths(labels, labels.name(i), labels.value(i));
        }
    }

    private static void checkNames(Labels labels) throws ScrapeException {
        boolean valid = LEGACY_METRIC.matcher(labels.metricName()).matches();
        for (int i = 0; i < labels.size() && valid; i++) {
            valid = LEGACY_LABEL.matcher(labels.name(i)).matches();
        }
        if (!valid) {
            throw new ScrapeException(
                    ScrapeException.Reason.CONTENT,
                    "invalid metric name or label names: " + shortened(labels.toString()));
        }
    }

    private void checkLengths(Labels labels, String name, String value) throws ScrapeException {
        long nameLength = name.getBytes(StandardCharsets.UTF_8).length;
        if (limits.labelNameLength() > 0 && nameLength > limits.labelNameLength()) {
            throw new ScrapeException(
                    ScrapeException.Reason.LABEL_LIMIT,
                    "label_name_length_limit exceeded (metric: %s, label name: %s, length: %d, limit: %d)"
                            .formatted(
                                    shortened(labels.metricName()),
                                    shortened(name),
                                    nameLength,
                                    limits.labelNameLength()));
        }
        long valueLength = value.getBytes(StandardCharsets.UTF_8).length;
        if (limits.labelValueLength() > 0 && valueLength > limits.labelValueLength()) {
            throw new ScrapeException(
                    ScrapeException.Reason.LABEL_LIMIT,
                    "label_value_length_limit exceeded (metric: %s, label name: %s, value: %s, length: %d, limit: %d)"
                            .formatted(
                                    shortened(labels.metricName()),
                                    shortened(name),
                                    Labels.quote(shortened(value)),
                                    valueLength,
                                    limits.labelValueLength()));
        }
    }

    private static String shortened(String text) {
        return text.length() <= 50 ? text : text.substring(0, 50);
    }
}
