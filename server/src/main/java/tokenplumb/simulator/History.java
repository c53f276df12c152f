package tokenplumb.simulator;

import tokenplumb.signal.Labels;
import tokenplumb.storage.Batch;
import tokenplumb.storage.Storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Writes pages into a store as if they had been scraped: same labels, same numbers, `up` and the
/// sample counts beside them; one batch for each page and time.
final class History {
    private static final class Written {
        final Page page;
        final Labels target;
        final long[] series; // of each line, then of what a scrape adds

        Written(Page page, Labels target) {
            this.page = page;
            this.target = target;
            this.series = new long[page.lines().size() + ADDED.size()];
        }

        Labels labels(int i) {
            int lines = page.lines().size();
            return i < lines
                    ? page.lines().get(i).labels(target)
                    : target.with(Labels.NAME, ADDED.get(i - lines));
        }

        double value(int i) {
            int lines = page.lines().size();
            if (i >= lines) {
                return i == lines ? 1 : lines;
            }
            var line = page.lines().get(i);
            return line.style().rounded(line.value().getAsDouble());
        }
    }

    private static final List<String> ADDED =
            List.of("up", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling");

    private final Storage storage;
    private final List<Written> pages = new ArrayList<>();
    private long samples;

    History(Storage storage) {
        this.storage = storage;
    }

    void add(Labels target, Page page) {
        pages.add(new Written(page, target));
    }

    long samples() {
        return samples;
    }

    void write(long timeMillis) throws IOException {
        for (var page : pages) {
            try (var batch = storage.batch()) {
                for (int i = 0; i < page.series.length; i++) {
                    append(batch, page, i, timeMillis);
                }
                batch.commit();
            }
        }
    }

    private void append(Batch batch, Written page, int i, long timeMillis) {
        double value = page.value(i);
        if (page.series[i] == 0) {
            page.series[i] = batch.series(page.labels(i));
        }
        if (page.series[i] == 0) {
            return; // a series limit refuses it
        }
        var outcome = batch.append(page.series[i], timeMillis, value);
        if (outcome == Batch.Outcome.UNKNOWN_SERIES) {
            page.series[i] = batch.series(page.labels(i));
            outcome = batch.append(page.series[i], timeMillis, value);
        }
        if (outcome == Batch.Outcome.APPENDED) {
            samples++;
        }
    }
}
