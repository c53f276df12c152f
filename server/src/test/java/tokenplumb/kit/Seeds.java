package tokenplumb.kit;

import java.util.Random;

/// Runs a property over seeds; a failure names the seed that repeats it. `-Dseed=N` runs only that
/// one; `-Dtokenplumb.seeds=20`, as the profile `nightly` says, runs twenty times as many.
public final class Seeds {
    private Seeds() {}

    /// One trial of a property.
    @FunctionalInterface
    public interface Trial {
        void run(Random random) throws Exception;
    }

    public static void forEach(int count, Trial trial) {
        var only = System.getProperty("seed");
        long first = only == null ? 0 : Long.parseLong(only);
        long last =
                only == null ? (long) count * Integer.getInteger("tokenplumb.seeds", 1) : first + 1;
        for (long seed = first; seed < last; seed++) {
            try {
                trial.run(new Random(seed));
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        "seed " + seed + " (repeat with -Dseed=" + seed + "): " + e.getMessage(),
                        e);
            }
        }
    }
}
