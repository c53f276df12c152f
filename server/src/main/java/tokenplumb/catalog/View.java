package tokenplumb.catalog;

import tokenplumb.signal.Labels;

import java.util.List;

/// What one name stands for: the raw names behind it, best first, and how they become it.
///
/// @param name the name asked for
/// @param isAlias whether it is another raw spelling, so that raw labels stay as they are
record View(String name, boolean isAlias, List<Part> parts) {
    /// One origin behind a name.
    ///
    /// @param splits labels in which parts of different rank differ although they tell the same
    ///   thing
    /// @param rank parts of a better (smaller) rank win
    /// @param names raw names, all spellings, the source's own first
    record Part(
            Source source,
            Source.Origin origin,
            List<String> splits,
            int rank,
            List<String> names,
            LabelRules labels,
            Values values) {
        Part {
            splits = List.copyOf(splits);
            names = List.copyOf(names);
        }

        /// What two series have in common when they tell the same thing.
        Labels key(Labels canonical) {
            return splits.isEmpty() ? canonical : canonical.withoutAll(splits);
        }
    }

    View {
        parts = List.copyOf(parts);
    }
}
