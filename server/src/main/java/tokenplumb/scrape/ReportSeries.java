package tokenplumb.scrape;

import tokenplumb.signal.Labels;
import tokenplumb.storage.Batch;

/// A series that the loop itself writes, such as `up`. Not thread-safe.
final class ReportSeries {
    private final Labels labels;
    private long reference;

    ReportSeries(String name, Labels target) {
        this.labels = target.with(Labels.NAME, name);
    }

    void append(Batch batch, long time, double value) {
        if (reference == 0) {
            reference = batch.series(labels);
        }
        if (reference == 0) {
            return; // a series limit refuses it; asked again next time
        }
        if (batch.append(reference, time, value) == Batch.Outcome.UNKNOWN_SERIES) {
            reference = batch.series(labels);
            if (reference != 0) {
                batch.append(reference, time, value);
            }
        }
    }
}
