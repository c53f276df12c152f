package tokenplumb.promql.func;

/// Something that a query's author should know about its native histograms; whoever knows the
/// metric's name and the place in the query makes it a message.
public enum Remark {
    /// A function for counters got histograms that say they are gauges.
    NOT_A_COUNTER,
    /// A function for gauges got histograms that do not say they are gauges.
    NOT_A_GAUGE,
    /// Histograms with exponential buckets met ones with bounds of their own: there is no result.
    MIXED_SCHEMAS,
    /// Floats and histograms stand in one window: there is no result.
    MIXED_TYPES,
    /// Only the custom bounds that both have in common are left: by `+`, or where samples are
    /// added.
    RECONCILED_BY_ADDITION,
    /// The same by `-`, or where samples are subtracted.
    RECONCILED_BY_SUBTRACTION,
    /// The same by an aggregation, over series or over time.
    RECONCILED_BY_AGGREGATION,
    /// One says that it follows a reset, the other that it does not.
    CONFLICTING_RESETS,
    /// The quantile falls behind all buckets, where observations of NaN are counted.
    NAN_RESULT,
    /// Observations of NaN move the quantile upwards.
    NAN_SKEW,
    /// Observations of NaN are in no fraction.
    NAN_EXCLUDED,
    /// A sample says that it began before the sample ahead of it, and not where that one began.
    OVERLAPPING_START
}
