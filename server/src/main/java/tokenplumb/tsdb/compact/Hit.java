package tokenplumb.tsdb.compact;

import tokenplumb.signal.Bound;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;
import tokenplumb.tsdb.kept.KeptQuerier;
import tokenplumb.tsdb.kept.KeptSeries;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The series that selectors hit in one place, as users see them: series as they are kept, and
/// single members of folded histograms by family.
///
/// @param members of families that are not hit as a whole in each of their layouts
record Hit(List<KeptSeries> whole, Map<Labels, Set<Labels>> members) {
    static Hit in(KeptQuerier kept, long from, long to, List<List<Matcher>> selectors) {
        var whole = new ArrayList<KeptSeries>();
        for (var series : kept.plain(from, to, List.of())) {
            if (passes(series.labels(), selectors)) {
                whole.add(series);
            }
        }
        var wholeFolded = new ArrayList<KeptSeries>();
        var hits = new HashMap<Labels, Set<Labels>>();
        var partly = new HashSet<Labels>();
        for (var series : kept.folded(from, to, Optional.empty(), List.of())) {
            var hit = new HashSet<Labels>();
            var all = Members.of(series);
            for (var member : all) {
                if (passes(member.labels(), selectors)) {
                    hit.add(member.labels());
                }
            }
            if (!hit.isEmpty()) {
                hits.computeIfAbsent(series.labels(), key -> new HashSet<>()).addAll(hit);
            }
            if (hit.size() == all.size()) {
                wholeFolded.add(series);
            } else {
                partly.add(series.labels());
            }
        }
        hits.keySet().retainAll(partly);
        for (var series : wholeFolded) {
            if (!partly.contains(series.labels())) {
                whole.add(series);
            }
        }
        return new Hit(whole, hits);
    }

    private static boolean passes(Labels labels, List<List<Matcher>> selectors) {
        for (var matchers : selectors) {
            boolean passes = true;
            for (int i = 0; passes && i < matchers.size(); i++) {
                passes = Bound.passes(matchers.get(i), labels);
            }
            if (passes) {
                return true;
            }
        }
        return false;
    }
}
