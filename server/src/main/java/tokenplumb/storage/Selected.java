package tokenplumb.storage;

import java.util.ArrayList;
import java.util.List;

/// What a selector finds, with the buckets of a histogram left together where they are kept
/// together. Nothing is in both lists.
public record Selected(List<Series> series, List<FoldedSeries> folded) {
    /// Every bucket as a series of its own.
    public List<Series> apart() {
        if (folded.isEmpty()) {
            return series;
        }
        var all = new ArrayList<>(series);
        for (var histogram : folded) {
            for (int bucket = 0; bucket < histogram.layout().size(); bucket++) {
                all.add(histogram.bucket(bucket));
            }
        }
        return all;
    }
}
