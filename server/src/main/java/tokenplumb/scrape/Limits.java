package tokenplumb.scrape;

import tokenplumb.config.Section;

/// How much a target may send and a job may hold; 0 is no limit. What is beyond a limit fails the
/// scrape as a whole, as in Prometheus.
record Limits(
        long bodyBytes,
        long samples,
        long labels,
        long labelNameLength,
        long labelValueLength,
        long targets,
        long keptDroppedTargets) {
    static final Limits NONE = new Limits(0, 0, 0, 0, 0, 0, 0);

    static Limits read(Section section, Limits otherwise) {
        return new Limits(
                orElse(bodyBytes(section), otherwise.bodyBytes),
                orElse(count(section, "sample_limit"), otherwise.samples),
                orElse(count(section, "label_limit"), otherwise.labels),
                orElse(count(section, "label_name_length_limit"), otherwise.labelNameLength),
                orElse(count(section, "label_value_length_limit"), otherwise.labelValueLength),
                orElse(count(section, "target_limit"), otherwise.targets),
                orElse(count(section, "keep_dropped_targets"), otherwise.keptDroppedTargets));
    }

    /// As Prometheus, a bare number is refused: nobody can tell what it was meant to count.
    private static long bodyBytes(Section section) {
        var text = section.text("body_size_limit", "0");
        if (!text.equals("0") && !text.isEmpty() && text.chars().allMatch(Character::isDigit)) {
            section.problem(
                    "body_size_limit",
                    "units: unknown unit  in %s; write it like 10MB".formatted(text));
            return 0;
        }
        return section.bytes("body_size_limit", 0);
    }

    private static long orElse(long value, long otherwise) {
        return value == 0 ? otherwise : value;
    }

    private static long count(Section section, String key) {
        long value = section.integer(key, 0);
        if (value < 0) {
            section.problem(key, key + " cannot be negative; 0 is no limit");
            return 0;
        }
        return value;
    }
}
