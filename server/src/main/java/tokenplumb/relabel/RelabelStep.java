package tokenplumb.relabel;

import tokenplumb.signal.Regex;

import java.util.List;
import java.util.Locale;

/// One step of relabeling. `modulus` counts only for [Action#HASHMOD].
record RelabelStep(
        Action action,
        List<String> sourceLabels,
        String separator,
        Regex regex,
        long modulus,
        String targetLabel,
        String replacement) {
    static final String ANY = "(.*)";
    static final String SEPARATOR = ";";
    static final String REPLACEMENT = "$1";

    /// What a step does; named as in the configuration.
    enum Action {
        REPLACE,
        KEEP,
        DROP,
        KEEPEQUAL,
        DROPEQUAL,
        HASHMOD,
        LABELMAP,
        LABELDROP,
        LABELKEEP,
        LOWERCASE,
        UPPERCASE;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    RelabelStep {
        sourceLabels = List.copyOf(sourceLabels);
    }
}
