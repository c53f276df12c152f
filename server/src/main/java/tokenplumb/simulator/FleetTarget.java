package tokenplumb.simulator;

import tokenplumb.signal.Labels;

/// One thing of the fleet that can be scraped: the job it belongs to (`vllm`, `dcgm`, `node` or
/// `kube-state-metrics`), its path on the fleet's port, and the labels its series carry once
/// scraped (job and instance among them).
public record FleetTarget(String job, String path, Labels labels) {}
