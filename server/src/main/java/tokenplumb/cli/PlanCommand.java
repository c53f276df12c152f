package tokenplumb.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import tokenplumb.config.Durations;

/// `tokenplumb plan cardinality`.
@Command(
        name = "plan",
        description = "Work out what something will cost before it is built.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "cardinality",
        subcommands = PlanCommand.Cardinality.class)
final class PlanCommand {
    @Command(
            name = "cardinality",
            description = {
                "How many series a histogram makes: by the usual formula, as it is exposed, and as"
                    + " Tokenplumb stores it; with memory and disk, beside the store that runs.",
                ""
            },
            mixinStandardHelpOptions = true,
            sortOptions = false,
            footer = {
                "",
                "Example:",
                "  tokenplumb plan cardinality --tenants 10 --models 5 --quantiles 6 --buckets 10"
                        + " --instances 50",
                "  prints 150000 series by the usual formula, 30000 as exposed, 2500 as stored."
            })
    static final class Cardinality implements Runnable {
        @CommandLine.Spec CommandLine.Model.CommandSpec spec;

        @Option(names = "--tenants", paramLabel = "N", description = "Tenants (default: 1).")
        long tenants = 1;

        @Option(names = "--models", paramLabel = "N", description = "Models (default: 1).")
        long models = 1;

        @Option(
                names = "--quantiles",
                paramLabel = "N",
                description = "Quantiles that will be asked for (default: 1).")
        long quantiles = 1;

        @Option(
                names = "--buckets",
                paramLabel = "N",
                description = "Buckets, +Inf among them (default: ${DEFAULT-VALUE}).")
        long buckets = 10;

        @Option(
                names = "--instances",
                paramLabel = "N",
                description = "Instances that expose it (default: 1).")
        long instances = 1;

        @Option(
                names = "--histograms",
                paramLabel = "N",
                description = "Histograms of that shape (default: 1).")
        long histograms = 1;

        @Option(
                names = "--created",
                negatable = true,
                description = "The target exposes _created lines.")
        boolean created;

        @Option(
                names = "--interval",
                paramLabel = "DURATION",
                description = "Between scrapes (default: ${DEFAULT-VALUE}).")
        String interval = "15s";

        @Option(
                names = "--retention",
                paramLabel = "DURATION",
                description = "How long samples are kept (default: ${DEFAULT-VALUE}).")
        String retention = "15d";

        @Option(
                names = "--url",
                paramLabel = "URL",
                description = "A Tokenplumb to compare with (default: ${DEFAULT-VALUE}).")
        String url = "http://localhost:9090";

        @Override
        public void run() {
            var plan =
                    new CardinalityPlan(
                            positive("--tenants", tenants),
                            positive("--models", models),
                            positive("--quantiles", quantiles),
                            positive("--buckets", buckets),
                            positive("--instances", instances),
                            positive("--histograms", histograms),
                            created,
                            seconds("--interval", interval),
                            seconds("--retention", retention) / 86_400);
            System.out.print(plan.text());
            try {
                var path = "/api/tokenplumb/v1/cardinality?limit=1";
                System.out.print(plan.beside(new Remote(url).ask("GET", path, "")));
            } catch (Failure nobody) {
                System.out.println("\nNo Tokenplumb answers at " + url + " to compare with.");
            }
        }

        private long positive(String flag, long value) {
            if (value < 1 || value > 1_000_000) {
                throw new ParameterException(
                        spec.commandLine(), flag + ": must lie between 1 and 1000000");
            }
            return value;
        }

        private double seconds(String flag, String text) {
            try {
                var duration = Durations.parse(text);
                if (duration.isZero()) {
                    throw new IllegalArgumentException("must be longer than 0s");
                }
                return duration.toMillis() / 1000.0;
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), flag + ": " + e.getMessage());
            }
        }
    }
}
