package tokenplumb.signal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The buckets of a classic histogram kept as one series: their `le` values as the target spells
/// them, ascending, `+Inf` last. Two layouts with other spellings are two layouts, even where the
/// bounds are equal.
public final class BucketLayout {
    /// Of a series that is not folded.
    public static final BucketLayout NONE = new BucketLayout(new String[0], new double[0]);

    private final String[] spellings;
    private final double[] bounds; // without +Inf

    private BucketLayout(String[] spellings, double[] bounds) {
        this.spellings = spellings;
        this.bounds = bounds;
    }

    /// Throws [IllegalArgumentException] unless the `le` values are numbers, strictly ascending and
    /// the last is +Inf.
    public static BucketLayout of(List<String> spellings) {
        var bounds = new ArrayList<Double>(spellings.size());
        for (var spelling : spellings) {
            bounds.add(bound(spelling));
        }
        int last = spellings.size() - 1;
        if (last < 0 || bounds.get(last) != Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("the last bucket must be +Inf: " + spellings);
        }
        for (int i = 0; i < last; i++) {
            if (!(bounds.get(i) < bounds.get(i + 1))) {
                throw new IllegalArgumentException("buckets must ascend: " + spellings);
            }
        }
        return new BucketLayout(
                spellings.toArray(String[]::new),
                bounds.subList(0, last).stream().mapToDouble(Double::doubleValue).toArray());
    }

    /// The number an `le` value spells, NaN when it spells none.
    public static double bound(String spelling) {
        if (spelling.equals("+Inf") || spelling.equals("Inf")) {
            return Double.POSITIVE_INFINITY;
        }
        try {
            return Double.parseDouble(spelling);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /// Buckets, +Inf among them; 0 of [#NONE].
    public int size() {
        return spellings.length;
    }

    public boolean isNone() {
        return spellings.length == 0;
    }

    /// A bucket's `le` as the target spells it.
    public String le(int bucket) {
        return spellings[bucket];
    }

    /// A bucket's upper bound, inclusive.
    public double upper(int bucket) {
        return bucket < bounds.length ? bounds[bucket] : Double.POSITIVE_INFINITY;
    }

    /// Upper bounds without +Inf; not to be changed.
    public double[] bounds() {
        return bounds;
    }

    public List<String> spellings() {
        return List.of(spellings);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BucketLayout layout && Arrays.equals(spellings, layout.spellings);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(spellings);
    }

    @Override
    public String toString() {
        return Arrays.toString(spellings);
    }
}
