package tokenplumb.tsdb.dense;

import java.util.List;

/// Parts of the index, in the order in which they stand.
enum Section {
    /// All names and values of labels, sorted.
    SYMBOLS(32),
    /// Distinct label sets without the metric's name, sorted.
    SETS(32),
    /// For each label name, where its values' postings are; one page.
    LABELS(Integer.MAX_VALUE),
    /// For each value of a label, the sets it is in.
    POSTINGS(64),
    /// Spellings of folded histograms' buckets.
    LAYOUTS(16),
    /// Which times a series has in each slice.
    TRACKS(16),
    /// Times of one slice.
    TIMES(16),
    /// Models: first that of times, then one page for each family.
    MODELS(1),
    /// Metric names, plain and folded.
    FAMILIES(32),
    /// Series, family by family.
    SERIES(32);

    private static final List<Section> PLACES = List.of(values());

    /// Things in a page.
    final int perPage;

    Section(int perPage) {
        this.perPage = perPage;
    }

    /// Its place in the table of contents.
    int place() {
        return PLACES.indexOf(this);
    }
}
