package tokenplumb.signal;

/// The NaN that says "this series has ended here" (Prometheus' `value.StaleNaN`), told from an
/// ordinary NaN by its bits.
public final class StaleMarker {
    private static final long BITS = 0x7ff0000000000002L;

    public static final double VALUE = Double.longBitsToDouble(BITS);

    private StaleMarker() {}

    public static boolean is(double value) {
        return Double.doubleToRawLongBits(value) == BITS;
    }
}
