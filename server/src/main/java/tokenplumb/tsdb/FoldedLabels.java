package tokenplumb.tsdb;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.tsdb.folded.Kind;

import java.util.List;

/// How index, log, checkpoint and segments name a folded histogram: by labels like everybody else,
/// but with the family's name and the bucket layout under two names that no plain series may carry.
/// So the same labels with another layout are another series, no selector of plain series can meet
/// one, and wherever labels are kept the layout is kept with them.
final class FoldedLabels {
    /// The family's name. Sorts before every other label, and [#LAYOUT] next.
    static final String FAMILY = "\0family";

    /// The `le` values as they are spelled, joined by commas.
    static final String LAYOUT = "\0layout";

    private static final char HIDDEN = '\0';

    private FoldedLabels() {}

    /// Whether a label is one that only folded histograms carry.
    static boolean isHidden(String name) {
        return !name.isEmpty() && name.charAt(0) == HIDDEN;
    }

    /// Whether labels are what [#hide] answers, or pretend to be.
    static boolean isFolded(Labels labels) {
        return !labels.isEmpty() && isHidden(labels.name(0));
    }

    static Labels hide(Labels family, BucketLayout layout) {
        var pairs = new String[family.size() * 2 + 2];
        pairs[0] = FAMILY;
        pairs[2] = LAYOUT;
        pairs[3] = String.join(",", layout.spellings());
        int at = 4;
        for (int i = 0; i < family.size(); i++) {
            if (family.name(i).equals(Labels.NAME)) {
                pairs[1] = family.value(i);
            } else {
                pairs[at++] = family.name(i);
                pairs[at++] = family.value(i);
            }
        }
        return Labels.ofSorted(pairs);
    }

    /// The family's labels again.
    static Labels show(Labels hidden) {
        var pairs = new String[hidden.size() * 2 - 2];
        int at = 0;
        boolean isNamed = false;
        for (int i = 2; i < hidden.size(); i++) {
            if (!isNamed && hidden.name(i).compareTo(Labels.NAME) > 0) {
                at = putName(pairs, at, hidden.value(0));
                isNamed = true;
            }
            pairs[at++] = hidden.name(i);
            pairs[at++] = hidden.value(i);
        }
        if (!isNamed) {
            putName(pairs, at, hidden.value(0));
        }
        return Labels.ofSorted(pairs);
    }

    private static int putName(String[] pairs, int at, String name) {
        pairs[at] = Labels.NAME;
        pairs[at + 1] = name;
        return at + 2;
    }

    /// The labels of one bucket as if it were kept apart; empty when there is no such bucket.
    static Labels bucket(Labels hidden, int bucket) {
        var spellings = hidden.get(LAYOUT).split(",", -1);
        if (bucket < 0 || bucket >= spellings.length) {
            return Labels.EMPTY;
        }
        var family = show(hidden);
        return Kind.member(family, Kind.BUCKET.name(family.metricName()), spellings[bucket]);
    }

    /// The layout out of the text under [#LAYOUT].
    static BucketLayout layout(String text) {
        return BucketLayout.of(List.of(text.split(",", -1)));
    }
}
