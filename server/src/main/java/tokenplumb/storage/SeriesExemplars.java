package tokenplumb.storage;

import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;

import java.util.List;

/// A series' exemplars in time order.
public record SeriesExemplars(Labels series, List<Exemplar> exemplars) {
    public SeriesExemplars {
        exemplars = List.copyOf(exemplars);
    }
}
