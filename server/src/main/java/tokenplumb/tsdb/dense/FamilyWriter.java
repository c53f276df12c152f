package tokenplumb.tsdb.dense;

import tokenplumb.bytes.Buffer;
import tokenplumb.bytes.Crc32c;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.FoldedSamples;
import tokenplumb.signal.Samples;
import tokenplumb.tsdb.block.BlockMeta;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Writes families out of the spool, one after another: learns their models from some of their
/// series, then writes all. Not thread-safe.
final class FamilyWriter {
    /// Series of a family that models are learnt from.
    static final int SAMPLE = 32;

    /// Slices of all those series together.
    private static final int SLICE_SAMPLE = 128;

    /// Of the counts of a histogram's buckets, every so manieth column is learnt from.
    private static final int EVERY = 5;

    /// Rows that a chunk should have at least.
    private static final int ROWS = 400;

    /// A block has no more slices than this.
    static final int MOST_SLICES = 4096;

    private static final long MINUTE = 60_000;
    private static final long[] SLICES = {
        15 * MINUTE,
        30 * MINUTE,
        60 * MINUTE,
        120 * MINUTE,
        180 * MINUTE,
        360 * MINUTE,
        720 * MINUTE,
        1440 * MINUTE
    };

    /// Takes in chunks in their order.
    interface Chunks {
        void add(Buffer chunk) throws IOException;
    }

    private final Spool spool;
    private final EnumMap<Section, Pages> sections;
    private final Chunks data;
    private long position;

    private final ChunkShaper shaper = new ChunkShaper();
    private final Times times = new Times();
    private final Trainer[] trainers = new Trainer[ChunkShaper.ROLES];
    private final Tokens tokens = new Tokens();
    private final Buffer head = new Buffer(1 << 12);
    private final Buffer before = new Buffer(1 << 12);
    private final Buffer chunk = new Buffer(1 << 12);
    private List<Model> timesModels = List.of(Model.EMPTY, Model.EMPTY);
    private ColumnEncoder timesEncoder = new ColumnEncoder(timesModels);
    private final Map<TimesKey, Integer> knownTimes = new HashMap<>();
    private final Map<List<Integer>, Integer> knownTracks = new HashMap<>();
    private final Slicer slicer = new Slicer();
    private long slice = SLICES[0];
    private long firstSlice;
    private int slices;
    private int families;
    private long samples;
    private long histograms;
    private long series;
    private long chunks;

    FamilyWriter(Spool spool, EnumMap<Section, Pages> sections, Chunks data, long position) {
        this.spool = spool;
        this.sections = sections;
        this.data = data;
        this.position = position;
        for (int i = 0; i < trainers.length; i++) {
            trainers[i] = new Trainer();
        }
    }

    /// Times of a slice, by their hashes: 128 bits, so that no two columns of times are ever alike
    /// by chance.
    private record TimesKey(int count, long a, long b) {
        static TimesKey of(long[] times, int count) {
            long a = 0x9e3779b97f4a7c15L;
            long b = 0xc2b2ae3d27d4eb4fL;
            for (int i = 0; i < count; i++) {
                a = Long.rotateLeft((a ^ times[i]) * 0xff51afd7ed558ccdL, 29);
                b = Long.rotateLeft((b + times[i]) * 0x87c37b91114253d5L, 33) ^ a;
            }
            return new TimesKey(count, a, b);
        }
    }

    /// Up to `most` of them, spread evenly.
    static <T> List<T> spread(List<T> of, int most) {
        if (of.size() <= most) {
            return of;
        }
        var some = new ArrayList<T>(most);
        for (int i = 0; i < most; i++) {
            some.add(of.get((int) ((long) i * of.size() / most)));
        }
        return some;
    }

    /// Chooses how long a slice is and learns what times are like, from some series.
    void learnTimes(List<DenseWriter.Spooled> sample, long minTime, long maxTime)
            throws IOException {
        var gaps = new ArrayList<Long>();
        for (var each : sample) {
            var span = new Span();
            spool.read(each.from(), each.to(), span);
            if (span.rows > 1) {
                gaps.add((span.last - span.first) / (span.rows - 1));
            }
        }
        gaps.sort(null);
        long gap = gaps.isEmpty() ? MINUTE : gaps.get(gaps.size() / 2);
        for (long each : SLICES) {
            slice = each;
            if (each >= gap * ROWS) {
                break;
            }
        }
        while (maxTime / slice - minTime / slice >= MOST_SLICES) {
            slice *= 2;
        }
        firstSlice = Math.floorDiv(minTime, slice);
        for (var each : sample) {
            slicer.read(
                    each,
                    BucketLayout.NONE,
                    new Slices() {
                        @Override
                        public void plain(int at, Samples rows) {
                            times.shape(
                                    rows.times(), 0, rows.size(), chunk, FamilyWriter.this::learn);
                        }

                        @Override
                        public void folded(int at, FoldedSamples rows) {
                            var of = times(rows);
                            times.shape(of, 0, of.length, chunk, FamilyWriter.this::learn);
                        }
                    });
            chunk.reset();
        }
        timesModels = List.of(trainers[Times.STEPS].model(), trainers[Times.LATENESS].model());
        timesEncoder = new ColumnEncoder(timesModels);
        var page = sections.get(Section.MODELS).page();
        timesModels.forEach(model -> model.write(page));
        sections.get(Section.MODELS).end();
    }

    private void learn(int role, long[] numbers, int count) {
        trainers[role].learn(numbers, count);
    }

    /// First and last time of a series.
    private static final class Span implements Spool.Parts {
        long first;
        long last;
        long rows;

        @Override
        public void plain(Samples part) {
            add(part.time(0), part.time(part.size() - 1), part.size());
        }

        @Override
        public void folded(FoldedSamples part) {
            add(part.time(0), part.time(part.size() - 1), part.size());
        }

        private void add(long from, long to, int count) {
            first = rows == 0 ? from : first;
            last = to;
            rows += count;
        }
    }

    /// Takes in a series slice by slice.
    private interface Slices {
        void plain(int slice, Samples rows) throws IOException;

        void folded(int slice, FoldedSamples rows) throws IOException;
    }

    /// Cuts series from the spool into slices.
    private final class Slicer implements Spool.Parts {
        private final Samples plain = new Samples();
        private final FoldedSamples folded = new FoldedSamples();
        private Slices to;
        private long at;

        void read(DenseWriter.Spooled series, BucketLayout layout, Slices into) throws IOException {
            to = into;
            plain.clear();
            folded.reset(layout.size());
            spool.read(series.from(), series.to(), this);
            end();
        }

        private void end() throws IOException {
            if (plain.size() == 0 && folded.size() == 0) {
                return;
            }
            int number = Math.toIntExact(at - firstSlice);
            if (plain.size() > 0) {
                slices = Math.max(slices, number + 1);
                to.plain(number, plain);
                plain.clear();
            }
            if (folded.size() > 0) {
                slices = Math.max(slices, number + 1);
                to.folded(number, folded);
                folded.reset(folded.buckets());
            }
        }

        private void next(long time) throws IOException {
            long its = Math.floorDiv(time, slice);
            if (its != at) {
                end();
                if (its < firstSlice) {
                    throw new IllegalArgumentException(
                            "a sample at %d is before the block's minTime".formatted(time));
                }
                at = its;
            }
            if (plain.size() == Times.MOST || folded.size() == Times.MOST) {
                throw new IllegalArgumentException(
                        "more than %d samples of a series in %d ms".formatted(Times.MOST, slice));
            }
        }

        @Override
        public void plain(Samples part) throws IOException {
            for (int i = 0; i < part.size(); i++) {
                next(part.time(i));
                if (part.isHistogram(i)) {
                    plain.add(part.time(i), part.histogram(i));
                } else {
                    plain.add(part.time(i), part.value(i));
                }
            }
        }

        @Override
        public void folded(FoldedSamples part) throws IOException {
            if (folded.buckets() != part.buckets()) {
                folded.reset(part.buckets());
            }
            for (int i = 0; i < part.size(); i++) {
                next(part.time(i));
                folded.add(part.time(i), part.sum(i), part.counts(), i * part.buckets());
            }
        }
    }

    private static long[] times(FoldedSamples rows) {
        var times = new long[rows.size()];
        for (int i = 0; i < times.length; i++) {
            times[i] = rows.time(i);
        }
        return times;
    }

    /// Writes one family, its series sorted by set.
    void write(
            int name,
            boolean isFolded,
            List<DenseWriter.Spooled> members,
            List<BucketLayout> layouts)
            throws IOException {
        var models = learn(members, layouts);
        var modelsPages = sections.get(Section.MODELS);
        models.forEach(model -> model.write(modelsPages.page()));
        modelsPages.end();
        var encoder = new ColumnEncoder(models);

        var pages = sections.get(Section.SERIES);
        int firstPage = pages.count();
        int setBefore = 0;
        int trackBefore = 0;
        for (int i = 0; i < members.size(); i++) {
            var member = members.get(i);
            if (i % Section.SERIES.perPage == 0) {
                pages.endIfAny();
                pages.page().putUvarint(member.set());
                pages.page().putUvarint(position);
                setBefore = member.set();
                trackBefore = 0;
            }
            var written = new Written(models, encoder);
            slicer.read(
                    member, isFolded ? layouts.get(member.layout()) : BucketLayout.NONE, written);
            int track = track(written.track);
            pages.page().putUvarint(member.set() - setBefore);
            pages.page().putVarint(track - trackBefore);
            if (isFolded) {
                pages.page().putUvarint(member.layout());
            }
            pages.page().putUvarint(written.lengths.size());
            for (int length : written.lengths) {
                pages.page().putUvarint(length);
            }
            setBefore = member.set();
            trackBefore = track;
            series++;
        }
        pages.endIfAny();

        var familyPages = sections.get(Section.FAMILIES);
        if (families % Section.FAMILIES.perPage == 0) {
            familyPages.endIfAny();
        }
        familyPages.page().putUvarint(name);
        familyPages.page().putByte(isFolded ? 1 : 0);
        familyPages.page().putUvarint(members.size());
        familyPages.page().putUvarint(firstPage);
        families++;
    }

    private List<Model> learn(List<DenseWriter.Spooled> members, List<BucketLayout> layouts)
            throws IOException {
        var sample = spread(members, SAMPLE);
        int each = Math.max(3, SLICE_SAMPLE / sample.size());
        var counter = new int[1];
        for (var member : sample) {
            var layout = member.layout() < 0 ? BucketLayout.NONE : layouts.get(member.layout());
            slicer.read(
                    member,
                    layout,
                    new Slices() {
                        private boolean isChosen(int at) {
                            return slices <= each
                                    || (long) at * each / slices != (at - 1L) * each / slices;
                        }

                        private void column(int role, long[] numbers, int count) {
                            if (role != ChunkShaper.COUNTS || counter[0]++ % EVERY == 0) {
                                trainers[role].learn(numbers, count);
                            }
                        }

                        @Override
                        public void plain(int at, Samples rows) {
                            if (isChosen(at)) {
                                shaper.plain(rows, head, this::column);
                            }
                        }

                        @Override
                        public void folded(int at, FoldedSamples rows) {
                            if (isChosen(at)) {
                                shaper.folded(rows, head, this::column);
                            }
                        }
                    });
            head.reset();
        }
        var models = new ArrayList<Model>(trainers.length);
        for (var trainer : trainers) {
            models.add(trainer.model());
        }
        return models;
    }

    /// A series as it is written.
    private final class Written implements Slices, ChunkShaper.Columns {
        final List<Integer> track = new ArrayList<>();
        final List<Integer> lengths = new ArrayList<>();
        private final List<Model> models;
        private final ColumnEncoder encoder;
        private boolean isBeforeStreamed = true;

        Written(List<Model> models, ColumnEncoder encoder) {
            this.models = models;
            this.encoder = encoder;
        }

        @Override
        public void column(int role, long[] numbers, int count) {
            models.get(role).foretelling.tokens(numbers, count, role, tokens);
        }

        @Override
        public void plain(int at, Samples rows) throws IOException {
            begin(at, rows.times(), rows.size());
            samples += rows.size();
            for (int i = 0; rows.hasHistograms() && i < rows.size(); i++) {
                histograms += rows.isHistogram(i) ? 1 : 0;
            }
            end(shaper.plain(rows, head, this));
        }

        @Override
        public void folded(int at, FoldedSamples rows) throws IOException {
            var of = times(rows);
            begin(at, of, of.length);
            samples += rows.size();
            histograms += rows.size();
            end(shaper.folded(rows, head, this));
        }

        private void begin(int at, long[] of, int count) {
            while (track.size() < at) {
                track.add(0);
            }
            track.add(timesNumber(of, count) + 1);
            head.reset();
            tokens.reset();
        }

        private void end(boolean isStreamed) throws IOException {
            if (!isStreamed
                    && !isBeforeStreamed
                    && Arrays.equals(
                            head.array(), 0, head.size(), before.array(), 0, before.size())) {
                lengths.add(0); // just as before
                return;
            }
            before.reset();
            before.put(head.array(), 0, head.size());
            isBeforeStreamed = isStreamed;
            if (isStreamed) {
                encoder.encode(tokens, head);
            }
            chunk.reset();
            chunk.putInt(Crc32c.of(head.array(), 0, head.size()));
            chunk.put(head.array(), 0, head.size());
            lengths.add(head.size());
            data.add(chunk);
            position += chunk.size();
            chunks++;
        }
    }

    private int timesNumber(long[] of, int count) {
        var key = TimesKey.of(of, count);
        var known = knownTimes.putIfAbsent(key, knownTimes.size());
        if (known != null) {
            return known;
        }
        var pages = sections.get(Section.TIMES);
        int number = knownTimes.size() - 1;
        if (number % Section.TIMES.perPage == 0) {
            pages.endIfAny();
        }
        head.reset();
        tokens.reset();
        boolean isStreamed =
                times.shape(
                        of,
                        0,
                        count,
                        head,
                        (role, numbers, size) ->
                                timesModels
                                        .get(role)
                                        .foretelling
                                        .tokens(numbers, size, role, tokens));
        if (isStreamed) {
            timesEncoder.encode(tokens, head);
        }
        pages.page().putUvarint(head.size());
        pages.page().put(head.array(), 0, head.size());
        return number;
    }

    private int track(List<Integer> track) {
        var known = knownTracks.putIfAbsent(track, knownTracks.size());
        if (known != null) {
            return known;
        }
        var pages = sections.get(Section.TRACKS);
        int number = knownTracks.size() - 1;
        if (number % Section.TRACKS.perPage == 0) {
            pages.endIfAny();
        }
        pages.page().putUvarint(track.size());
        int last = 0;
        for (int times : track) {
            pages.page().putUvarint(times == 0 ? 0 : Zigzag.of(times - last) + 1);
            last = times == 0 ? last : times;
        }
        return number;
    }

    void end() {
        for (var section : List.of(Section.FAMILIES, Section.TRACKS, Section.TIMES)) {
            sections.get(section).endIfAny();
        }
    }

    /// Bytes of data so far.
    long position() {
        return position;
    }

    /// What the table of contents says of slices and families.
    void writeContents(Buffer contents) {
        contents.putUvarint(slice);
        contents.putVarint(firstSlice);
        contents.putUvarint(slices);
        contents.putUvarint(families);
        contents.putUvarint(knownTracks.size());
        contents.putUvarint(knownTimes.size());
    }

    BlockMeta.Stats stats() {
        return new BlockMeta.Stats(samples, samples - histograms, histograms, series, chunks, 0);
    }

    /// Signed numbers as unsigned ones.
    private static final class Zigzag {
        private Zigzag() {}

        static long of(long number) {
            return number << 1 ^ number >> 63;
        }
    }
}
