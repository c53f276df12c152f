package tokenplumb.tsdb.compact;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tokenplumb.kit.Seeds;
import tokenplumb.signal.BucketLayout;
import tokenplumb.signal.Labels;
import tokenplumb.signal.Matcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Random series, plain and folded, in random places: merged into one they look to everybody as
/// they did apart.
class SeriesMergeTest {
    private static final long HOUR = RandomPlaces.HOUR;

    private static List<SeriesMerge.Place> places(List<FakePlace> places) {
        return places.stream()
                .map(place ->
                        new SeriesMerge.Place(
                                () ->
                                        List.<tokenplumb.tsdb.kept.KeptSeries>copyOf(place.all)
                                                .iterator(),
                                Deleted.NOTHING))
                .toList();
    }

    @Test
    void nobodySeesADifference() {
        Seeds.forEach(
                1000,
                random -> {
                    var apart = new ArrayList<FakePlace>();
                    for (int i = random.nextInt(4); i >= 0; i--) {
                        apart.add(RandomPlaces.place(random, 0));
                    }
                    var merged = new FakePlace();
                    boolean any =
                            new SeriesMerge(places(apart), 0, 100_000 * HOUR, () -> false)
                                    .into(merged);
                    var before = RandomPlaces.seen(apart);
                    assertThat(any).isEqualTo(!before.isEmpty());
                    assertThat(RandomPlaces.seen(List.of(merged))).isEqualTo(before);
                });
    }

    @Test
    void onlyTheRangeIsTaken() {
        Seeds.forEach(
                300,
                random -> {
                    var place = RandomPlaces.place(random, 0);
                    long from = random.nextInt(20) * HOUR;
                    long to = from + random.nextInt(20) * HOUR;
                    var merged = new FakePlace();
                    new SeriesMerge(places(List.of(place)), from, to, () -> false).into(merged);
                    var expected = RandomPlaces.seen(List.of(place));
                    expected.values()
                            .forEach(lines ->
                                    lines.removeIf(line -> {
                                        long time =
                                                Long.parseLong(
                                                        line.substring(0, line.indexOf(' ')));
                                        return time < from || time > to;
                                    }));
                    expected.values().removeIf(List::isEmpty);
                    assertThat(RandomPlaces.seen(List.of(merged))).isEqualTo(expected);
                });
    }

    /// Deleting from each place and merging is the same as filtering what is seen.
    @Test
    void whatWasDeletedDoesNotComeAlong() {
        Seeds.forEach(
                1000,
                random -> {
                    var place = RandomPlaces.place(random, 0);
                    var expected = RandomPlaces.seen(List.of(place));
                    var deletions = new Deleted.Builder(Deleted.NOTHING);
                    for (int i = random.nextInt(3); i >= 0; i--) {
                        long from = random.nextInt(30) * HOUR;
                        long to = from + random.nextInt(100) * HOUR;
                        var selectors =
                                List.of(
                                        List.of(
                                                Matcher.of(
                                                        random.nextBoolean()
                                                                ? Matcher.Type.REGEX
                                                                : Matcher.Type.NOT_REGEX,
                                                        Labels.NAME,
                                                        List.of(
                                                                        "h0.*",
                                                                        "h0_bucket|m",
                                                                        "h1_sum",
                                                                        ".*_count",
                                                                        ".*")
                                                                .get(random.nextInt(5)))),
                                        List.of(
                                                Matcher.equal("le", "0.5"),
                                                Matcher.equal("i", "1")));
                        try (var kept = place) {
                            var hit = Hit.in(kept, from, to, selectors);
                            hit.whole().forEach(series -> deletions.add(series, from, to));
                            hit.members()
                                    .forEach((family, members) ->
                                            members.forEach(member ->
                                                    deletions.addMember(family, member, from, to)));
                        }
                        expected.forEach((labels, lines) -> {
                            boolean isHit = selectors.stream().anyMatch(all -> passes(all, labels));
                            lines.removeIf(line -> {
                                long time = Long.parseLong(line.substring(0, line.indexOf(' ')));
                                return isHit && time >= from && time <= to;
                            });
                        });
                        expected.values().removeIf(List::isEmpty);
                    }
                    var deleted = written(deletions.build());
                    assertThat(RandomPlaces.seen(List.of(Undeleted.in(place, deleted))))
                            .isEqualTo(expected);
                    var merged = new FakePlace();
                    var places =
                            List.of(
                                    new SeriesMerge.Place(
                                            () ->
                                                    List.<tokenplumb.tsdb.kept.KeptSeries>copyOf(
                                                                    place.all)
                                                            .iterator(),
                                            deleted));
                    new SeriesMerge(places, 0, 100_000 * HOUR, () -> false).into(merged);
                    assertThat(RandomPlaces.seen(List.of(merged))).isEqualTo(expected);
                });
    }

    private static boolean passes(List<Matcher> matchers, String labels) {
        // Of the text of labels: {__name__="h0_bucket", i="1", le="0.5"} or h0_bucket{i="1"}.
        return matchers.stream().allMatch(matcher -> matcher.matches(value(labels, matcher)));
    }

    private static String value(String labels, Matcher matcher) {
        if (matcher.name().equals(Labels.NAME)) {
            return labels.substring(0, labels.indexOf('{'));
        }
        int at = labels.indexOf(matcher.name() + "=\"");
        return at < 0
                ? ""
                : labels.substring(
                        at + matcher.name().length() + 2,
                        labels.indexOf('"', at + matcher.name().length() + 2));
    }

    /// Through its file.
    private static Deleted written(Deleted deleted) throws IOException {
        var disk = new tokenplumb.kit.MemoryDisk();
        deleted.write(disk, "deleted");
        assertThat(Deleted.read(disk, "deleted")).isEqualTo(deleted);
        return Deleted.read(disk, "deleted");
    }

    @Test
    void stopsWhenTold() {
        var place = new FakePlace();
        place.series(Labels.of(Labels.NAME, "m"), BucketLayout.NONE);
        org.assertj.core.api.Assertions.assertThatThrownBy(() ->
                        new SeriesMerge(places(List.of(place)), 0, 1, () -> true)
                                .into(new FakePlace()))
                .isInstanceOf(java.io.InterruptedIOException.class);
    }
}
