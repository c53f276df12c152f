package tokenplumb.tsdb.block;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.FaultyDisk;
import tokenplumb.kit.MemoryDisk;
import tokenplumb.kit.Seeds;
import tokenplumb.signal.Matcher;
import tokenplumb.tsdb.kept.KeptSeries;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

class BlockDamageTest {
    /// A copy of a block in which one byte is another.
    private static MemoryDisk damaged(MemoryDisk disk, String name, int at, int bits) {
        try {
            var copy = disk.afterPowerLoss(new Random(1));
            byte now = copy.read(name)[at];
            copy.damage(name, at, (byte) (now ^ bits));
            return copy;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aFlippedByteCostsWhatItHitsAndIsTold() {
        Seeds.forEach(
                8,
                random -> {
                    var disk = new MemoryDisk();
                    var given = RandomSeries.list(random, 25, true, true);
                    var meta = BlockTest.write(disk, BlockTest.meta(random), given, 60, 100_000);
                    var expected = BlockTest.said(given);
                    var names = new ArrayList<>(disk.list(meta.ulid()));
                    names.addAll(disk.list(meta.ulid() + "/chunks"));
                    for (int i = 0; i < 40; i++) {
                        var name = names.get(random.nextInt(names.size()));
                        if (disk.size(name) == 0) {
                            continue;
                        }
                        int at = random.nextInt((int) disk.size(name));
                        var broken = damaged(disk, name, at, 1 << random.nextInt(8));
                        check(broken, meta.ulid(), expected, name + " at " + at);
                    }
                });
    }

    @Test
    void aDamagedTableOfPostingsIsMadeAnew() {
        Seeds.forEach(
                10,
                random -> {
                    var disk = new MemoryDisk();
                    var given = RandomSeries.list(random, 40, true, true);
                    var meta = BlockTest.write(disk, BlockTest.meta(random), given, 60, 100_000);
                    var name = meta.ulid() + "/index";
                    int at = (int) disk.size(name) - IndexWriter.TOC - 8; // amid the table
                    var broken = damaged(disk, name, at, 1);
                    var told = new ArrayList<String>();
                    try (var block =
                                    Block.open(
                                            broken,
                                            meta.ulid(),
                                            (file, offset, what) -> told.add(what));
                            var whole = Block.open(disk, meta.ulid(), (file, offset, what) -> {});
                            var kept = block.kept();
                            var right = whole.kept()) {
                        assertThat(told).singleElement().asString().contains("made anew");
                        for (var type : Matcher.Type.values()) {
                            for (var value : List.of("pod-1|pod-2", "pod-3", "", ".*")) {
                                var matchers = List.of(Matcher.of(type, "pod", value));
                                assertThat(
                                                BlockTest.said(
                                                        kept.plain(
                                                                Long.MIN_VALUE,
                                                                Long.MAX_VALUE,
                                                                matchers)))
                                        .isEqualTo(
                                                BlockTest.said(
                                                        right.plain(
                                                                Long.MIN_VALUE,
                                                                Long.MAX_VALUE,
                                                                matchers)));
                            }
                        }
                        assertThat(
                                        kept.labelValues(
                                                "pod", Long.MIN_VALUE, Long.MAX_VALUE, List.of()))
                                .isEqualTo(
                                        right.labelValues(
                                                "pod", Long.MIN_VALUE, Long.MAX_VALUE, List.of()));
                        assertThat(block.verify()).isNotEmpty();
                    }
                });
    }

    private static void check(
            MemoryDisk disk, String folder, Map<String, List<String>> expected, String where) {
        var told = new ArrayList<String>();
        try (var block = Block.open(disk, folder, (file, at, what) -> told.add(file + what));
                var kept = block.kept()) {
            var all = new ArrayList<KeptSeries>();
            block.inOrder().forEachRemaining(all::add);
            var read = BlockTest.said(all);
            boolean isInMeta = where.contains("meta.json"); // has no checksum
            for (var series : read.entrySet()) {
                var whole = expected.get(series.getKey());
                assertThat(whole).as("%s of %s", series.getKey(), where).isNotNull();
                assertThat(new HashSet<>(whole).containsAll(series.getValue())).as(where).isTrue();
            }
            var problems = block.verify();
            if (!read.equals(expected)) {
                assertThat(told).as(where).isNotEmpty();
                assertThat(problems).as(where).isNotEmpty();
            }
            var matcher = List.of(Matcher.of(Matcher.Type.REGEX, "pod", "pod-.*"));
            kept.plain(Long.MIN_VALUE, Long.MAX_VALUE, matcher);
            kept.folded(Long.MIN_VALUE, Long.MAX_VALUE, Optional.empty(), matcher);
            kept.labelNames(Long.MIN_VALUE, Long.MAX_VALUE, List.of());
            kept.labelValues("pod", Long.MIN_VALUE, Long.MAX_VALUE, List.of());
            kept.foldedLabelNames(Long.MIN_VALUE, Long.MAX_VALUE);
            assertThat(isInMeta || told.isEmpty() || !problems.isEmpty()).as(where).isTrue();
        } catch (IOException cannotBeUsed) {
            assertThat(cannotBeUsed).as(where).hasMessageContaining(folder);
        }
    }

    @Test
    void powerLostWhileWritingLeavesNoBlockOrAWholeOne() {
        Seeds.forEach(
                60,
                random -> {
                    var given = RandomSeries.list(random, 6, true, true);
                    var meta = BlockTest.meta(random);
                    var faulty =
                            new FaultyDisk(new MemoryDisk(), random)
                                    .losingPowerAt(random.nextInt(40));
                    boolean isWritten = true;
                    try {
                        BlockTest.write(faulty, meta, given, 60, 2_000);
                    } catch (IOException powerLost) {
                        isWritten = false;
                    }
                    var after = faulty.afterPowerLoss();
                    BlockFolders.sweep(after, "");
                    var left = BlockFolders.list(after, "");
                    if (isWritten) {
                        assertThat(left).containsExactly(meta.ulid());
                    }
                    for (var folder : left) {
                        try (var block =
                                Block.open(
                                        after,
                                        folder,
                                        (file, at, what) -> {
                                            throw new AssertionError(file + " " + what);
                                        })) {
                            var all = new ArrayList<KeptSeries>();
                            block.inOrder().forEachRemaining(all::add);
                            assertThat(BlockTest.said(all)).isEqualTo(BlockTest.said(given));
                            assertThat(block.verify()).isEmpty();
                        }
                    }
                    assertThat(after.folders("")).isEqualTo(left);
                });
    }

    @Test
    void powerLostWhileDeletingLeavesTheBlockOrNothing() {
        Seeds.forEach(
                40,
                random -> {
                    var given = RandomSeries.list(random, 6, true, true);
                    var disk = new MemoryDisk();
                    var meta = BlockTest.write(disk, BlockTest.meta(random), given, 60, 2_000);
                    var faulty = new FaultyDisk(disk, random).losingPowerAt(random.nextInt(10));
                    try {
                        BlockFolders.delete(faulty, meta.ulid());
                    } catch (IOException powerLost) {
                        // as meant
                    }
                    var after = faulty.afterPowerLoss();
                    BlockFolders.sweep(after, "");
                    for (var folder : BlockFolders.list(after, "")) {
                        try (var block = Block.open(after, folder, (file, at, what) -> {})) {
                            assertThat(block.verify()).isEmpty();
                        }
                    }
                });
    }
}
