package tokenplumb.storage;

/// What a query does with the series it selects.
///
/// @param stepMillis between evaluations; 0 of an instant query
/// @param rangeMillis the window of a range selector; 0 of an instant selector
/// @param function the PromQL function that reads the selector, such as `rate`, or `""`
public record SelectHints(long stepMillis, long rangeMillis, String function) {
    public static final SelectHints NONE = new SelectHints(0, 0, "");
}
