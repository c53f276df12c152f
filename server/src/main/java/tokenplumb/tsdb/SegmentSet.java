package tokenplumb.tsdb;

import java.util.List;

/// The segments of a moment, in the order of their numbers: sealed ones, then the open ones (the
/// last takes chunks, another may be on its way to be sealed). Whoever uses a set keeps its sealed
/// segments readable until it lets go, even if they are deleted meanwhile.
///
/// Taken and swapped under the head's lock; let go anywhere.
final class SegmentSet {
    final List<SealedSegment> sealed;
    final List<OpenSegment> open;
    private int users = 1; // guarded by this

    SegmentSet(List<SealedSegment> sealed, List<OpenSegment> open) {
        this.sealed = List.copyOf(sealed);
        this.open = List.copyOf(open);
        this.sealed.forEach(SealedSegment::use);
    }

    OpenSegment taking() {
        return open.getLast();
    }

    long bytes() {
        long bytes = 0;
        for (var segment : sealed) {
            bytes += segment.bytes();
        }
        for (var segment : open) {
            bytes += segment.bytes();
        }
        return bytes;
    }

    /// The earliest sample in any segment, [Long#MAX_VALUE] when there is none.
    long minTime() {
        long earliest = Long.MAX_VALUE;
        for (var segment : sealed) {
            earliest = Math.min(earliest, segment.minTime());
        }
        for (var segment : open) {
            earliest = Math.min(earliest, segment.minTime());
        }
        return earliest;
    }

    synchronized void use() {
        assert users > 0 : "bug: used after its end";
        users++;
    }

    void release() {
        synchronized (this) {
            if (--users > 0) {
                return;
            }
        }
        sealed.forEach(SealedSegment::close);
    }
}
