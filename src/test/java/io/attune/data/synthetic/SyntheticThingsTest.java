package io.attune.data.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.Progress;
import io.attune.data.ConceptOrder;
import io.attune.data.Things;
import io.attune.format.MatFile;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticThingsTest {
  private static final String PIXELS_OF_SEED_1 = "d765edba";

  @TempDir static Path shared;
  private static Path folder;

  @BeforeAll
  static void writeOnce() {
    folder = shared.resolve("things");
    SyntheticThings.write(folder, new SyntheticSettings(240, 32, 1, 1), Progress.NONE);
  }

  @Test
  void readsAsThings() throws IOException {
    Things things = Things.open(folder);
    assertEquals(240, things.concepts().size());
    assertEquals(66, things.dimensions());
    assertEquals(48, things.heldOut().size());
    assertEquals(192, things.trainable().size());
    assertEquals(prompts(), things.labels());
    List<Path> images = things.images().references(things.concepts());
    assertTrue(images.stream().anyMatch(image -> image.toString().endsWith("_01s.png")));
    BufferedImage image = ImageIO.read(images.get(0).toFile());
    assertEquals(32, image.getWidth());
    assertEquals(32, image.getHeight());
    assertNotEquals(
        things.concepts(), Things.open(folder, ConceptOrder.REPO).concepts(), "order trap");
    Files.delete(folder.resolve("unique_id.txt"));
    assertEquals(things.concepts(), Things.open(folder).concepts(), "from the concept table");
    Files.write(folder.resolve("unique_id.txt"), things.concepts());
  }

  @Test
  void dimensionsAreSparseAndUsed() {
    Things things = Things.open(folder);
    double[][] rows = things.behavior(things.concepts());
    int[] used = new int[66];
    for (double[] row : rows) {
      int active = 0;
      for (int k = 0; k < row.length; k++) {
        assertTrue(row[k] >= 0);
        active += row[k] > 0.2 ? 1 : 0;
        used[k] += row[k] > 0.2 ? 1 : 0;
      }
      assertTrue(active >= 1 && active <= 50, "active dimensions: " + active);
    }
    long everUsed = Arrays.stream(used).filter(count -> count > 0).count();
    assertTrue(everUsed >= 64, "dimensions in use: " + everUsed);
    assertTrue(Arrays.stream(used).max().getAsInt() < 170, Arrays.toString(used));
  }

  @Test
  void writtenTruthHolds() throws IOException {
    Things things = Things.open(folder);
    JsonNode truth = new ObjectMapper().readTree(folder.resolve("truth.json").toFile());
    Rdm exact =
        Rdm.ofFeatures(
            things.heldOut(), things.behavior(things.heldOut()), Dissimilarity.CORRELATION);
    double spearman = Comparison.SPEARMAN.compare(exact, things.measured()).value();
    assertEquals(truth.get("ceiling").asDouble(), spearman, 1e-6);
    assertEquals(things.heldOut().size(), truth.get("heldOut").size());
    assertEquals(240, truth.get("concepts").size());
    assertEquals(4, truth.get("meg").get("participants").size());
    assertEquals(66, truth.get("meg").get("participants").get(0).get("dimensionWeights").size());
  }

  @Test
  void ceilingIsThatOfTheRealJudgements() {
    List<BehaviorDimension> dimensions = BehaviorDimension.all();
    for (long seed : new long[] {1, 2, 3}) {
      List<Concept> concepts = World.concepts(seed, 48);
      double[][] rows =
          concepts.stream()
              .map(c -> BehaviorDimension.embed(dimensions, c))
              .toArray(double[][]::new);
      List<String> names = concepts.stream().map(Concept::id).toList();
      double ceiling = Judgements.draw(names, rows, seed).ceiling();
      assertEquals(0.865, ceiling, 0.005, "seed " + seed);
    }
  }

  @Test
  void tripletsFollowTheDimensions() throws IOException {
    Things things = Things.open(folder);
    double[][] rows = things.behavior(things.concepts());
    int[] rowOf = new int[rows.length];
    try (MatFile mat = MatFile.open(folder.resolve("sortind.mat"))) {
      double[] sortind = mat.numbers("sortind").values();
      for (int row = 0; row < sortind.length; row++) {
        rowOf[(int) sortind[row] - 1] = row;
      }
    }
    for (String name : List.of("trainset.txt", "validationset.txt")) {
      int agreeing = 0;
      List<String> lines = Files.readAllLines(folder.resolve(name));
      for (String line : lines) {
        int[] t = Stream.of(line.split(" ")).mapToInt(i -> rowOf[Integer.parseInt(i)]).toArray();
        double kept = dot(rows[t[0]], rows[t[1]]);
        boolean largest = kept > dot(rows[t[0]], rows[t[2]]) && kept > dot(rows[t[1]], rows[t[2]]);
        agreeing += largest ? 1 : 0;
      }
      double share = agreeing / (double) lines.size();
      assertEquals(0.6767, share, 0.03, name + " (chance 1/3)");
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }

  @Test
  void captionsDoNotHoldPrompts() throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve("captions.tsv"));
    assertEquals("image\tcaption", lines.get(0));
    assertEquals(241, lines.size());
    Set<String> forbidden = new HashSet<>(prompts());
    prompts().forEach(prompt -> forbidden.addAll(List.of(prompt.split("; "))));
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split("\t");
      assertTrue(Files.exists(folder.resolve(cells[0])), line);
      String concept = cells[0].split("/")[1].replaceAll("\\d+$", "").replace('_', ' ');
      assertTrue(cells[1].contains(concept), line);
      for (String prompt : forbidden) {
        assertFalse((" " + cells[1] + " ").contains(" " + prompt + " "), line + ": " + prompt);
      }
    }
  }

  @Test
  void sameSeedSameFolder() throws IOException {
    SyntheticSettings settings = new SyntheticSettings(40, 24, 2, 9);
    Path first = shared.resolve("first");
    Path second = shared.resolve("second");
    SyntheticThings.write(first, settings, Progress.NONE);
    SyntheticThings.write(second, settings, Progress.NONE);
    try (Stream<Path> files = Files.walk(first)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.toString().endsWith(".mat")) { // whose header tells the time
          Path twin = second.resolve(first.relativize(file));
          assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(twin), file.toString());
        }
      }
    }
    assertEquals(Things.open(first).heldOut(), Things.open(second).heldOut());
    assertArrayEquals(
        Things.open(first).measured().condensed(), Things.open(second).measured().condensed());
  }

  /** A change of any pixel changes what a seed means: then change this on purpose. */
  @Test
  void pixelsOfASeedNeverChange() {
    int hash = 1;
    List<Concept> concepts = World.concepts(1, 100);
    for (int i = 0; i < concepts.size(); i += 9) {
      BufferedImage image = ImagePainter.paint(concepts.get(i), 1, i, 0, 24);
      hash = 31 * hash + Arrays.hashCode(image.getRGB(0, 0, 24, 24, null, 0, 24));
    }
    assertEquals(PIXELS_OF_SEED_1, Integer.toHexString(hash));
  }

  @Test
  void otherSeedsMeetOtherConceptsOfTheSameWorld() {
    Map<String, Concept> one =
        World.concepts(1, 97).stream()
            .collect(Collectors.toMap(Concept::kind, c -> c, (a, b) -> a));
    Map<String, Concept> two =
        World.concepts(2, 97).stream()
            .collect(Collectors.toMap(Concept::kind, c -> c, (a, b) -> a));
    List<BehaviorDimension> dimensions = BehaviorDimension.all();
    Set<String> kinds = new HashSet<>(one.keySet());
    kinds.retainAll(two.keySet());
    assertTrue(kinds.size() > 80, "kinds met by both: " + kinds.size());
    double same = 0;
    double other = 0;
    String before = kinds.iterator().next();
    for (String kind : kinds) {
      assertNotEquals(one.get(kind).latents(), two.get(kind).latents(), kind);
      double[] row = BehaviorDimension.embed(dimensions, one.get(kind));
      same +=
          Comparison.PEARSON
              .correlate(row, BehaviorDimension.embed(dimensions, two.get(kind)))
              .value();
      other +=
          Comparison.PEARSON
              .correlate(row, BehaviorDimension.embed(dimensions, two.get(before)))
              .value();
      before = kind;
    }
    assertTrue(same / kinds.size() > 0.6, "same kind: " + same / kinds.size());
    assertTrue(other / kinds.size() < 0.3, "other kind: " + other / kinds.size());
  }

  @Test
  void refusesBadRequests() {
    assertThrows(InputException.class, () -> new SyntheticSettings(10, 64, 1, 1));
    assertThrows(InputException.class, () -> new SyntheticSettings(240, 4, 1, 1));
    String message =
        assertThrows(
                InputException.class,
                () -> SyntheticThings.write(folder, SyntheticSettings.standard(1), Progress.NONE))
            .getMessage();
    assertTrue(message.contains("already exists"), message);
  }

  @Test
  void plantedMegStartsLowAndEndsHigh() {
    PlantedMeg meg = PlantedMeg.draw(4, 66, BehaviorDimension.themes(), 1);
    assertEquals(meg, PlantedMeg.draw(4, 66, BehaviorDimension.themes(), 1));
    for (PlantedMeg.Participant p : meg.participants()) {
      assertEquals(0, p.lowLevel().at(0));
      assertEquals(0, p.behavior().at(p.behavior().onsetMs()));
      assertEquals(p.shape().strength(), p.shape().at(p.shape().peakMs()), 1e-12);
      assertTrue(p.lowLevel().at(100) > p.shape().at(100), p.name());
      assertTrue(p.lowLevel().at(100) > p.behavior().at(100), p.name());
      assertTrue(p.behavior().at(500) > p.shape().at(500), p.name());
      assertTrue(p.shape().at(500) > p.lowLevel().at(500), p.name());
    }
  }

  @Test
  void peopleAttendToThemesAsAWhole() {
    List<Theme> themes = BehaviorDimension.themes();
    int[] memberships = new int[66];
    themes.forEach(theme -> Arrays.stream(theme.members()).forEach(k -> memberships[k]++));
    int[][] own =
        themes.stream()
            .map(theme -> Arrays.stream(theme.members()).filter(k -> memberships[k] == 1).toArray())
            .filter(members -> members.length >= 2)
            .toArray(int[][]::new);
    List<PlantedMeg.Participant> people = PlantedMeg.draw(99, 66, themes, 1).participants();
    assertTrue(own.length >= 2);
    assertTrue(weightsTogether(people, own[0][0], own[0][1]) > 0.5, "of one theme");
    assertTrue(Math.abs(weightsTogether(people, own[0][0], own[1][0])) < 0.35, "of two themes");
  }

  @Test
  void halfOfThePeopleAttendToAThemeAndNoTwoToTheSame() {
    List<Theme> themes = BehaviorDimension.themes();
    for (long seed = 1; seed <= 5; seed++) {
      List<double[]> logs =
          PlantedMeg.draw(8, 66, themes, seed).participants().stream()
              .map(p -> p.dimensionWeights().stream().mapToDouble(Math::log).toArray())
              .toList();
      for (Theme theme : themes) {
        int cue = theme.members()[theme.members().length - 1];
        if (themes.stream().filter(t -> Arrays.stream(t.members()).anyMatch(k -> k == cue)).count()
            == 1) {
          assertEquals(4, logs.stream().filter(log -> log[cue] > 0).count(), "seed " + seed);
        }
      }
      for (int a = 0; a < logs.size(); a++) {
        for (int b = 0; b < a; b++) {
          double[] one = logs.get(a);
          double[] other = logs.get(b);
          long apart = IntStream.range(0, 66).filter(k -> Math.abs(one[k] - other[k]) > 1).count();
          assertTrue(apart >= 12, "seed %d, people %d and %d: %d".formatted(seed, a, b, apart));
        }
      }
    }
  }

  private static double weightsTogether(List<PlantedMeg.Participant> people, int a, int b) {
    return Comparison.PEARSON.correlate(logWeights(people, a), logWeights(people, b)).value();
  }

  private static double[] logWeights(List<PlantedMeg.Participant> people, int dimension) {
    return people.stream()
        .mapToDouble(p -> Math.log(p.dimensionWeights().get(dimension)))
        .toArray();
  }

  private static List<String> prompts() throws IOException {
    try (var in = SyntheticThingsTest.class.getResourceAsStream("/io/attune/hba/prompts.txt")) {
      return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .toList();
    }
  }
}
