package tokenplumb.catalog;

import tokenplumb.config.ConfigError;
import tokenplumb.config.Nearest;
import tokenplumb.config.Section;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Metadata;
import tokenplumb.signal.Regex;
import tokenplumb.yaml.YamlNode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Reads one source, checked against the vocabulary.
final class SourceFile {
    private static final Set<String> KINDS =
            Set.of("engine", "gpu", "node", "gateway", "kubernetes", "platform");
    private static final Set<String> ROLES =
            Set.of("engine", "router", "gateway", "client", "exporter");

    private final Section section;
    private final Map<String, Metric> vocabulary;
    private final Map<String, String> mapped = new HashMap<>();

    private List<Matcher> repeatedWhere = List.of();
    private List<Regex> repeatedDrop = List.of();

    private SourceFile(Section section, Map<String, Metric> vocabulary) {
        this.section = section;
        this.vocabulary = vocabulary;
    }

    static Source read(Section section, Map<String, Metric> vocabulary) {
        return new SourceFile(section, vocabulary).source();
    }

    private Source source() {
        var name = section.text("source");
        section.ignore("docs");
        var repeated = section.section("repeated");
        repeatedWhere = matchers(repeated, "where");
        repeatedDrop = patterns(repeated, "drop");
        var betrayedBy = section.texts("betrayedBy");
        if (betrayedBy.isEmpty()) {
            section.problem(
                    "betrayedBy is missing: name the metrics that only %s has".formatted(name));
        }
        var identity = new LinkedHashMap<String, List<String>>();
        var identities = section.section("identity");
        for (var label : sorted(identities.keys())) {
            identity.put(label, List.copyOf(identities.texts(label)));
        }
        return new Source(
                name,
                section.text("title", name),
                oneOf("kind", KINDS),
                oneOf("role", ROLES),
                List.copyOf(section.texts("prefixes")),
                List.copyOf(betrayedBy),
                List.copyOf(section.texts("notWith")),
                matchers(section, "except"),
                new TreeMap<>(identity),
                Map.copyOf(section.map("defaults")),
                Map.copyOf(section.map("constants")),
                values(section),
                patterns(section, "drop"),
                ranges(section, "blanks"),
                section.sections("metrics").stream().map(this::mapping).toList(),
                section.sections("unmapped").stream().map(SourceFile::unmapped).toList(),
                section.where());
    }

    private String oneOf(String key, Set<String> known) {
        var value = section.text(key);
        if (!value.isEmpty() && !known.contains(value)) {
            section.problem(
                    key,
                    "%s \"%s\" is unknown%s"
                            .formatted(
                                    key,
                                    value,
                                    Nearest.of(value, known)
                                            .map("; did you mean \"%s\"?"::formatted)
                                            .orElse(
                                                    "; one of "
                                                            + String.join(", ", sorted(known)))));
        }
        return value;
    }

    private static List<String> sorted(Set<String> words) {
        return words.stream().sorted().toList();
    }

    private Source.Mapping mapping(Section mapping) {
        var to = mapping.text("to");
        var metric = vocabulary.get(to);
        if (metric == null) {
            metric =
                    new Metric(
                            to, Metadata.Type.UNKNOWN, "", "", Metric.Aggregation.NONE, Map.of());
            if (!to.isEmpty()) {
                mapping.problem(
                        "to",
                        "no canonical metric is called \"%s\"%s"
                                .formatted(
                                        to,
                                        Nearest.of(to, vocabulary.keySet())
                                                .map("; did you mean \"%s\"?"::formatted)
                                                .orElse("; add it to a vocabulary first")));
            }
        }
        var first = mapped.putIfAbsent(to, mapping.where("to").toString());
        if (first != null) {
            mapping.problem(
                    "to",
                    "%s is mapped twice, first at %s; list all its old names under one mapping"
                            .formatted(to, first));
        }
        var splits = mapping.texts("splits");
        for (var split : splits) {
            checkLabel(mapping, "splits", metric, split);
        }
        var from = new ArrayList<Source.Origin>();
        var nodes = mapping.nodes("from");
        boolean isShort =
                !nodes.isEmpty() && nodes.stream().allMatch(YamlNode.Scalar.class::isInstance);
        if (isShort) {
            nodes.forEach(node -> from.add(plain(((YamlNode.Scalar) node).text(), node)));
        } else {
            for (var item : mapping.sections("from")) {
                from.addAll(origins(item, metric));
            }
        }
        if (from.isEmpty()) {
            mapping.problem("from is missing: the raw names that say " + to + ", newest first");
        }
        return new Source.Mapping(metric, splits, from, mapping.text("fact", ""), mapping.where());
    }

    private static Source.Origin plain(String name, YamlNode node) {
        return new Source.Origin(
                name,
                Version.NONE,
                Version.NONE,
                false,
                false,
                false,
                "",
                List.of(),
                Map.of(),
                Map.of(),
                Map.of(),
                List.of(),
                List.of(),
                1,
                0,
                List.of(),
                node.where());
    }

    private List<Source.Origin> origins(Section item, Metric metric) {
        var rename = Map.copyOf(item.map("rename"));
        var add = Map.copyOf(item.map("add"));
        rename.values().forEach(label -> checkLabel(item, "rename", metric, label));
        add.keySet().forEach(label -> checkLabel(item, "add", metric, label));
        double scale = item.number("scale", 1);
        double offset = item.number("offset", 0);
        if (scale == 0) {
            item.problem("scale", "scale must not be 0: every value would be lost");
        }
        if (offset != 0 && metric.type() == Metadata.Type.HISTOGRAM) {
            item.problem("offset", "a histogram cannot be shifted by an offset");
        }
        var origin =
                new Source.Origin(
                        item.text("name"),
                        version(item, "since"),
                        version(item, "until"),
                        item.bool("approximate", false),
                        item.bool("together", false),
                        sums(item),
                        item.text("when", ""),
                        matchers(item, "where"),
                        rename,
                        add,
                        values(item),
                        patterns(item, "drop"),
                        List.copyOf(item.texts("valueOf")),
                        scale,
                        offset,
                        ranges(item, "dropValues"),
                        item.where());
        if (!item.bool("repeated", false)) {
            return List.of(origin);
        }
        if (repeatedWhere.isEmpty()) {
            item.problem(
                    "repeated", "nothing is repeated: the source has no \"repeated\" of its own");
        }
        var alone =
                repeatedWhere.stream()
                        .map(matcher ->
                                Matcher.of(opposite(matcher), matcher.name(), matcher.value()))
                        .toList();
        return List.of(
                origin.with(alone, List.of(), origin.together()),
                origin.with(repeatedWhere, repeatedDrop, true));
    }

    private static Matcher.Type opposite(Matcher matcher) {
        return switch (matcher.type()) {
            case EQUAL -> Matcher.Type.NOT_EQUAL;
            case NOT_EQUAL -> Matcher.Type.EQUAL;
            case REGEX -> Matcher.Type.NOT_REGEX;
            case NOT_REGEX -> Matcher.Type.REGEX;
        };
    }

    /// Labels that sources invent must stand in the vocabulary, so that every engine uses the same
    /// word.
    private static void checkLabel(Section section, String key, Metric metric, String label) {
        if (metric.type() != Metadata.Type.UNKNOWN && !metric.labels().containsKey(label)) {
            section.problem(
                    key,
                    "%s has no label \"%s\" in the vocabulary%s"
                            .formatted(
                                    metric.name(),
                                    label,
                                    Nearest.of(label, metric.labels().keySet())
                                            .map("; did you mean \"%s\"?"::formatted)
                                            .orElse("; add it there first")));
        }
    }

    private static boolean sums(Section item) {
        var merge = item.text("merge", "max");
        if (!merge.equals("max") && !merge.equals("sum")) {
            item.problem("merge", "merge must be max or sum, not \"" + merge + "\"");
        }
        return merge.toLowerCase(Locale.ROOT).equals("sum");
    }

    private static Map<String, Map<String, String>> values(Section item) {
        var section = item.section("values");
        var values = new TreeMap<String, Map<String, String>>();
        for (var label : sorted(section.keys())) {
            values.put(label, Map.copyOf(section.map(label)));
        }
        return values;
    }

    private static Version version(Section item, String key) {
        var text = item.text(key, "");
        if (text.isEmpty()) {
            return Version.NONE;
        }
        try {
            return Version.parse(text);
        } catch (IllegalArgumentException e) {
            item.problem(key, key + ": " + e.getMessage());
            return Version.NONE;
        }
    }

    /// `label: expression` pairs as matchers, a plain word as an equal one.
    private static List<Matcher> matchers(Section section, String key) {
        var matchers = new ArrayList<Matcher>();
        section.map(key)
                .forEach((label, value) -> {
                    try {
                        boolean isWord = Regex.anchored(value).literals().size() == 1;
                        matchers.add(
                                Matcher.of(
                                        isWord ? Matcher.Type.EQUAL : Matcher.Type.REGEX,
                                        label,
                                        value));
                    } catch (IllegalArgumentException e) {
                        section.problem(key, e.getMessage());
                    }
                });
        return List.copyOf(matchers);
    }

    private static List<Regex> patterns(Section section, String key) {
        var patterns = new ArrayList<Regex>();
        for (var text : section.texts(key)) {
            try {
                patterns.add(Regex.anchored(text));
            } catch (IllegalArgumentException e) {
                section.problem(key, e.getMessage());
            }
        }
        return List.copyOf(patterns);
    }

    /// A list of numbers and of pairs of numbers.
    private static List<Source.Range> ranges(Section section, String key) {
        var ranges = new ArrayList<Source.Range>();
        for (var node : section.nodes(key)) {
            var bounds =
                    switch (node) {
                        case YamlNode.Scalar scalar -> List.<YamlNode>of(scalar, scalar);
                        case YamlNode.Sequence sequence -> sequence.items();
                        case YamlNode.Mapping mapping -> List.<YamlNode>of();
                    };
            try {
                ranges.add(new Source.Range(number(bounds.get(0)), number(bounds.get(1))));
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                section.problem(
                        node.where(),
                        key + " must be a list of numbers, or of pairs [from, to] of numbers");
            }
        }
        return List.copyOf(ranges);
    }

    private static double number(YamlNode node) {
        if (node instanceof YamlNode.Scalar scalar) {
            return Double.parseDouble(scalar.text());
        }
        throw new IllegalArgumentException("not a number");
    }

    private static Source.Unmapped unmapped(Section item) {
        return new Source.Unmapped(
                item.text("name"),
                item.bool("hist", false),
                version(item, "since"),
                version(item, "until"),
                item.text("why"),
                item.text("better", ""));
    }

    /// The vocabulary of one file, added to `into`; a name given again is a mistake.
    static void readVocabulary(Section file, Map<String, Metric> into) {
        var metrics = file.section("vocabulary");
        for (var name : sorted(metrics.keys())) {
            var item = metrics.section(name);
            var metric =
                    new Metric(
                            name,
                            word(item, "type", Metadata.Type.class, Metadata.Type.UNKNOWN),
                            item.text("unit", ""),
                            item.text("help"),
                            word(
                                    item,
                                    "aggregation",
                                    Metric.Aggregation.class,
                                    Metric.Aggregation.NONE),
                            item.map("labels"));
            if (metric.aggregation() == Metric.Aggregation.SUM && metric.unit().equals("ratio")) {
                item.problem("aggregation", "a ratio is never summed: write avg or max");
            }
            if (metric.type() == Metadata.Type.COUNTER && !name.endsWith("_total")) {
                metrics.problem(
                        name, "a counter's name ends in _total: call it " + name + "_total");
            }
            if (into.putIfAbsent(name, metric) != null) {
                metrics.problem(name, name + " is already in the vocabulary; choose another name");
            }
        }
    }

    private static <E extends Enum<E>> E word(
            Section item, String key, Class<E> type, E otherwise) {
        var text = item.text(key);
        for (var constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(text)) {
                return constant;
            }
        }
        var known = new ArrayList<String>();
        for (var constant : type.getEnumConstants()) {
            known.add(constant.name().toLowerCase(Locale.ROOT));
        }
        if (!text.isEmpty()) {
            item.problem(key, "%s must be one of %s".formatted(key, String.join(", ", known)));
        }
        return otherwise;
    }

    static List<Signal> readSignals(Section file) {
        var signals = new ArrayList<Signal>();
        for (var item : file.sections("signals")) {
            var lines = new ArrayList<Signal.Line>();
            for (var line : item.sections("lines")) {
                lines.add(new Signal.Line(line.text("name"), line.text("query")));
            }
            var bands = new ArrayList<Signal.Band>();
            for (var band : item.sections("bands")) {
                bands.add(
                        new Signal.Band(
                                band.number("from", 0),
                                band.text("verdict"),
                                band.text("says", "")));
            }
            var good = item.text("good");
            if (!good.equals("higher") && !good.equals("lower")) {
                item.problem("good", "good must be higher or lower");
            }
            signals.add(
                    new Signal(
                            item.text("id"),
                            item.text("title"),
                            item.text("unit"),
                            item.text("help", ""),
                            good.equals("lower"),
                            lines,
                            bands));
        }
        return signals;
    }

    /// A file whose top level none of the readers knows.
    static ConfigError unknown(Section file) {
        return new ConfigError(
                file.where(),
                "neither a source, a vocabulary nor signals; a source begins with \"source:"
                        + " NAME\"");
    }
}
