package tokenplumb.catalog;

import tokenplumb.signal.Labels;

import java.util.List;

/// What one name stands for: the raw names behind it, best first, and how they become it.
///
/// @param name the name asked for
/// @param isAlias whether it is another raw spelling, so that raw labels stay as they are
/// @param splits labels in which parts of different rank differ although they tell the same thing
record View(String name, boolean isAlias, List<String> splits, List<Part> parts) {
    /// One origin behind a name.
    ///
    /// @param rank parts of a better (smaller) rank win
    /// @param names raw names, all spellings, the source's own first
    record Part(
            Source source,
            Source.Origin origin,
            int rank,
            List<String> names,
            LabelRules labels,
            Values values) {
        Part {
            names = List.copyOf(names);
        }
    }

    View {
        splits = List.copyOf(splits);
        parts = List.copyOf(parts);
    }

    /// What two series have in common when they tell the same thing.
    Labels key(Labels canonical) {
        return splits.isEmpty() ? canonical : canonical.withoutAll(splits);
    }
}
