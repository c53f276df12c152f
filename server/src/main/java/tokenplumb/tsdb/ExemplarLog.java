package tokenplumb.tsdb;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.ByteReader;
import tokenplumb.disk.Disk;
import tokenplumb.sdk.Meters;
import tokenplumb.signal.Exemplar;
import tokenplumb.signal.Labels;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Exemplars on disk: frames ([Frame]) in numbered files, each frame whole in itself
/// (`docs/format/exemplars.md`). A file is deleted when the younger ones hold as many exemplars as
/// are kept, so that the disk holds little more than the memory. Always begins a new file after a
/// start. Used by one thread at a time.
final class ExemplarLog {
    static final String FOLDER = "exemplars";

    private static final System.Logger LOG = System.getLogger("tokenplumb.tsdb");
    private static final long MAGIC = 0x54_50_45_58_00_00_00_01L; // TPEX, version 1
    private static final int HEADER = 16;
    private static final int FILES = 4; // that hold as many exemplars as are kept
    private static final int LEAST_PER_FILE = 256;
    private static final int PER_FRAME = 1000;
    private static final int MOST_FILES_AFTER_START = 8;
    private static final int MOST_REPAIRS = 100;

    private static final class File {
        final String name;
        int exemplars;

        File(String name) {
            this.name = name;
        }
    }

    private final Disk disk;
    private final Meters.Counter failed;
    private final List<TsdbStatus.Repair> repairs = new ArrayList<>();
    private final ArrayDeque<File> files = new ArrayDeque<>(); // oldest first
    private long next = 1; // number of the next file
    private Disk.Appender file; // null until the next append
    private boolean isDirty;
    private final Buffer frame = new Buffer();

    ExemplarLog(Disk disk, Meters meters) {
        this.disk = disk;
        this.failed =
                meters.counter(
                        "tokenplumb_tsdb_exemplar_log_writes_failed_total",
                        "Writes of exemplars to the disk that failed; a restart will not find"
                                + " these exemplars.");
    }

    List<TsdbStatus.Repair> repairs() {
        return repairs;
    }

    // --- reading

    /// Hands on every exemplar that can be read, oldest first.
    void recover(Consumer<Exemplars.Found> each) throws IOException {
        for (var name : disk.list(FOLDER)) {
            var digits = name.substring(FOLDER.length() + 1);
            if (!digits.matches("[0-9]{8,18}")) {
                continue;
            }
            next = Math.max(next, Long.parseLong(digits) + 1);
            var found = new File(name);
            files.add(found);
            try (var mapping = disk.map(name)) {
                read(mapping, found, each);
            } catch (IOException | InternalError e) {
                repair(name, 0, "cannot be read: " + e.getMessage(), "its exemplars");
            }
        }
    }

    private void read(Disk.Mapping mapping, File into, Consumer<Exemplars.Found> each) {
        var bytes = mapping.bytes();
        long from = Math.min(HEADER, bytes.byteSize());
        Frame.scan(
                bytes,
                from,
                bytes.byteSize(),
                new Frame.Listener() {
                    @Override
                    public void body(byte[] body, int length, long offset) {
                        try {
                            into.exemplars += read(new ByteReader(body, 0, length), each);
                        } catch (RuntimeException e) {
                            damage(offset, length, false, "not understood: " + e.getMessage());
                        }
                    }

                    @Override
                    public void damage(long offset, long length, boolean tail, String what) {
                        repair(into.name, offset, what, "%d bytes of exemplars".formatted(length));
                    }
                });
    }

    private void repair(String name, long offset, String what, String lost) {
        if (repairs.size() < MOST_REPAIRS) {
            var repair = new TsdbStatus.Repair(name, offset, what, lost);
            repairs.add(repair);
            LOG.log(System.Logger.Level.WARNING, "repaired {0}", repair);
        }
    }

    private static int read(ByteReader from, Consumer<Exemplars.Found> each) {
        var texts = new String[from.getCount(1)];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = from.getText();
        }
        int count = from.getCount(1);
        for (int i = 0; i < count; i++) {
            var series = labels(texts, from);
            var own = labels(texts, from);
            double value = Double.longBitsToDouble(from.getLong());
            each.accept(new Exemplars.Found(series, new Exemplar(own, value, from.getVarint())));
        }
        return count;
    }

    private static Labels labels(String[] texts, ByteReader from) {
        var pairs = new String[from.getCount(1) * 2];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = texts[(int) from.getUvarint()];
        }
        return Labels.of(pairs);
    }

    /// Many short files, as many restarts leave them, become one.
    void compactAfterStart(Supplier<List<Exemplars.Found>> all) {
        if (files.size() <= MOST_FILES_AFTER_START) {
            return;
        }
        var olds = new ArrayList<>(files);
        var found = all.get();
        try {
            for (int i = 0; i < found.size(); i += PER_FRAME) {
                write(found.subList(i, Math.min(found.size(), i + PER_FRAME)));
            }
            if (file != null) {
                file.sync();
                close(file);
                file = null;
            }
            isDirty = false;
            for (var old : olds) {
                disk.delete(old.name);
                files.remove(old);
            }
        } catch (IOException e) {
            fail(e); // what is left is passed over at the next start
        }
    }

    // --- writing

    /// Appends exemplars, of which `most` are kept.
    void append(List<Exemplars.Found> found, int most) {
        try {
            for (int i = 0; i < found.size(); i += PER_FRAME) {
                write(found.subList(i, Math.min(found.size(), i + PER_FRAME)));
            }
            if (files.getLast().exemplars >= Math.max(LEAST_PER_FILE, most / FILES)) {
                end();
                dropOldest(most);
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private void write(List<Exemplars.Found> found) throws IOException {
        if (file == null) {
            open();
        }
        frame.reset();
        int begun = Frame.begin(frame);
        encode(found, frame);
        Frame.end(frame, begun);
        long before = file.size();
        try {
            file.append(frame.array(), 0, frame.size());
        } catch (IOException e) {
            takeBack(before, e);
            throw e;
        }
        isDirty = true;
        files.getLast().exemplars += found.size();
    }

    private void open() throws IOException {
        var name = String.format(Locale.ROOT, "%s/%08d", FOLDER, next);
        file = disk.append(name);
        files.add(new File(name));
        var header = new Buffer(HEADER);
        header.putLong(MAGIC);
        header.putLong(next);
        next++;
        try {
            file.append(header.array(), 0, header.size());
        } catch (IOException e) {
            takeBack(0, e);
            end();
            throw e;
        }
    }

    /// What cannot be cut off is left behind: its checksum tells it from a frame.
    private void takeBack(long size, IOException cause) throws IOException {
        try {
            file.truncate(size);
        } catch (IOException e) {
            cause.addSuppressed(e);
            end();
        }
    }

    /// The next append begins a new file.
    private void end() throws IOException {
        var ended = file;
        file = null;
        isDirty = false;
        if (ended != null) {
            try (ended) {
                ended.sync();
            }
        }
    }

    private static void encode(List<Exemplars.Found> found, Buffer into) {
        Map<String, Integer> numbers = new HashMap<>();
        var texts = new ArrayList<String>();
        var body = new Buffer();
        body.putUvarint(found.size());
        for (var each : found) {
            putLabels(each.series(), numbers, texts, body);
            putLabels(each.exemplar().labels(), numbers, texts, body);
            body.putLong(Double.doubleToRawLongBits(each.exemplar().value()));
            body.putVarint(each.exemplar().timeMillis());
        }
        into.putUvarint(texts.size());
        texts.forEach(into::putText);
        into.put(body.array(), 0, body.size());
    }

    private static void putLabels(
            Labels labels, Map<String, Integer> numbers, List<String> texts, Buffer into) {
        into.putUvarint(labels.size());
        for (int i = 0; i < labels.size(); i++) {
            into.putUvarint(number(labels.name(i), numbers, texts));
            into.putUvarint(number(labels.value(i), numbers, texts));
        }
    }

    private static int number(String text, Map<String, Integer> numbers, List<String> texts) {
        var number = numbers.putIfAbsent(text, texts.size());
        if (number != null) {
            return number;
        }
        texts.add(text);
        return texts.size() - 1;
    }

    private void dropOldest(int most) throws IOException {
        long younger = 0;
        for (var each : files) {
            younger += each.exemplars;
        }
        while (files.size() > 1 && younger - files.getFirst().exemplars >= most) {
            var oldest = files.getFirst();
            disk.delete(oldest.name);
            files.removeFirst();
            younger -= oldest.exemplars;
        }
    }

    void deleteAll() {
        try {
            end();
            while (!files.isEmpty()) {
                disk.delete(files.getFirst().name);
                files.removeFirst();
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private void fail(IOException e) {
        if (failed.value() < 10) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "exemplars cannot be written and will not outlive a restart: {0}",
                    e.getMessage());
        }
        failed.increment();
    }

    void sync() {
        if (!isDirty || file == null) {
            return;
        }
        isDirty = false;
        try {
            file.sync();
        } catch (IOException e) {
            fail(e);
            close(file); // what it holds may be lost, so nothing more goes there
            file = null;
        }
    }

    void close() {
        try {
            end();
        } catch (IOException e) {
            fail(e);
        }
    }

    private void close(Disk.Appender appender) {
        try {
            appender.close();
        } catch (IOException e) {
            fail(e);
        }
    }
}
