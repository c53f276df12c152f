package tokenplumb.simulator;

import java.util.ArrayList;
import java.util.List;

/// The exposition of the cluster's kube-state-metrics (2.x, text format): which pods there are, of
/// what, on which node, and what they ask for. Families, help and labels as the real one writes
/// them; only those that concern the inference fleet.
final class KubePage {
    private static final String NAMESPACE = World.NAMESPACE;

    private final Page page = new Page();
    private final World world;
    private final Draws draws;

    private KubePage(World world) {
        this.world = world;
        this.draws = Draws.of(world.seed, "kube-state-metrics");
    }

    static Page of(World world) {
        var text = new KubePage(world);
        text.nodes();
        text.pods();
        text.containers();
        text.statefulSets();
        return text.page;
    }

    /// A pod: its replica, its node, its identity.
    private record Pod(Replica replica, Host host, String uid) {
        String[] labels(String... more) {
            var labels =
                    new ArrayList<>(
                            List.of("namespace", NAMESPACE, "pod", replica.pod, "uid", uid));
            labels.addAll(List.of(more));
            return labels.toArray(String[]::new);
        }

        String set() {
            return replica.model.podName();
        }
    }

    private List<Pod> allPods() {
        var pods = new ArrayList<Pod>();
        for (var host : world.hosts) {
            for (var replica : host.replicas) {
                var hex = "%016x".formatted(Draws.mix(world.seed + replica.pod.hashCode()));
                var uid =
                        "%s-%s-4%s-a%s-%s"
                                .formatted(
                                        hex.substring(0, 8),
                                        hex.substring(8, 12),
                                        hex.substring(12, 15),
                                        hex.substring(3, 6),
                                        hex.substring(2, 14));
                pods.add(new Pod(replica, host, uid));
            }
        }
        return pods;
    }

    private void nodes() {
        family("kube_node_info", "gauge", "Information about a cluster node.");
        for (var host : world.hosts) {
            one(
                    "kube_node_info",
                    1,
                    "node",
                    host.name,
                    "kernel_version",
                    "6.8.0-64-generic",
                    "os_image",
                    "Ubuntu 22.04.5 LTS",
                    "container_runtime_version",
                    "containerd://1.7.27",
                    "kubelet_version",
                    "v1.32.5",
                    "kubeproxy_version",
                    "v1.32.5",
                    "internal_ip",
                    host.address);
        }
        resources(
                "kube_node_status_capacity", "The capacity for different resources of a node.", 1);
        resources(
                "kube_node_status_allocatable",
                "The allocatable for different resources of a node that are available for"
                        + " scheduling.",
                0.98);
        family("kube_node_status_condition", "gauge", "The condition of a cluster node.");
        for (var host : world.hosts) {
            for (var status : List.of("true", "false", "unknown")) {
                one(
                        "kube_node_status_condition",
                        status.equals("true") ? 1 : 0,
                        "node",
                        host.name,
                        "condition",
                        "Ready",
                        "status",
                        status);
            }
        }
        family("kube_node_spec_unschedulable", "gauge", "Whether a node can schedule new pods.");
        for (var host : world.hosts) {
            one("kube_node_spec_unschedulable", 0, "node", host.name);
        }
    }

    private void resources(String name, String help, double share) {
        family(name, "gauge", help);
        for (var host : world.hosts) {
            one(
                    name,
                    Math.floor(Host.CPUS * share),
                    "node",
                    host.name,
                    "resource",
                    "cpu",
                    "unit",
                    "core");
            one(
                    name,
                    4096 * Math.floor(Host.MEMORY * share / 4096),
                    "node",
                    host.name,
                    "resource",
                    "memory",
                    "unit",
                    "byte");
            one(
                    name,
                    host.gpus.size(),
                    "node",
                    host.name,
                    "resource",
                    "nvidia_com_gpu",
                    "unit",
                    "integer");
        }
    }

    private void pods() {
        var pods = allPods();
        double start = Math.floor(world.startMillis / 1000.0 - 96);
        family("kube_pod_info", "gauge", "Information about pod.");
        for (var pod : pods) {
            one(
                    "kube_pod_info",
                    1,
                    pod.labels(
                            "host_ip",
                            pod.host().address,
                            "pod_ip",
                            pod.replica().address,
                            "node",
                            pod.host().name,
                            "created_by_kind",
                            "StatefulSet",
                            "created_by_name",
                            pod.set(),
                            "priority_class",
                            "inference",
                            "host_network",
                            "false"));
        }
        family("kube_pod_owner", "gauge", "Information about the Pod's owner.");
        for (var pod : pods) {
            one(
                    "kube_pod_owner",
                    1,
                    pod.labels(
                            "owner_kind",
                            "StatefulSet",
                            "owner_name",
                            pod.set(),
                            "owner_is_controller",
                            "true"));
        }
        family("kube_pod_start_time", "gauge", "Start time in unix timestamp for a pod.");
        for (var pod : pods) {
            one("kube_pod_start_time", start - draws.below(20), pod.labels());
        }
        family("kube_pod_status_phase", "gauge", "The pods current phase.");
        for (var pod : pods) {
            for (var phase : List.of("Pending", "Succeeded", "Failed", "Unknown", "Running")) {
                one(
                        "kube_pod_status_phase",
                        phase.equals("Running") ? 1 : 0,
                        pod.labels("phase", phase));
            }
        }
        family(
                "kube_pod_status_ready",
                "gauge",
                "Describes whether the pod is ready to serve requests.");
        for (var pod : pods) {
            for (var condition : List.of("true", "false", "unknown")) {
                one(
                        "kube_pod_status_ready",
                        condition.equals("true") ? 1 : 0,
                        pod.labels("condition", condition));
            }
        }
    }

    private void containers() {
        var pods = allPods();
        family("kube_pod_container_info", "gauge", "Information about a container in a pod.");
        for (var pod : pods) {
            one(
                    "kube_pod_container_info",
                    1,
                    pod.labels(
                            "container",
                            World.CONTAINER,
                            "image_spec",
                            "vllm/vllm-openai:v0.26.0",
                            "image",
                            "docker.io/vllm/vllm-openai:v0.26.0",
                            "image_id",
                            "",
                            "container_id",
                            "containerd://" + pod.uid().replace("-", "")));
        }
        requested(
                pods,
                "kube_pod_container_resource_requests",
                "The number of requested request resource by a container.");
        requested(
                pods,
                "kube_pod_container_resource_limits",
                "The number of requested limit resource by a container.");
        each(
                pods,
                "kube_pod_container_status_restarts_total",
                "counter",
                "The number of container restarts per container.",
                0);
        each(
                pods,
                "kube_pod_container_status_running",
                "gauge",
                "Describes whether the container is currently in running state.",
                1);
        each(
                pods,
                "kube_pod_container_status_ready",
                "gauge",
                "Describes whether the containers readiness check succeeded.",
                1);
    }

    private void requested(List<Pod> pods, String name, String help) {
        family(name, "gauge", help);
        for (var pod : pods) {
            int gpus = pod.replica().gpus.size();
            resource(name, pod, gpus * 4, "cpu", "core");
            resource(name, pod, gpus * 137_438_953_472.0, "memory", "byte");
            resource(name, pod, gpus, "nvidia_com_gpu", "integer");
        }
    }

    private void resource(String name, Pod pod, double value, String resource, String unit) {
        one(
                name,
                value,
                pod.labels(
                        "container",
                        World.CONTAINER,
                        "node",
                        pod.host().name,
                        "resource",
                        resource,
                        "unit",
                        unit));
    }

    private void each(List<Pod> pods, String name, String type, String help, double value) {
        family(name, type, help);
        for (var pod : pods) {
            one(name, value, pod.labels("container", World.CONTAINER));
        }
    }

    private void statefulSets() {
        sets("kube_statefulset_replicas", "Number of desired pods for a StatefulSet.");
        sets("kube_statefulset_status_replicas", "The number of replicas per StatefulSet.");
        sets(
                "kube_statefulset_status_replicas_ready",
                "The number of ready replicas per StatefulSet.");
    }

    private void sets(String name, String help) {
        family(name, "gauge", help);
        for (var service : world.services) {
            one(
                    name,
                    service.replicas().size(),
                    "namespace",
                    NAMESPACE,
                    "statefulset",
                    service.model().podName());
        }
    }

    private void family(String name, String type, String help) {
        page.family(name, type, help);
    }

    private void one(String name, double value, String... labels) {
        page.line(NumberStyle.GO, name, () -> value, labels);
    }
}
