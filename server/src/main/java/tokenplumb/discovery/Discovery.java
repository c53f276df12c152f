package tokenplumb.discovery;

import tokenplumb.config.Config;
import tokenplumb.config.ConfigError;
import tokenplumb.json.Json;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// Finds the targets of every job and says so whenever they change. One virtual thread looks after
/// all files: every few seconds it looks for changes, which is cheaper and surer than watching
/// folders that may be mounted, replaced or not there yet.
public final class Discovery implements AutoCloseable {
    /// Hears the complete target groups of a job. Called from one thread at a time.
    @FunctionalInterface
    public interface Listener {
        void targets(String job, List<TargetGroup> groups);
    }

    private static final System.Logger LOG = System.getLogger("tokenplumb.discovery");
    private static final long MAX_FILE_BYTES = 64L << 20;
    private static final Duration LOOK = Duration.ofSeconds(5);

    /// What a file held when it was last read well.
    private record Seen(long modified, long size, List<TargetGroup> groups) {}

    private final Listener listener;
    private final Object lock = new Object();
    private Map<String, DiscoveryConfig> jobs = Map.of(); // guarded by lock
    private Map<Path, Seen> seen = new HashMap<>(); // guarded by lock
    private final Map<Path, String> errors = new TreeMap<>(); // guarded by lock
    private final Map<String, List<TargetGroup>> told = new HashMap<>(); // guarded by lock
    private final Thread thread;

    public Discovery(Listener listener) {
        this.listener = listener;
        this.thread = Thread.ofVirtual().name("discovery").start(this::look);
    }

    /// Sets the jobs to look after and tells the listener the targets of each at once.
    public void apply(Map<String, DiscoveryConfig> configs) {
        synchronized (lock) {
            jobs = Map.copyOf(configs);
            told.keySet().retainAll(jobs.keySet());
            round();
        }
    }

    /// Files that could not be read, with the reason; their last good targets stay.
    public Map<Path, String> errors() {
        synchronized (lock) {
            return Map.copyOf(errors);
        }
    }

    private void look() {
        try {
            while (true) {
                Thread.sleep(LOOK);
                synchronized (lock) {
                    round();
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void round() {
        var now = new HashMap<Path, Seen>();
        errors.clear();
        jobs.forEach((job, config) -> {
            var groups = new ArrayList<>(config.fixed());
            for (var files : config.files()) {
                for (var path : matching(files.patterns())) {
                    groups.addAll(read(path, now));
                }
            }
            if (!groups.equals(told.put(job, groups))) {
                listener.targets(job, groups);
            }
        });
        seen = now;
    }

    private List<TargetGroup> read(Path path, Map<Path, Seen> now) {
        var before = seen.get(path);
        try {
            long modified = Files.getLastModifiedTime(path).toMillis();
            long size = Files.size(path);
            if (before != null && before.modified() == modified && before.size() == size) {
                now.put(path, before);
                return before.groups();
            }
            if (size > MAX_FILE_BYTES) {
                throw new IOException("file is larger than 64 MiB");
            }
            var groups = parse(path.toString(), Files.readString(path));
            now.put(path, new Seen(modified, size, groups));
            return groups;
        } catch (IOException | ConfigError | IllegalArgumentException e) {
            errors.put(path, String.valueOf(e.getMessage()));
            if (before == null) {
                LOG.log(Level.WARNING, "no targets from {0}: {1}", path, e.getMessage());
                return List.of();
            }
            LOG.log(Level.WARNING, "keeping the former targets of {0}: {1}", path, e.getMessage());
            now.put(path, before);
            return before.groups();
        }
    }

    private static List<Path> matching(List<Path> patterns) {
        var paths = new TreeSet<Path>();
        for (var pattern : patterns) {
            var name = String.valueOf(pattern.getFileName());
            var folder = pattern.getParent() == null ? Path.of("") : pattern.getParent();
            if (!name.contains("*")) {
                if (Files.exists(pattern)) {
                    paths.add(pattern);
                }
                continue;
            }
            try (var found = Files.newDirectoryStream(folder, name)) {
                found.forEach(paths::add);
            } catch (IOException e) {
                // A folder that is not there yet holds no targets; it is looked at again.
                LOG.log(Level.DEBUG, "{0}: {1}", folder, e.getMessage());
            }
        }
        return List.copyOf(paths);
    }

    /// The groups in a file of `file_sd_configs`, JSON or YAML. Throws [ConfigError] or
    /// [IllegalArgumentException] saying where it is wrong.
    public static List<TargetGroup> parse(String file, String text) {
        if (file.endsWith(".json")) {
            return fromJson(file, text);
        }
        return Config.readList(
                file,
                text,
                sections -> {
                    var groups = new ArrayList<TargetGroup>();
                    for (var section : sections) {
                        var group = DiscoveryConfig.group(section, file + ":" + groups.size());
                        groups.add(withFile(group, file));
                    }
                    return groups;
                });
    }

    private static TargetGroup withFile(TargetGroup group, String file) {
        return new TargetGroup(
                group.source(), group.targets(), group.labels().with("__meta_filepath", file));
    }

    private static List<TargetGroup> fromJson(String file, String text) {
        if (!(Json.read(text.getBytes(StandardCharsets.UTF_8)) instanceof List<?> items)) {
            throw new IllegalArgumentException(
                    file + ": must be a list of {\"targets\": […], \"labels\": {…}}");
        }
        var groups = new ArrayList<TargetGroup>();
        for (var item : items) {
            if (!(item instanceof Map<?, ?> group)
                    || !(group.get("targets") instanceof List<?> addresses)) {
                throw new IllegalArgumentException(
                        "%s: item %d must be {\"targets\": […], \"labels\": {…}}"
                                .formatted(file, groups.size() + 1));
            }
            var targets = new ArrayList<Labels>();
            for (var address : addresses) {
                targets.add(Labels.of("__address__", String.valueOf(address)));
            }
            var labels = Labels.builder().set("__meta_filepath", file);
            if (group.get("labels") instanceof Map<?, ?> pairs) {
                pairs.forEach((name, value) -> labels.set(name.toString(), value.toString()));
            }
            groups.add(new TargetGroup(file + ":" + groups.size(), targets, labels.build()));
        }
        return groups;
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
