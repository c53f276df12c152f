package tokenplumb.tsdb;

/// How many series the store may hold: in all, of one metric, and of one value of the label that
/// tells tenants apart. Zero bounds nothing. A folded histogram is one series.
///
/// @param tenantLabel such as `tenant`; `""` where there are no tenants
public record GuardRails(
        long maxSeries, long maxSeriesPerMetric, String tenantLabel, long maxSeriesPerTenant) {
    public static final GuardRails NONE = new GuardRails(0, 0, "", 0);

    public GuardRails {
        if (maxSeries < 0 || maxSeriesPerMetric < 0 || maxSeriesPerTenant < 0) {
            throw new IllegalArgumentException(
                    "guard rails of %d, %d and %d series: none may be negative"
                            .formatted(maxSeries, maxSeriesPerMetric, maxSeriesPerTenant));
        }
        if (maxSeriesPerTenant > 0 && tenantLabel.isEmpty()) {
            throw new IllegalArgumentException(
                    "a limit per tenant needs the label that names the tenant");
        }
    }

    /// A limit in all, and no other.
    public static GuardRails inAll(long maxSeries) {
        return new GuardRails(maxSeries, 0, "", 0);
    }

    /// Which rail a series ran into.
    public enum Rail {
        ALL("all", "guard_rails.max_series"),
        METRIC("metric", "guard_rails.max_series_per_metric"),
        TENANT("tenant", "guard_rails.tenant.max_series");

        private final String text;
        private final String key;

        Rail(String text, String key) {
            this.text = text;
            this.key = key;
        }

        /// As a metric's label spells it.
        public String text() {
            return text;
        }

        /// As the configuration spells it.
        public String key() {
            return key;
        }
    }

    long limit(Rail rail) {
        return switch (rail) {
            case ALL -> maxSeries;
            case METRIC -> maxSeriesPerMetric;
            case TENANT -> maxSeriesPerTenant;
        };
    }
}
