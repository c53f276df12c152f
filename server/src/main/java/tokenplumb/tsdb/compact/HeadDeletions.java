package tokenplumb.tsdb.compact;

import tokenplumb.disk.Disk;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What was deleted from the head and is still in its files: left out of answers, and of the blocks
/// that are made from it. Only samples that were there at the time are deleted; later ones of the
/// same series count.
///
/// Changed by one thread at a time; asked by any.
public final class HeadDeletions {
    private final Disk disk;
    private final String file;
    private volatile Deleted deleted;

    /// Reads the file, which need not be there.
    public HeadDeletions(Disk disk, String file) throws IOException {
        this.disk = disk;
        this.file = file;
        this.deleted = Deleted.read(disk, file);
    }

    /// A look at the head without what was deleted up to now.
    public KeptQuerier without(KeptQuerier head) {
        return Undeleted.in(head, deleted);
    }

    public boolean isEmpty() {
        return deleted.isEmpty();
    }

    /// Deletes samples that `head` sees, from `from` to `to` (both included), of the series that
    /// pass all matchers of any of the selectors. Durable when it returns.
    public void delete(KeptQuerier head, long from, long to, List<List<Matcher>> selectors)
            throws IOException {
        var more = new Deleted.Builder(deleted);
        var hit = Hit.in(head, from, to, selectors);
        for (var series : hit.whole()) {
            long newest = newest(series, from, to);
            if (newest >= from) {
                more.add(series, from, newest);
            }
        }
        if (!hit.members().isEmpty()) {
            for (var series : folded(head, from, to, hit.members().keySet())) {
                long newest = newest(series, from, to);
                if (newest >= from) {
                    for (var member : hit.members().get(series.labels())) {
                        more.addMember(series.labels(), member, from, newest);
                    }
                }
            }
        }
        change(more.build());
    }

    /// Notes what was deleted of a plain series by somebody else.
    public void deleted(Labels plain, long from, long to) throws IOException {
        change(new Deleted.Builder(deleted).addPlain(plain, from, to).build());
    }

    private static List<KeptSeries> folded(
            KeptQuerier head, long from, long to, Set<Labels> families) {
        var names = new HashSet<String>();
        families.forEach(family -> names.add(family.metricName()));
        return head.folded(from, to, Optional.of(names), List.of()).stream()
                .filter(series -> families.contains(series.labels()))
                .toList();
    }

    /// The time of the newest sample in the range; before it when there is none.
    private static long newest(KeptSeries series, long from, long to) {
        if (series.layout().isNone()) {
            var samples = new Samples();
            series.read(from, to, samples);
            return samples.size() == 0 ? Long.MIN_VALUE : samples.time(samples.size() - 1);
        }
        var samples = new FoldedSamples();
        samples.reset(series.layout().size());
        series.read(from, to, samples);
        return samples.size() == 0 ? Long.MIN_VALUE : samples.time(samples.size() - 1);
    }

    /// Forgets what is before a time the head has nothing before any more.
    public void forgetBefore(long time) throws IOException {
        var left = deleted.after(time);
        if (!left.equals(deleted)) {
            change(left);
        }
    }

    private void change(Deleted now) throws IOException {
        now.write(disk, file);
        deleted = now;
    }
}
