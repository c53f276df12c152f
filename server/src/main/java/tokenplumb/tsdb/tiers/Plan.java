package tokenplumb.tsdb.tiers;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Which part of a query's time is answered by what: the samples as they were measured, or a tier.
///
/// A tier answers where the samples are gone; and where it answers as well, which is when a
/// function is one that windows can answer for and either every evaluation looks at whole windows
/// (then the answer is the same), or the step and the range are long against a window.
final class Plan {
    /// A piece of time, both bounds included. `tier` counts from the finest, [#RAW] is no tier.
    ///
    /// @param chosen the tier answers although the samples are there
    record Piece(long from, long to, int tier, boolean chosen) {}

    static final int RAW = -1;

    private final List<Piece> pieces = new ArrayList<>();
    private List<long[]> open = new ArrayList<>(); // not yet answered

    /// `tiers`: of each tier its files, by time; the finest tier first. `rawFrom`: samples are
    /// there from then on.
    Plan(Ask ask, long from, long to, long rawFrom, List<List<TierFile>> tiers, List<Tier> kinds) {
        open.add(new long[] {from, to});
        long rawStart = wholeWindows(rawFrom, tiers);
        for (int tier = kinds.size() - 1; tier >= 0; tier--) {
            long millis = kinds.get(tier).millis();
            if (ask.isGood() && (ask.isAligned(millis) || ask.isCoarse(millis))) {
                take(tiers.get(tier), tier, rawStart);
            }
        }
        take(rawStart, Long.MAX_VALUE, RAW, false);
        for (int tier = 0; tier < kinds.size(); tier++) {
            take(tiers.get(tier), tier, Long.MAX_VALUE);
        }
        take(Long.MIN_VALUE, Long.MAX_VALUE, RAW, false);
        pieces.sort(Comparator.comparingLong(Piece::from));
        join();
    }

    /// Where the samples begin inside a window of a tier that has it whole, they begin after it.
    private static long wholeWindows(long rawFrom, List<List<TierFile>> tiers) {
        for (var files : tiers) {
            for (var file : files) {
                if (file.from < rawFrom && rawFrom <= file.to) {
                    long window = Tier.window(rawFrom, file.millis);
                    boolean isWhole = rawFrom == window * file.millis + 1;
                    return isWhole ? rawFrom : (window + 1) * file.millis + 1;
                }
            }
        }
        return rawFrom;
    }

    private void take(List<TierFile> files, int tier, long rawStart) {
        for (var file : files) {
            take(file.from + 1, file.to, tier, file.from + 1 >= rawStart);
        }
    }

    private void take(long from, long to, int tier, boolean chosen) {
        var left = new ArrayList<long[]>();
        for (long[] piece : open) {
            long start = Math.max(piece[0], from);
            long end = Math.min(piece[1], to);
            if (start > end) {
                left.add(piece);
                continue;
            }
            pieces.add(new Piece(start, end, tier, chosen));
            if (piece[0] < start) {
                left.add(new long[] {piece[0], start - 1});
            }
            if (piece[1] > end) {
                left.add(new long[] {end + 1, piece[1]});
            }
        }
        open = left;
    }

    private void join() {
        for (int i = pieces.size() - 1; i > 0; i--) {
            var before = pieces.get(i - 1);
            var piece = pieces.get(i);
            if (before.tier == piece.tier && before.chosen == piece.chosen) {
                pieces.set(i - 1, new Piece(before.from, piece.to, piece.tier, piece.chosen));
                pieces.remove(i);
            }
        }
    }

    /// In the order of time, without gaps.
    List<Piece> pieces() {
        return pieces;
    }

    boolean isRawOnly() {
        return pieces.size() == 1 && pieces.getFirst().tier == RAW;
    }
}
