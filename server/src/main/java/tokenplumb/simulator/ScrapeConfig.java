package tokenplumb.simulator;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The fleet's `scrape_configs`: targets by the addresses they would have in a cluster, and relabel
/// steps that lead them to the one port where the simulator listens.
final class ScrapeConfig {
    private ScrapeConfig() {}

    static String text(List<FleetTarget> targets, String hostPort, String interval) {
        var text = new StringBuilder("scrape_configs:\n");
        for (var job : targets.stream().map(FleetTarget::job).distinct().toList()) {
            text.append("  - job_name: ").append(job).append('\n');
            text.append("    scrape_interval: ").append(interval).append('\n');
            text.append("    scrape_timeout: ").append(interval).append('\n');
            text.append("    static_configs:\n");
            for (var target : targets) {
                if (target.job().equals(job)) {
                    target(text, target);
                }
            }
            text.append("    relabel_configs:\n");
            text.append("      - source_labels: [__address__]\n");
            text.append("        target_label: instance\n");
            path(text, targets.stream().filter(each -> each.job().equals(job)).toList());
            text.append("      - target_label: __address__\n");
            text.append("        replacement: \"").append(hostPort).append("\"\n");
        }
        return text.toString();
    }

    /// The path follows from the label that tells the job's targets apart.
    private static void path(StringBuilder text, List<FleetTarget> targets) {
        var first = targets.getFirst();
        for (var label : List.of("pod", "node")) {
            if (first.labels().has(label)) {
                text.append("      - source_labels: [").append(label).append("]\n");
                text.append("        target_label: __metrics_path__\n");
                text.append("        replacement: /").append(first.job()).append("/$1/metrics\n");
                return;
            }
        }
        text.append("      - target_label: __metrics_path__\n");
        text.append("        replacement: ").append(first.path()).append('\n');
    }

    private static void target(StringBuilder text, FleetTarget target) {
        Map<String, String> labels = new TreeMap<>(target.labels().toMap());
        labels.remove("job");
        text.append("      - targets: [\"").append(labels.remove("instance")).append("\"]\n");
        if (!labels.isEmpty()) {
            text.append("        labels:\n");
        }
        labels.forEach((name, value) ->
                text.append("          ").append(name).append(": ").append(value).append('\n'));
    }
}
