package tokenplumb.tsdb.tiers;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Crc32c;
import tokenplumb.disk.Disk;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Writes the file of one tier and one span of time, series by series in the order of [#ORDER].
/// Nothing is there under its name before [#finish].
final class TierWriter implements AutoCloseable {
    static final long MAGIC = 0x5450_5449_4552_0001L; // "TPTIER", version 1
    static final int FOOTER = 8 + 8 + 8 + 8 + 8 + 8 + 8 + 4 + 8;

    /// Metric by metric, plain ones before folded ones of the same name.
    static int order(Labels a, BucketLayout ofA, Labels b, BucketLayout ofB) {
        int byName = a.metricName().compareTo(b.metricName());
        if (byName != 0) {
            return byName;
        }
        int byLabels = a.compareTo(b);
        return byLabels != 0 ? byLabels : ofA.toString().compareTo(ofB.toString());
    }

    private final Disk disk;
    private final String name;
    private final Disk.Appender file;
    private final Buffer data = new Buffer();
    private final Buffer series = new Buffer();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> texts = new ArrayList<>();
    private final Buffer names = new Buffer();
    private int nameCount;
    private String metric = "";
    private int ofMetric; // series of the metric being written
    private int metricAt; // where they begin in `series`
    private long metricData; // where their data begins
    private long offset; // of the next series' data
    private int count;
    private long earliest = Long.MAX_VALUE;
    private boolean finished;

    TierWriter(Disk disk, String name) throws IOException {
        this.disk = disk;
        this.name = name;
        disk.delete(name + ".tmp");
        this.file = disk.append(name + ".tmp");
    }

    void add(Labels labels, PlainWindows windows) throws IOException {
        if (!windows.isEmpty()) {
            begin(labels, BucketLayout.NONE);
            windows.write(data);
            end(windows);
        }
    }

    void add(Labels labels, BucketLayout layout, FoldedWindows windows) throws IOException {
        if (!windows.isEmpty()) {
            begin(labels, layout);
            windows.write(data);
            end(windows);
        }
    }

    private void begin(Labels labels, BucketLayout layout) {
        if (count > 0 && !labels.metricName().equals(metric)) {
            endMetric();
        }
        metric = labels.metricName();
        data.reset();
        series.putUvarint(labels.size());
        for (int i = 0; i < labels.size(); i++) {
            series.putUvarint(number(labels.name(i)));
            series.putUvarint(number(labels.value(i)));
        }
        series.putUvarint(layout.isNone() ? 0 : 1 + number(String.join(",", layout.spellings())));
        ofMetric++;
        count++;
    }

    private void end(Windows windows) throws IOException {
        data.putInt(Crc32c.of(data.array(), 0, data.size()));
        file.append(data.array(), 0, data.size());
        series.putUvarint(data.size());
        if (windows.size > 0) {
            earliest = Math.min(earliest, windows.firstTime[0]);
        }
        long first = windows.size > 0 ? windows.number[0] : 0;
        long last = windows.size > 0 ? windows.number[windows.size - 1] : 0;
        if (windows.ends > 0) {
            long end = Tier.window(windows.endTime[windows.ends - 1], windows.millis);
            first = windows.size > 0 ? first : Tier.window(windows.endTime[0], windows.millis);
            last = Math.max(windows.size > 0 ? last : end, end);
        }
        series.putVarint(first);
        series.putUvarint(last - first);
        offset += data.size();
    }

    private int number(String text) {
        var known = numbers.get(text);
        if (known != null) {
            return known;
        }
        numbers.put(text, texts.size());
        texts.add(text);
        return texts.size() - 1;
    }

    private void endMetric() {
        names.putText(metric);
        names.putUvarint(ofMetric);
        names.putUvarint(series.size() - metricAt);
        names.putUvarint(metricData);
        nameCount++;
        metricData = offset;
        ofMetric = 0;
        metricAt = series.size();
    }

    /// Bytes of the finished file, durable. `from` and `to` are the bounds of its windows.
    void finish(long millis, long from, long to) throws IOException {
        if (count > 0) {
            endMetric();
        }
        var index = new Buffer();
        index.putUvarint(texts.size());
        texts.forEach(index::putText);
        index.putUvarint(nameCount);
        index.put(names.array(), 0, names.size());
        index.put(series.array(), 0, series.size());
        int crc = Crc32c.of(index.array(), 0, index.size());
        int length = index.size();
        index.putLong(offset);
        index.putLong(length);
        index.putLong(millis);
        index.putLong(from);
        index.putLong(to);
        index.putLong(earliest);
        index.putLong(count);
        index.putInt(crc);
        index.putLong(MAGIC);
        file.append(index.array(), 0, index.size());
        file.sync();
        file.close();
        disk.rename(name + ".tmp", name);
        finished = true;
    }

    /// Gives up what is not finished.
    @Override
    public void close() throws IOException {
        if (!finished) {
            file.close();
            disk.delete(name + ".tmp");
        }
    }
}
