package tokenplumb.tsdb.compact;

import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Samples;
import tokenplumb.signal.StaleMarker;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.List;

/// A folded histogram taken apart into the classic series it was scraped as.
final class Members {
    private static final String LE = "le";

    private Members() {}

    /// Each bucket, the count, the sum.
    static List<KeptSeries> of(KeptSeries folded) {
        var family = folded.labels();
        var name = family.metricName();
        var members = new ArrayList<KeptSeries>(folded.layout().size() + 2);
        for (int bucket = 0; bucket < folded.layout().size(); bucket++) {
            var labels =
                    family.toBuilder()
                            .set(Labels.NAME, name + "_bucket")
                            .set(LE, folded.layout().le(bucket))
                            .build();
            members.add(new Member(labels, folded, bucket));
        }
        members.add(
                new Member(
                        family.with(Labels.NAME, name + "_count"),
                        folded,
                        folded.layout().size() - 1));
        members.add(new Member(family.with(Labels.NAME, name + "_sum"), folded, Member.SUM));
        return members;
    }

    /// The family that a classic member's name could be of, `""` when it is none.
    static String family(String member) {
        for (var suffix : List.of("_bucket", "_count", "_sum")) {
            if (member.endsWith(suffix)) {
                return member.substring(0, member.length() - suffix.length());
            }
        }
        return "";
    }

    private record Member(Labels labels, KeptSeries folded, int bucket) implements KeptSeries {
        static final int SUM = -1;

        @Override
        public BucketLayout layout() {
            return BucketLayout.NONE;
        }

        @Override
        public void read(long from, long to, Samples into) {
            var samples = new FoldedSamples();
            samples.reset(folded.layout().size());
            folded.read(from, to, samples);
            for (int i = 0; i < samples.size(); i++) {
                double value =
                        samples.isStale(i)
                                ? StaleMarker.VALUE
                                : bucket == SUM
                                        ? samples.sum(i)
                                        : (double) samples.count(i, bucket);
                into.add(samples.time(i), value);
            }
        }

        @Override
        public void read(long from, long to, FoldedSamples into) {
            throw new IllegalStateException("bug: not folded");
        }
    }
}
