package tokenplumb.discovery;

import tokenplumb.config.Section;
import tokenplumb.signal.Labels;
import tokenplumb.yaml.YamlNode;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Where one job's targets come from: what stands in the file, and files to watch.
public record DiscoveryConfig(List<TargetGroup> fixed, List<Files> files) {
    /// `file_sd_configs`: paths whose last part may hold one `*`.
    public record Files(List<Path> patterns, Duration refresh) {
        public Files {
            patterns = List.copyOf(patterns);
        }
    }

    private static final Pattern FILE_NAME = Pattern.compile("[^*]*(\\*[^/]*)?\\.(json|yml|yaml)");

    private static final Set<String> LATER =
            Set.of(
                    "azure",
                    "consul",
                    "digitalocean",
                    "dns",
                    "docker",
                    "dockerswarm",
                    "ec2",
                    "aws",
                    "eureka",
                    "gce",
                    "hetzner",
                    "http",
                    "ionos",
                    "kubernetes",
                    "kuma",
                    "lightsail",
                    "linode",
                    "marathon",
                    "nerve",
                    "nomad",
                    "oci",
                    "openstack",
                    "outscale",
                    "ovhcloud",
                    "puppetdb",
                    "scaleway",
                    "serverset",
                    "stackit",
                    "triton",
                    "uyuni",
                    "vultr");

    public DiscoveryConfig {
        fixed = List.copyOf(fixed);
        files = List.copyOf(files);
    }

    /// Reads the discovery keys of a scrape job; relative paths start at `folder`. Kinds of
    /// discovery that are not there yet are reported to `later` as `kubernetes_sd_configs` and the
    /// like, and find nothing.
    public static DiscoveryConfig read(Section job, Path folder, List<String> later) {
        var fixed = new ArrayList<TargetGroup>();
        var statics = job.sections("static_configs");
        for (int i = 0; i < statics.size(); i++) {
            var item = statics.get(i);
            if (!item.isPresent()) {
                item.problem("empty or null section in static_configs; remove the empty item");
                continue;
            }
            fixed.add(group(item, Integer.toString(i)));
        }
        var files = new ArrayList<Files>();
        for (var item : job.sections("file_sd_configs")) {
            files.add(files(item, folder));
        }
        for (var key : job.keys()) {
            if (key.endsWith("_sd_configs")
                    && LATER.contains(key.substring(0, key.length() - "_sd_configs".length()))) {
                if (!job.nodes(key).isEmpty()) {
                    later.add(key);
                }
            }
        }
        return new DiscoveryConfig(fixed, files);
    }

    private static Files files(Section item, Path folder) {
        var patterns = new ArrayList<Path>();
        var names = item.texts("files");
        if (names.isEmpty()) {
            item.problem("file service discovery config must contain at least one path name");
        }
        for (var name : names) {
            if (FILE_NAME.matcher(name).matches()) {
                patterns.add(folder.resolve(name));
            } else {
                item.problem(
                        "files",
                        "path name \"%s\" is not valid for file discovery; it ends in .json, .yml or .yaml and only its last part may hold one *"
                                .formatted(name));
            }
        }
        return new Files(patterns, item.duration("refresh_interval", Duration.ofMinutes(5)));
    }

    /// One group of `static_configs` or of a discovered file.
    static TargetGroup group(Section item, String source) {
        var targets = new ArrayList<Labels>();
        var seen = new HashSet<String>();
        for (var node : item.nodes("targets")) {
            if (!(node instanceof YamlNode.Scalar scalar) || scalar.text().isEmpty()) {
                item.problem(node.where(), "a target must be a text such as \"host:9100\"");
                continue;
            }
            if (scalar.text().contains("/")) {
                item.problem(
                        node.where(),
                        "\"%s\" is not a valid hostname; write host:port here, and the path under metrics_path"
                                .formatted(scalar.text()));
                continue;
            }
            if (seen.add(scalar.text())) {
                targets.add(Labels.of("__address__", scalar.text()));
            }
        }
        var labels = Labels.builder();
        item.map("labels")
                .forEach((name, value) -> {
                    if (name.isEmpty()) {
                        item.problem("labels", "\"\" is not a valid label name");
                    }
                    labels.set(name, value);
                });
        return new TargetGroup(source, targets, labels.build());
    }
}
