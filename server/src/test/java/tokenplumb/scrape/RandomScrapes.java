package tokenplumb.scrape;

import tokenplumb.exposition.Format;
import tokenplumb.signal.Labels;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/// Targets that are not there, scraped into several storages at once, the same bytes into each:
/// histograms and what resembles them, with everything that targets do to them and that may keep
/// one from being folded for a while or for ever.
public final class RandomScrapes {
    /// Where the first round is.
    public static final long START = 1_700_000_000_000L;

    private static final List<String> RELABELINGS =
            List.of(
                    "",
                    "",
                    "",
                    "",
                    "metric_relabel_configs: [{source_labels: [le], regex: '(2|0.5|10).*', action:"
                            + " drop}]",
                    "metric_relabel_configs: [{source_labels: [__name__], regex: h0_sum, action:"
                            + " drop}]",
                    "metric_relabel_configs: [{source_labels: [__name__], regex: 'h(.)_(.*)',"
                            + " target_label: __name__, replacement: 'g${1}_${2}'}]",
                    "metric_relabel_configs: [{source_labels: [le], regex: '5.*', target_label:"
                            + " le, replacement: '500'}]",
                    "metric_relabel_configs: [{source_labels: [le], regex: '(.+)', target_label:"
                            + " bound, replacement: '$1'}, {regex: le, action: labeldrop}]",
                    "metric_relabel_configs: [{source_labels: [le], regex: '(.*)\\.0',"
                            + " target_label: le, replacement: '$1'}]",
                    "metric_relabel_configs: [{source_labels: [le], regex: '1.*', target_label:"
                            + " low, replacement: 'yes'}]",
                    "honor_timestamps: false",
                    "track_timestamps_staleness: true",
                    "sample_limit: 45");

    private final Random random;
    private final List<Storage> storages;
    private final List<Target> targets = new ArrayList<>();
    private final List<String> families = new ArrayList<>();
    private final int step;
    private final double oddity; // how often something odd happens
    private final boolean stampsLines; // some lines have times of their own
    private long now = START;

    /// `storages` may be replaced in the list by others that hold the same.
    public RandomScrapes(Random random, boolean stampsLines, List<Storage> storages) {
        this.stampsLines = stampsLines;
        this.random = random;
        this.storages = storages;
        step = List.of(15_000, 15_000, 60_000, 600_000).get(random.nextInt(4));
        oddity = List.of(0.0, 0.02, 0.1, 0.3).get(random.nextInt(4));
        int count = 1 + random.nextInt(2);
        for (int i = 0; i < count; i++) {
            targets.add(new Target("i" + i));
        }
    }

    public long now() {
        return now;
    }

    public int step() {
        return step;
    }

    /// Names of histogram families that are, or were, scraped.
    public List<String> families() {
        return families;
    }

    private boolean isOdd() {
        return random.nextDouble() < oddity;
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    /// One scrape of every target, and time goes on.
    public void round() throws IOException {
        for (var target : targets) {
            target.scrape(now + random.nextInt(100));
        }
        now += step;
        if (isOdd()) {
            now += random.nextInt(20) * (long) step;
        }
    }

    /// As a new process sees the targets: nothing is remembered.
    public void forget() {
        targets.forEach(Target::forget);
    }

    // --- targets

    private final class Target {
        private final ScrapeJob job;
        private final Labels labels;
        private final List<SeriesCache> caches = new ArrayList<>(); // one for each storage
        private final List<Histogram> histograms = new ArrayList<>();
        private final boolean hasTypes = random.nextInt(5) > 0;
        private final boolean isOpenMetrics = random.nextInt(3) == 0;
        private long last; // the time of the newest scrape

        Target(String instance) {
            job =
                    ScrapeJobTest.read("scrape_configs: [{job_name: j, " + one(RELABELINGS) + "}]")
                            .getFirst();
            labels = Labels.of("instance", instance, "job", "j");
            int count = 1 + random.nextInt(3);
            for (int i = 0; i < count; i++) {
                histograms.add(new Histogram("h" + i));
            }
            forget();
        }

        void forget() {
            caches.clear();
            for (int i = 0; i < storages.size(); i++) {
                caches.add(newCache());
            }
        }

        private SeriesCache newCache() {
            return new SeriesCache(job, new SampleLabels(job, labels), new Scratch.Pool());
        }

        void scrape(long time) throws IOException {
            if (time <= last) {
                return;
            }
            last = time;
            if (isOdd() && random.nextInt(4) == 0) { // the target has started again
                histograms.forEach(Histogram::reset);
            }
            if (isOdd() && random.nextInt(4) == 0) { // its job was changed
                for (int i = 0; i < caches.size(); i++) {
                    caches.set(
                            i, new SeriesCache(job, new SampleLabels(job, labels), caches.get(i)));
                }
            }
            boolean fails = isOdd() && random.nextBoolean();
            var body = body(time, fails).getBytes(StandardCharsets.UTF_8);
            var format = isOpenMetrics ? Format.OPENMETRICS : Format.TEXT;
            for (int i = 0; i < caches.size(); i++) {
                scrape(storages.get(i), caches.get(i), body, format, time);
            }
        }

        private static void scrape(
                Storage storage, SeriesCache cache, byte[] body, Format format, long time)
                throws IOException {
            cache.begin();
            try (var batch = storage.batch()) {
                cache.read(body, body.length, format, batch, time);
                cache.markVanished(batch, time);
                batch.commit();
                cache.keep();
            } catch (IOException e) {
                cache.abandon();
                try (var batch = storage.batch()) {
                    cache.markAll(batch, time);
                    batch.commit();
                }
                cache.keepNoneAlive();
            }
        }

        private String body(long time, boolean fails) {
            var text = new StringBuilder();
            for (var histogram : histograms) {
                histogram.advance();
                histogram.write(text, hasTypes, isOpenMetrics, time);
            }
            if (hasTypes) {
                text.append("# TYPE s summary\n");
            }
            var quantiles = isOpenMetrics ? List.of("0.5", "1.0") : List.of("0.50", "1");
            for (var quantile : quantiles) {
                text.append("s{quantile=\"%s\"} %s\n".formatted(quantile, random.nextInt(9)));
            }
            text.append("s_sum ").append(random.nextInt(9)).append("\ns_count 3\n");
            if (hasTypes) {
                text.append("# TYPE jobs_count gauge\n");
            }
            text.append("jobs_count ").append(random.nextInt(3)).append('\n');
            if (fails) {
                text.append("broken{ 1\n");
            }
            if (isOpenMetrics) {
                text.append("# EOF\n");
            }
            return text.toString();
        }
    }

    // --- histograms

    private final class Histogram {
        private final String name;
        private final List<String> models;
        private final String style = one(List.of("%s", "%s.0", "mixed"));
        private final boolean isShuffled = random.nextInt(6) == 0;
        private final boolean isByBucket = random.nextInt(6) == 0;
        private final boolean hasFloats = random.nextInt(8) == 0;
        private final boolean isRich = random.nextInt(4) == 0; // fractions in the sum
        private List<String> bounds;
        private long[][] counts; // by model and bucket, not cumulative
        private double[] sums;

        Histogram(String name) {
            this.name = name;
            families.add(name);
            models = random.nextBoolean() ? List.of("") : List.of("a", "b").subList(0, 2);
            newBounds();
        }

        private void newBounds() {
            var all = List.of("0.005", "0.5", "1", "2", "2.5", "5", "10", "1e2", "1e+03");
            bounds = new ArrayList<>();
            for (var bound : all) {
                if (random.nextInt(3) > 0) {
                    boolean isWhole = bound.length() < 3 && !bound.contains(".");
                    var spelling = style.equals("mixed") ? one(List.of("%s", "%s.0")) : style;
                    bounds.add(isWhole ? spelling.formatted(bound) : bound);
                }
            }
            bounds.add("+Inf");
            counts = new long[models.size()][bounds.size()];
            sums = new double[models.size()];
        }

        void reset() {
            for (var each : counts) {
                java.util.Arrays.fill(each, 0);
            }
            java.util.Arrays.fill(sums, 0);
        }

        void advance() {
            if (isOdd() && random.nextInt(3) == 0) {
                newBounds();
            } else if (isOdd() && random.nextInt(3) == 0) {
                reset();
            }
            for (int model = 0; model < counts.length; model++) {
                if (random.nextInt(3) == 0) {
                    continue;
                }
                for (int i = random.nextInt(4); i > 0; i--) {
                    counts[model][random.nextInt(bounds.size())] += random.nextInt(5);
                    sums[model] += isRich ? random.nextDouble() * 7 : random.nextInt(5);
                }
            }
        }

        private record Line(String suffix, String labels, String value, String time) {}

        void write(StringBuilder text, boolean hasType, boolean isOpenMetrics, long time) {
            if (isOdd() && random.nextInt(3) == 0) {
                return; // the family is away for a round
            }
            if (hasType) {
                text.append("# TYPE ").append(name).append(" histogram\n");
            }
            var lines = lines(isOpenMetrics, time);
            if (isShuffled) {
                Collections.shuffle(lines, random);
            }
            if (isByBucket) {
                lines.sort(java.util.Comparator.comparing(Line::labels));
            }
            for (var line : lines) {
                text.append(name).append(line.suffix);
                if (!line.labels.isEmpty()) {
                    text.append('{').append(line.labels).append('}');
                }
                text.append(' ').append(line.value).append(line.time).append('\n');
            }
        }

        private List<Line> lines(boolean isOpenMetrics, long time) {
            var lines = new ArrayList<Line>();
            for (int model = 0; model < models.size(); model++) {
                addLines(model, own(isOpenMetrics, time), lines);
            }
            if (isOdd() && random.nextInt(4) == 0 && !lines.isEmpty()) {
                lines.remove(random.nextInt(lines.size()));
            }
            if (isOdd() && random.nextInt(4) == 0 && !lines.isEmpty()) {
                var line = one(lines);
                lines.add(
                        random.nextInt(lines.size()),
                        new Line(line.suffix, line.labels, "" + random.nextInt(9), line.time));
            }
            return lines;
        }

        /// A time of its own, of all lines of one model; mostly none.
        private String own(boolean isOpenMetrics, long time) {
            if (!stampsLines || !isOdd() || random.nextInt(3) > 0) {
                return "";
            }
            return stamp(isOpenMetrics, time - random.nextInt(3 * step));
        }

        private String stamp(boolean isOpenMetrics, long time) {
            return isOpenMetrics
                    ? String.format(Locale.ROOT, " %d.%03d", time / 1000, time % 1000)
                    : " " + time;
        }

        private void addLines(int model, String time, List<Line> lines) {
            var labels = models.get(model).isEmpty() ? "" : "model=\"" + models.get(model) + "\"";
            long sum = 0;
            for (int i = 0; i < bounds.size(); i++) {
                sum += counts[model][i];
                var le = "le=\"" + odd(bounds.get(i), List.of("abc", "", "NaN", "3")) + "\"";
                var all = labels.isEmpty() ? le : labels + "," + le;
                var value = hasFloats && sum > 3 ? (sum + 0.5) + "" : "" + sum;
                lines.add(new Line("_bucket", all, odd(value, VALUES), odd(time, List.of(""))));
            }
            lines.add(new Line("_sum", labels, odd("" + sums[model], VALUES), time));
            var count = hasFloats && sum > 3 ? (sum + 0.5) + "" : "" + sum;
            lines.add(new Line("_count", labels, odd(count, VALUES), time));
        }

        private String odd(String usual, List<String> others) {
            return oddity > 0 && random.nextDouble() < oddity / 20 ? one(others) : usual;
        }
    }

    private static final List<String> VALUES =
            List.of(
                    "NaN",
                    "-0",
                    "0",
                    "7",
                    "1e300",
                    "+Inf",
                    "9007199254740992",
                    "9007199254740994",
                    "0.25",
                    "-3",
                    "1e2");
}
