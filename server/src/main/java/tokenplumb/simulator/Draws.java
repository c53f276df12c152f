package tokenplumb.simulator;

/// One stream of random draws (SplitMix64). Its own generator and `StrictMath`, so that a seed
/// means the same on every machine and in every later JDK. Not thread-safe.
final class Draws {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    Draws(long seed) {
        this.state = seed;
    }

    /// A stream of its own for some purpose; what one stream draws never shifts another.
    static Draws of(long seed, String purpose) {
        long hash = seed;
        for (int i = 0; i < purpose.length(); i++) {
            hash = mix(hash + GOLDEN * (purpose.charAt(i) + 1L));
        }
        return new Draws(hash);
    }

    /// Scatters the bits of a number; a bijection.
    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    long bits() {
        state += GOLDEN;
        return mix(state);
    }

    /// Evenly from 0 (included) to 1 (excluded).
    double uniform() {
        return (bits() >>> 11) * 0x1p-53;
    }

    double between(double low, double high) {
        return low + (high - low) * uniform();
    }

    int below(int bound) {
        return (int) (uniform() * bound);
    }

    boolean chance(double probability) {
        return uniform() < probability;
    }

    double exponential(double mean) {
        return -mean * StrictMath.log1p(-uniform());
    }

    /// Mean 0, deviation 1.
    double normal() {
        double radius = Math.sqrt(-2 * StrictMath.log1p(-uniform()));
        return radius * StrictMath.cos(2 * Math.PI * uniform());
    }

    /// Half of all draws are below `median`; `sigma` is the deviation of the logarithm.
    double lognormal(double median, double sigma) {
        return median * StrictMath.exp(sigma * normal());
    }

    /// Mean 0, deviation 1, never beyond 3.5: cheap, for small jitter.
    double roughlyNormal() {
        return (uniform() + uniform() + uniform() + uniform() - 2) * 1.7320508075688772;
    }
}
