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
            var named = job.equals("vllm") ? "pod" : "node";
            text.append("    relabel_configs:\n");
            text.append("      - source_labels: [__address__]\n");
            text.append("        target_label: instance\n");
            text.append("      - source_labels: [").append(named).append("]\n");
            text.append("        target_label: __metrics_path__\n");
            text.append("        replacement: /").append(job).append("/$1/metrics\n");
            text.append("      - target_label: __address__\n");
            text.append("        replacement: \"").append(hostPort).append("\"\n");
        }
        return text.toString();
    }

    private static void target(StringBuilder text, FleetTarget target) {
        Map<String, String> labels = new TreeMap<>(target.labels().toMap());
        labels.remove("job");
        text.append("      - targets: [\"").append(labels.remove("instance")).append("\"]\n");
        text.append("        labels:\n");
        labels.forEach((name, value) ->
                text.append("          ").append(name).append(": ").append(value).append('\n'));
    }
}
