package tokenplumb.bench;

/// Kinds of plain series, as the benchmarks make them up.
public enum SeriesKind {
    /// A GPU's power: three decimals, new every second scrape.
    GAUGE,
    /// Tokens in all.
    COUNTER,
    /// Blocks used of all blocks: a ratio.
    RATIO,
    /// Seconds in all: any double.
    SUM,
    /// Of a series about the build.
    CONSTANT
}
