package io.attune.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.attune.InputException;
import io.attune.report.MegReport.Generalization;
import io.attune.report.MegReport.Individuality;
import io.attune.report.MegReport.LayerWeights;
import io.attune.report.MegReport.RdmMovie;
import io.attune.report.MegReport.Role;
import io.attune.report.MegReport.Series;
import io.attune.report.MegReport.TimeCourses;
import io.attune.report.MegReport.Track;
import io.attune.rsa.Comparison;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MegPageTest {
  @Test
  void thePageAsksTheNetworkForNothing() throws Exception {
    Page page = MegPage.render("meg", SampleMegReport.of(15, 10));
    assertTrue(page.html().contains("default-src 'none'"), "a policy forbids requests");
    String ours = PageData.ours(page);
    assertFalse(ours.contains("http:") || ours.contains("https:"), "no address in our own parts");
    assertFalse(Pattern.compile("(src|href)=\"(?!data:)").matcher(ours).find());
    assertFalse(ours.contains("{{"), "every place of the template is filled");
  }

  @Test
  void everyFigureHasItsTable() throws Exception {
    Page page = MegPage.render("meg", SampleMegReport.of(15, 10));
    assertEquals(
        List.of(
            "meg-areas.csv",
            "meg-behavior.csv",
            "meg-courses.csv",
            "meg-generalization-mean.csv",
            "meg-generalization.csv",
            "meg-individuality.csv",
            "meg-movie.csv",
            "meg-participants.csv",
            "meg-views.csv",
            "meg-weight-distances.csv",
            "meg-weights.csv"),
        List.copyOf(page.tables().keySet()));
    page.tables().forEach((name, csv) -> assertRectangular(name, csv));
    for (String table : page.tables().keySet()) {
      String link = table.substring("meg-".length(), table.length() - ".csv".length());
      assertTrue(PageData.ours(page).contains("'" + link + "'"), table + " is linked");
    }
    assertEquals(1 + 3 * 3 * 15, lines(page, "meg-courses.csv"));
    assertEquals(1 + 15 * 15, lines(page, "meg-generalization.csv"));
    assertEquals(1 + 2 * 45, lines(page, "meg-movie.csv"));
    assertEquals(1 + 2 * 66, lines(page, "meg-views.csv"));
    assertTrue(page.tables().get("meg-areas.csv").contains("MEG set 2,lower bound,103.47\n"));
    assertTrue(page.tables().get("meg-behavior.csv").contains("\n-100.0,\n"), "NaN is empty");
  }

  @Test
  void whatIsNotGivenHasNoFigure() throws Exception {
    Page page = MegPage.render("meg", only(List.of(), Optional.empty()));
    assertTrue(page.tables().isEmpty(), page.tables().keySet().toString());
    JsonNode data = PageData.of(page);
    for (String key : List.of("behavior", "weights", "generalization", "movie")) {
      assertTrue(data.path(key).isMissingNode(), key);
    }
  }

  @Test
  void theDataIsWhatWasGiven() throws Exception {
    MegReport sample = SampleMegReport.of(15, 10);
    JsonNode data = PageData.of(MegPage.render("meg", sample));
    assertTrue(data.at("/behavior/values/0").isNull(), "NaN is left out");
    Series first = sample.alignment().getFirst().series().getFirst();
    assertEquals(first.high()[3], data.at("/alignment/0/series/0/high/3").asDouble(), 1e-4);
    assertTrue(data.at("/alignment/0/series/0/ceiling").asBoolean());
    assertTrue(data.at("/alignment/0/series/2/area").isMissingNode());
    assertTrue(data.at("/alignment/0/series/0/q").isEmpty(), "a bound is not tested");
    double q = sample.alignment().getFirst().series().get(1).q()[5];
    assertEquals(q, data.at("/alignment/0/series/1/q/5").asDouble(), 1e-4);
    float[] weights = floats(data.at("/weights/cells").asText());
    assertEquals(15 * 24, weights.length);
    double[][] expected = sample.weights().orElseThrow().weights();
    assertEquals((float) expected[7][5], weights[7 * 24 + 5]);
    Generalization generalization = sample.generalization().orElseThrow();
    float[] meg = floats(data.at("/generalization/meg").asText());
    assertEquals((float) generalization.meg()[3][9], meg[3 * 15 + 9]);
    double mean = 0;
    for (double value : generalization.meg()[4]) {
      mean += value / 15;
    }
    assertEquals(mean, data.at("/generalization/megMean/4").asDouble(), 1e-4);
  }

  @Test
  void participantsAreMatchedByName() throws Exception {
    MegReport sample = SampleMegReport.of(15, 10);
    JsonNode data = PageData.of(MegPage.render("meg", sample));
    Individuality set = sample.individuality().getFirst();
    assertEquals(List.of("P8", "P7"), set.meg().names().subList(0, 2), "another order");
    assertEquals("P1", data.at("/individuality/0/names/0").asText());
    float[] meg = floats(data.at("/individuality/0/meg").asText());
    assertEquals((float) set.meg().get(7, 6), meg[1], "P1 and P2");
    double spearman = Comparison.SPEARMAN.compare(set.models(), set.meg(), NanPolicy.ERROR).value();
    assertEquals(spearman, data.at("/individuality/0/spearman").asDouble(), 1e-4);
    assertEquals(0.0123, data.at("/individuality/0/permutationP").asDouble());
  }

  @Test
  void frameBytesCoverTheRangeAndKeepNan() throws Exception {
    List<String> names = List.of("a", "b", "c");
    Rdm early = Rdm.ofCondensed(names, new double[] {0.5, Double.NaN, 1});
    Rdm late = Rdm.ofCondensed(names, new double[] {0.75, 0.5, 1.5});
    RdmMovie movie =
        new RdmMovie(new double[] {0, 5}, List.of(new Track("MEG", List.of(early, late))));
    MovieFrames frames = MovieFrames.of(movie);
    Track track = frames.tracks().getFirst();
    assertArrayEquals(new double[] {0.5, 1.5}, MovieFrames.range(track));
    byte[] bytes = Base64.getDecoder().decode(MovieFrames.packed(track, 0.5, 1.5));
    double[] shown = track.frames().getFirst().condensed();
    for (int p = 0; p < 3; p++) {
      int expected = Double.isNaN(shown[p]) ? 255 : (int) Math.round((shown[p] - 0.5) * 254);
      assertEquals(expected, bytes[p] & 0xff);
    }
    assertEquals(6, bytes.length);
  }

  @Test
  void largeMoviesAreThinnedEvenly() {
    List<String> names = IntStream.range(0, 170).mapToObj(i -> "image " + i).toList();
    List<String> shuffled = new ArrayList<>(names);
    Collections.reverse(shuffled);
    double[] ones = new double[170 * 169 / 2];
    Rdm frame = Rdm.ofCondensed(names, ones);
    Rdm reversed = Rdm.ofCondensed(shuffled, ones);
    double[] times = IntStream.range(0, 240).mapToDouble(t -> t).toArray();
    RdmMovie movie =
        new RdmMovie(
            times,
            List.of(
                new Track("MEG", Collections.nCopies(240, frame)),
                new Track("model", Collections.nCopies(240, reversed))));
    MovieFrames frames = MovieFrames.of(movie);
    assertEquals(160, frames.names().size());
    assertEquals(170, frames.conditions());
    assertEquals(120, frames.times().length, "160 conditions, 240 times: 3.05 million cells");
    assertEquals(2, frames.times()[1]);
    assertEquals(frames.names(), frames.tracks().get(1).frames().get(5).names());
  }

  @Test
  void moviesOfOtherImagesAreRefusedWithTheirNames() {
    Rdm one = Rdm.ofCondensed(List.of("a", "b"), new double[] {1});
    Rdm other = Rdm.ofCondensed(List.of("a", "zebra"), new double[] {1});
    RdmMovie movie =
        new RdmMovie(
            new double[] {0},
            List.of(new Track("MEG", List.of(one)), new Track("model", List.of(other))));
    MegReport report = only(List.of(), Optional.of(movie));
    InputException error = assertThrows(InputException.class, () -> MegPage.render("meg", report));
    assertTrue(error.getMessage().contains("zebra"), error.getMessage());
  }

  @Test
  void lengthsMustFit() {
    double[] two = {0, 5};
    double[] three = {1, 2, 3};
    Series series = Series.line("model", Role.MODEL, three, OptionalDouble.empty());
    assertThrows(
        IllegalArgumentException.class, () -> new TimeCourses("MEG", two, List.of(series)));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Series("m", Role.MODEL, three, two, two, OptionalDouble.empty()));
    assertThrows(
        IllegalArgumentException.class,
        () -> new LayerWeights(new double[] {0, 5, 20}, new double[3][2]),
        "uneven times");
    assertThrows(
        IllegalArgumentException.class,
        () -> new Generalization(two, new double[2][2], new double[2][3]));
    assertThrows(IllegalArgumentException.class, () -> new RdmMovie(two, List.of()));
  }

  @Test
  void namesCannotBreakOutOfTheData() throws Exception {
    String hostile = "</script><b>\",{{data}}";
    TimeCourses panel =
        new TimeCourses(
            hostile,
            new double[] {0},
            List.of(Series.line(hostile, Role.MODEL, new double[] {1}, OptionalDouble.empty())));
    Page page = MegPage.render("meg", only(List.of(panel), Optional.empty()));
    assertEquals(hostile, PageData.of(page).at("/alignment/0/name").asText());
    assertTrue(page.tables().get("meg-courses.csv").contains("\"</script><b>\"\",{{data}}\""));
  }

  private static MegReport only(List<TimeCourses> alignment, Optional<RdmMovie> movie) {
    return new MegReport(
        "title",
        "summary",
        List.of(),
        alignment,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        movie);
  }

  private static long lines(Page page, String table) {
    return page.tables().get(table).lines().count();
  }

  private static void assertRectangular(String name, String csv) {
    List<Integer> commas = csv.lines().map(line -> line.replaceAll("[^,]", "").length()).toList();
    assertEquals(1, commas.stream().distinct().count(), name + ": " + commas);
    assertTrue(commas.size() > 1, name);
  }

  private static float[] floats(String base64) {
    var buffer =
        ByteBuffer.wrap(Base64.getDecoder().decode(base64))
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }
}
