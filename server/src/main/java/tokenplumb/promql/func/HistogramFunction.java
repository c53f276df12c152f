package tokenplumb.promql.func;

import tokenplumb.signal.Histogram;

import java.util.Optional;

/// A function of the histograms in a window whose value is a histogram, such as `rate`. All samples
/// of the window are histograms: the caller has dealt with floats and mixtures. (`resets` and
/// `changes`, whose values are numbers, are [RangeFunction]s that see histograms and mixtures by
/// themselves.) Remembers things about the series at hand from window to window; one for each
/// thread.
public interface HistogramFunction {
    /// The next windows are about another series.
    default void begin() {}

    /// Empty where it has no value. May note remarks.
    Optional<Histogram> at(Window window, Remarks remarks);

    /// `rate`, `increase`, `delta`, `irate`, `idelta`, `sum_over_time`, `avg_over_time`,
    /// `first_over_time` and `last_over_time` over ordinary windows.
    static Optional<HistogramFunction> named(String name) {
        return switch (name) {
            case "rate" -> Optional.of(new HistogramRates(true, true));
            case "increase" -> Optional.of(new HistogramRates(true, false));
            case "delta" -> Optional.of(new HistogramRates(false, false));
            case "irate" -> Optional.of((w, r) -> HistogramRates.instant(w, true, r));
            case "idelta" -> Optional.of((w, r) -> HistogramRates.instant(w, false, r));
            case "sum_over_time" ->
                    Optional.of((w, r) -> HistogramRates.total(w, HistogramSum.ofSum(), r));
            case "avg_over_time" ->
                    Optional.of((w, r) -> HistogramRates.total(w, HistogramSum.ofMean(), r));
            case "first_over_time" -> Optional.of((w, r) -> Optional.of(w.histograms[w.from]));
            case "last_over_time" -> Optional.of((w, r) -> Optional.of(w.histograms[w.to - 1]));
            default -> Optional.empty();
        };
    }

    /// None yet of a selector with the modifier `anchored`.
    static Optional<HistogramFunction> anchored(String name) {
        return Optional.empty();
    }

    /// None yet of a selector with the modifier `smoothed`.
    static Optional<HistogramFunction> smoothed(String name) {
        return Optional.empty();
    }
}
