package tokenplumb.relabel;

import tokenplumb.config.Section;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Regex;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Steps applied in order to a label set. Immutable. Semantics are Prometheus 3's
/// (`model/relabel`): names may be any UTF-8 text unless the legacy scheme is asked for.
public final class Relabel {
    /// Which label names are allowed.
    public enum NameScheme {
        UTF8,
        LEGACY
    }

    public static final Relabel NOTHING = new Relabel(List.of());

    private static final Pattern LEGACY_NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
    // A label name that may hold $1, ${1} and ${name}, as Prometheus' relabelTarget.
    private static final Pattern LEGACY_TEMPLATE =
            Pattern.compile("(?:(?:[a-zA-Z_]|\\$(?:\\{\\w+\\}|\\w+))+\\w*)+");

    private final List<RelabelStep> steps;

    private Relabel(List<RelabelStep> steps) {
        this.steps = List.copyOf(steps);
    }

    /// Reads a list such as `relabel_configs`; mistakes are noted as problems of the section.
    public static Relabel read(Section section, String key) {
        return read(section, key, NameScheme.UTF8);
    }

    public static Relabel read(Section section, String key, NameScheme scheme) {
        var steps = new ArrayList<RelabelStep>();
        for (var item : section.sections(key)) {
            if (!item.isPresent()) {
                item.problem("empty or null relabeling rule in " + key + "; remove the empty item");
                continue;
            }
            step(item, scheme).ifPresent(steps::add);
        }
        return steps.isEmpty() ? NOTHING : new Relabel(steps);
    }

    public boolean isEmpty() {
        return steps.isEmpty();
    }

    private static Optional<RelabelStep> step(Section item, NameScheme scheme) {
        var actionText = item.text("action", "replace");
        var sourceLabels = item.texts("source_labels");
        var separator = item.text("separator", RelabelStep.SEPARATOR);
        var regexText = item.text("regex", RelabelStep.ANY);
        long modulus = item.integer("modulus", 0);
        var target = item.text("target_label", "");
        var replacement = item.text("replacement", RelabelStep.REPLACEMENT);

        var action = action(item, actionText);
        var regex = regex(item, regexText);
        if (action.isEmpty() || regex.isEmpty()) {
            return Optional.empty();
        }
        var step =
                new RelabelStep(
                        action.get(),
                        sourceLabels,
                        separator,
                        regex.get(),
                        modulus,
                        target,
                        replacement);
        var mistake = mistake(step, scheme);
        mistake.ifPresent(item::problem);
        return mistake.isPresent() ? Optional.empty() : Optional.of(step);
    }

    private static Optional<RelabelStep.Action> action(Section item, String text) {
        if (text.isEmpty()) {
            item.problem("action", "relabel action cannot be empty; leave it out for replace");
            return Optional.empty();
        }
        for (var action : RelabelStep.Action.values()) {
            if (action.text().equals(text.toLowerCase(Locale.ROOT))) {
                return Optional.of(action);
            }
        }
        item.problem("action", "unknown relabel action \"%s\"".formatted(text));
        return Optional.empty();
    }

    private static Optional<Regex> regex(Section item, String text) {
        try {
            return Optional.of(Regex.anchored(text));
        } catch (IllegalArgumentException e) {
            item.problem("regex", e.getMessage());
            return Optional.empty();
        }
    }

    private static Optional<String> mistake(RelabelStep step, NameScheme scheme) {
        var action = step.action().text();
        var target = step.targetLabel();
        switch (step.action()) {
            case REPLACE, HASHMOD, LOWERCASE, UPPERCASE, KEEPEQUAL, DROPEQUAL -> {
                if (step.action() == RelabelStep.Action.HASHMOD && step.modulus() <= 0) {
                    return Optional.of(
                            "relabel configuration for hashmod requires non-zero modulus");
                }
                if (target.isEmpty()) {
                    return Optional.of(
                            "relabel configuration for %s action requires 'target_label' value"
                                    .formatted(action));
                }
            }
            default -> {}
        }
        boolean targetIsValid =
                switch (step.action()) {
                    case REPLACE ->
                            isTemplate(target)
                                    ? scheme == NameScheme.UTF8
                                            || LEGACY_TEMPLATE.matcher(target).matches()
                                    : isName(target, scheme);
                    case HASHMOD, LOWERCASE, UPPERCASE, KEEPEQUAL, DROPEQUAL ->
                            isName(target, scheme);
                    default -> true;
                };
        if (!targetIsValid) {
            return Optional.of(
                    "%s is invalid 'target_label' for %s action"
                            .formatted(Labels.quote(target), action));
        }
        return switch (step.action()) {
            case LABELMAP ->
                    scheme == NameScheme.LEGACY
                                    && !LEGACY_TEMPLATE.matcher(step.replacement()).matches()
                            ? Optional.of(
                                    "%s is invalid 'replacement' for %s action"
                                            .formatted(Labels.quote(step.replacement()), action))
                            : Optional.empty();
            case KEEPEQUAL, DROPEQUAL ->
                    !step.regex().source().equals(RelabelStep.ANY)
                                    || step.modulus() != 0
                                    || !step.separator().equals(RelabelStep.SEPARATOR)
                                    || !step.replacement().equals(RelabelStep.REPLACEMENT)
                            ? Optional.of(
                                    "%s action requires only 'source_labels' and `target_label`, and no other fields"
                                            .formatted(action))
                            : Optional.empty();
            case LABELDROP, LABELKEEP ->
                    !step.sourceLabels().isEmpty()
                                    || !target.isEmpty()
                                    || step.modulus() != 0
                                    || !step.separator().equals(RelabelStep.SEPARATOR)
                                    || !step.replacement().equals(RelabelStep.REPLACEMENT)
                            ? Optional.of(
                                    "%s action requires only 'regex', and no other fields"
                                            .formatted(action))
                            : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static boolean isTemplate(String text) {
        return text.indexOf('$') >= 0;
    }

    private static boolean isName(String name, NameScheme scheme) {
        return scheme == NameScheme.UTF8 ? !name.isEmpty() : LEGACY_NAME.matcher(name).matches();
    }

    /// The label set after all steps; empty when a step drops it.
    public Optional<Labels> apply(Labels labels) {
        if (steps.isEmpty()) {
            return Optional.of(labels);
        }
        var builder = labels.toBuilder();
        for (var step : steps) {
            if (!apply(step, builder)) {
                return Optional.empty();
            }
        }
        return Optional.of(builder.build());
    }

    /// False when the step drops the label set.
    private static boolean apply(RelabelStep step, Labels.Builder labels) {
        switch (step.action()) {
            case KEEP -> {
                return step.regex().matches(source(step, labels));
            }
            case DROP -> {
                return !step.regex().matches(source(step, labels));
            }
            case KEEPEQUAL -> {
                return labels.get(step.targetLabel()).equals(source(step, labels));
            }
            case DROPEQUAL -> {
                return !labels.get(step.targetLabel()).equals(source(step, labels));
            }
            case REPLACE -> replace(step, labels);
            case LOWERCASE ->
                    labels.set(step.targetLabel(), source(step, labels).toLowerCase(Locale.ROOT));
            case UPPERCASE ->
                    labels.set(step.targetLabel(), source(step, labels).toUpperCase(Locale.ROOT));
            case HASHMOD ->
                    labels.set(step.targetLabel(), hashMod(source(step, labels), step.modulus()));
            case LABELMAP -> {
                for (var name : labels.names()) {
                    if (step.regex().matches(name)) {
                        labels.set(step.regex().expand(name, step.replacement()), labels.get(name));
                    }
                }
            }
            case LABELDROP -> {
                for (var name : labels.names()) {
                    if (step.regex().matches(name)) {
                        labels.remove(name);
                    }
                }
            }
            case LABELKEEP -> {
                for (var name : labels.names()) {
                    if (!step.regex().matches(name)) {
                        labels.remove(name);
                    }
                }
            }
        }
        return true;
    }

    private static void replace(RelabelStep step, Labels.Builder labels) {
        var source = source(step, labels);
        if (!step.regex().matches(source)) {
            return;
        }
        var target =
                isTemplate(step.targetLabel())
                        ? step.regex().expand(source, step.targetLabel())
                        : step.targetLabel();
        if (target.isEmpty()) {
            return;
        }
        labels.set(
                target,
                isTemplate(step.replacement())
                        ? step.regex().expand(source, step.replacement())
                        : step.replacement());
    }

    private static String source(RelabelStep step, Labels.Builder labels) {
        if (step.sourceLabels().size() == 1) {
            return labels.get(step.sourceLabels().getFirst());
        }
        var parts = new ArrayList<String>(step.sourceLabels().size());
        for (var name : step.sourceLabels()) {
            parts.add(labels.get(name));
        }
        return String.join(step.separator(), parts);
    }

    /// The last eight bytes of the MD5 sum, unsigned and big-endian, modulo `modulus`.
    private static String hashMod(String text, long modulus) {
        try {
            var sum =
                    MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
            long low = ByteBuffer.wrap(sum).getLong(8);
            return Long.toUnsignedString(Long.remainderUnsigned(low, modulus));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("bug: every JDK has MD5", e);
        }
    }
}
