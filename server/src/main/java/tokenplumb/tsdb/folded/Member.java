package tokenplumb.tsdb.folded;

import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.storage.Series;

/// One bucket, the count or the sum of a folded histogram, as if it were kept apart.
final class Member implements Series {
    private final Labels labels;
    private final Row row;
    private final int part;

    Member(Labels labels, Row row, int part) {
        this.labels = labels;
        this.row = row.withMember(part);
        this.part = part;
    }

    int source() {
        return row.source;
    }

    @Override
    public Labels labels() {
        return labels;
    }

    @Override
    public void read(long from, long to, Samples into) {
        row.read(part, from, to, into);
    }

    @Override
    public String toString() {
        return labels.toString();
    }
}
