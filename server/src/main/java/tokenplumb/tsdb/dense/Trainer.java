package tokenplumb.tsdb.dense;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Learns the [Model] of columns of one kind: tries every way to foretell on what it is shown,
/// takes the one that would have cost fewest bits, and merges contexts that behave alike, so that
/// what is saved pays for the tables. Made to be reused. Not thread-safe.
final class Trainer {
    /// Ways to foretell that were worth it on measured data.
    private static final List<Foretelling> WAYS =
            List.of(
                    new Foretelling(false, true, 0), // as the number before
                    new Foretelling(false, true, 2),
                    new Foretelling(false, true, 3),
                    new Foretelling(false, true, 4),
                    new Foretelling(true, false, 0), // with the step before
                    new Foretelling(true, true, 0),
                    new Foretelling(true, false, 2),
                    new Foretelling(true, true, 2),
                    new Foretelling(true, false, 3),
                    new Foretelling(true, true, 3),
                    new Foretelling(true, true, 4));

    /// A model has no more groups of contexts than this, as each takes a table in memory.
    private static final int MOST_GROUPS = 16;

    /// About what a class takes in a model's frequencies, in bits, and the rest of a group.
    private static final int CLASS_COST = 11;

    private static final int GROUP_COST = 40;

    private static final double[] N_LOG_N = new double[4096];

    static {
        for (int n = 1; n < N_LOG_N.length; n++) {
            N_LOG_N[n] = n * (Math.log(n) / Math.log(2));
        }
    }

    private final Tokens tokens = new Tokens();
    private final int[][] counts = new int[WAYS.size()][];
    private final boolean[][] met = new boolean[WAYS.size()][Foretelling.CONTEXTS];
    private final double[] raw = new double[WAYS.size()];
    private boolean hasLearnt;

    void learn(long[] numbers, int count) {
        if (count < 2) {
            return;
        }
        for (int way = 0; way < WAYS.size(); way++) {
            if (counts[way] == null) {
                counts[way] = new int[Foretelling.CONTEXTS * Residual.CLASSES];
            }
            tokens.reset();
            WAYS.get(way).tokens(numbers, count, 0, tokens);
            for (int i = 0; i < tokens.size(); i++) {
                int residualClass = tokens.residualClass(i);
                int context = tokens.context(i);
                met[way][context] = true;
                counts[way][context * Residual.CLASSES + residualClass]++;
                raw[way] += Residual.RAW[residualClass];
            }
        }
        hasLearnt = true;
    }

    /// The model of what was shown since the last one.
    Model model() {
        if (!hasLearnt) {
            return Model.EMPTY;
        }
        int best = 0;
        double bestCost = Double.MAX_VALUE;
        List<Group> bestGroups = List.of();
        for (int way = 0; way < WAYS.size(); way++) {
            var groups = groups(counts[way], met[way]);
            double cost = raw[way];
            for (var group : groups) {
                cost += group.cost;
            }
            if (cost < bestCost) {
                best = way;
                bestCost = cost;
                bestGroups = groups;
            }
        }
        for (int way = 0; way < WAYS.size(); way++) {
            for (int context = 0; context < Foretelling.CONTEXTS; context++) {
                if (met[way][context]) {
                    int from = context * Residual.CLASSES;
                    Arrays.fill(counts[way], from, from + Residual.CLASSES, 0);
                }
            }
            Arrays.fill(met[way], false);
            raw[way] = 0;
        }
        hasLearnt = false;
        return model(WAYS.get(best), merged(bestGroups));
    }

    private static Model model(Foretelling foretelling, List<Group> groups) {
        var known = new int[Foretelling.CONTEXTS];
        Arrays.fill(known, -1);
        var frequencies = new ArrayList<Frequencies>(groups.size());
        for (int i = 0; i < groups.size(); i++) {
            for (int context : groups.get(i).contexts) {
                known[context] = i;
            }
            frequencies.add(Frequencies.of(groups.get(i).counts));
        }
        // contexts never met go with a neighbour
        var groupOf = new byte[Foretelling.CONTEXTS];
        int before = 0;
        for (int context = 0; context < groupOf.length; context++) {
            before = known[context] < 0 ? before : known[context];
            groupOf[context] = (byte) before;
        }
        return new Model(foretelling, groupOf, frequencies);
    }

    /// Contexts that were met, those at neighbouring levels merged where that is cheaper.
    private static List<Group> groups(int[] counts, boolean[] met) {
        var all = new ArrayList<Group>();
        for (int repeats = 0; repeats < 4; repeats++) {
            var chain = new ArrayList<Group>();
            for (int level = 0; level < Foretelling.LEVELS; level++) {
                int context = repeats * Foretelling.LEVELS + level;
                if (met[context]) {
                    int from = context * Residual.CLASSES;
                    chain.add(
                            new Group(
                                    new int[] {context},
                                    Arrays.copyOfRange(counts, from, from + Residual.CLASSES)));
                }
            }
            for (int i = 0; i + 1 < chain.size(); ) {
                var both = chain.get(i).with(chain.get(i + 1));
                if (both.cost <= chain.get(i).cost + chain.get(i + 1).cost) {
                    chain.set(i, both);
                    chain.remove(i + 1);
                    i = Math.max(0, i - 1);
                } else {
                    i++;
                }
            }
            all.addAll(chain);
        }
        return all;
    }

    /// Any two merged as long as that is cheaper, or there are too many.
    private static List<Group> merged(List<Group> groups) {
        var left = new ArrayList<>(groups);
        while (left.size() > 1) {
            double best = left.size() > MOST_GROUPS ? Double.MAX_VALUE : 0;
            int first = -1;
            int second = -1;
            for (int i = 0; i < left.size(); i++) {
                for (int k = i + 1; k < left.size(); k++) {
                    double more =
                            left.get(i).costWith(left.get(k)) - left.get(i).cost - left.get(k).cost;
                    if (more <= best) {
                        best = more;
                        first = i;
                        second = k;
                    }
                }
            }
            if (first < 0) {
                break;
            }
            left.set(first, left.get(first).with(left.get(second)));
            left.remove(second);
        }
        return left;
    }

    /// Contexts with frequencies in common.
    private static final class Group {
        final int[] contexts;
        final int[] counts;
        final double cost;

        Group(int[] contexts, int[] counts) {
            this.contexts = contexts;
            this.counts = counts;
            this.cost = cost(counts, counts, 0);
        }

        Group with(Group other) {
            var contextsOfBoth = Arrays.copyOf(contexts, contexts.length + other.contexts.length);
            System.arraycopy(
                    other.contexts, 0, contextsOfBoth, contexts.length, other.contexts.length);
            var sums = counts.clone();
            for (int i = 0; i < sums.length; i++) {
                sums[i] += other.counts[i];
            }
            return new Group(contextsOfBoth, sums);
        }

        double costWith(Group other) {
            return cost(counts, other.counts, 1);
        }

        /// Bits for all classes and for the frequencies, of `a` + `factor` × `b`.
        private static double cost(int[] a, int[] b, int factor) {
            double bits = GROUP_COST;
            int all = 0;
            for (int i = 0; i < a.length; i++) {
                int count = a[i] + factor * b[i];
                if (count > 0) {
                    all += count;
                    bits += CLASS_COST - nLogN(count);
                }
            }
            return bits + nLogN(all);
        }

        private static double nLogN(int n) {
            return n < N_LOG_N.length ? N_LOG_N[n] : n * (Math.log(n) / Math.log(2));
        }
    }
}
