package tokenplumb.storage;

/// What a query does with the series it selects. Times are milliseconds since the epoch.
///
/// @param start the first time that is evaluated, offsets applied
/// @param end the last one
/// @param stepMillis between evaluations; 0 of an instant query
/// @param rangeMillis the window of a range selector, which ends at each of these times; 0 of an
///   instant selector
/// @param function the PromQL function that reads the selector, such as `rate`, or `""`
public record SelectHints(
        long start, long end, long stepMillis, long rangeMillis, String function) {
    /// Nothing is said: samples are wanted as they were measured.
    public static final SelectHints NONE = new SelectHints(0, 0, 0, 0, "");

    /// The same by another function.
    public SelectHints with(String otherFunction) {
        return new SelectHints(start, end, stepMillis, rangeMillis, otherFunction);
    }
}
