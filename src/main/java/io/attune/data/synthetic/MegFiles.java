package io.attune.data.synthetic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.attune.Progress;
import io.attune.data.synthetic.Draws.Purpose;
import io.attune.format.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The folder {@code meg} of a synthetic THINGS: {@code validation-pairwise_decoding_RDMn.mat} and
 * {@code group_concepts.txt}, {@code individual.npy} and {@code individual_images.txt}, and {@code
 * truth.json} with the ceilings.
 *
 * @param held rows of the held-out concepts
 */
record MegFiles(
    SyntheticSettings settings,
    MegSettings meg,
    PlantedMeg planted,
    List<Concept> concepts,
    double[][] behavior,
    List<Integer> held) {
  /** How many of the published individual data's images are for scoring. */
  private static final int SCORED = 18;

  private static final int LAST_GROUP_MS = 1300;
  private static final int LAST_INDIVIDUAL_MS = 1000;

  /** Samples of the individuals that make one time of their target. */
  private static final int AVERAGED = 5;

  /** How many participants the published group's target averages. */
  private static final int GROUP = 3;

  /** A file's times and what a perfect model would reach at them on the held-out rows. */
  private record Ceiling(List<String> heldOut, double[] timesMs, Map<String, Double[]> spearman) {}

  void write(Path folder, Progress progress) throws IOException {
    Files.createDirectory(folder);
    Map<String, Ceiling> truth = new LinkedHashMap<>();
    if (meg.group()) {
      truth.put("group", writeGroup(folder, progress));
    }
    if (meg.individual()) {
      truth.put("individual", writeIndividuals(folder, progress));
    }
    AtomicFile.writeText(folder.resolve("truth.json"), json(truth));
  }

  private Ceiling writeGroup(Path folder, Progress progress) {
    int[] rows = groupRows();
    int times = 1 + (last(LAST_GROUP_MS) - planted.firstMs()) / meg.stepMs();
    SyntheticMeg drawn = drawn(rows);
    String name = String.format(Locale.ROOT, "validation-pairwise_decoding_RDM%d.mat", rows.length);
    drawn.writeGroup(folder.resolve(name), meg.stepMs(), times, progress);
    writeNames(folder.resolve("group_concepts.txt"), rows);
    int[] scored = places(rows, held);
    Map<String, Double[]> ceilings = new LinkedHashMap<>();
    for (String whose : List.of(PlantedMegCeiling.GROUP, PlantedMegCeiling.EVERYBODY)) {
      int averaged = whose.equals(PlantedMegCeiling.GROUP) ? GROUP : meg.participants();
      List<Integer> people =
          IntStream.range(0, Math.min(averaged, meg.participants())).boxed().toList();
      double[] ceiling =
          drawn.ceiling(Purpose.MEG_GROUP_NOISE, people, scored, meg.stepMs(), times, 1);
      ceilings.put(whose, finite(ceiling));
    }
    return new Ceiling(
        names(held.stream().mapToInt(i -> i).toArray()), ms(times, meg.stepMs()), ceilings);
  }

  private Ceiling writeIndividuals(Path folder, Progress progress) {
    int[] rows = individualRows();
    double step = meg.stepMs() / (double) AVERAGED;
    int times = 1 + (int) Math.floor((last(LAST_INDIVIDUAL_MS) - planted.firstMs()) / step);
    SyntheticMeg drawn = drawn(rows);
    drawn.writeIndividuals(folder.resolve("individual.npy"), step, times, AVERAGED, progress);
    writeNames(folder.resolve("individual_images.txt"), rows);
    int[] last = IntStream.range(rows.length - scored(rows.length), rows.length).toArray();
    Map<String, Double[]> ceilings = new LinkedHashMap<>();
    for (int p = 0; p < meg.participants(); p++) {
      double[] ceiling =
          drawn.ceiling(Purpose.MEG_INDIVIDUAL_NOISE, List.of(p), last, step, times, AVERAGED);
      ceilings.put(planted.participants().get(p).name(), finite(ceiling));
    }
    return new Ceiling(
        names(Arrays.stream(last).map(i -> rows[i]).toArray()),
        ms(1 + (times - 1) / AVERAGED, meg.stepMs()),
        ceilings);
  }

  /** The held-out rows and as many others as were asked for, in row order. */
  private int[] groupRows() {
    int wanted = meg.concepts() == 0 ? concepts.size() : meg.concepts();
    TreeSet<Integer> rows = new TreeSet<>(held);
    Draws draws = new Draws(settings.seed(), Purpose.MEG_CONCEPTS, 0);
    for (int row : draws.permutation(concepts.size())) {
      if (rows.size() >= wanted) {
        break;
      }
      rows.add(row);
    }
    return rows.stream().mapToInt(i -> i).toArray();
  }

  /**
   * Rows that are not held out, in the order drawn, then those for scoring, which are: no stage has
   * learnt from them. Where there are too few of either, all shrinks.
   */
  private int[] individualRows() {
    int count = Math.min(meg.images(), concepts.size());
    while (scored(count) > held.size() || count - scored(count) > concepts.size() - held.size()) {
      count--;
    }
    int[] order = new Draws(settings.seed(), Purpose.MEG_IMAGES, 0).permutation(concepts.size());
    IntStream others =
        Arrays.stream(order).filter(row -> !held.contains(row)).limit(count - scored(count));
    IntStream last = held.stream().mapToInt(row -> row).limit(scored(count));
    return IntStream.concat(others, last).toArray();
  }

  /** As many of some images as training holds out. */
  private static int scored(int images) {
    return Math.clamp(images * (long) SCORED / MegSettings.PUBLISHED_IMAGES, 3, images);
  }

  private int last(int published) {
    return meg.lastMs() == 0 ? published : meg.lastMs();
  }

  private SyntheticMeg drawn(int[] rows) {
    List<BufferedImage> images =
        Arrays.stream(rows)
            .parallel()
            .mapToObj(
                row ->
                    ImagePainter.paint(concepts.get(row), settings.seed(), row, 0, settings.size()))
            .toList();
    double[][] dimensions = Arrays.stream(rows).mapToObj(i -> behavior[i]).toArray(double[][]::new);
    PlantedMeg present =
        new PlantedMeg(planted.firstMs(), planted.participants().subList(0, meg.participants()));
    List<Concept> chosen = Arrays.stream(rows).mapToObj(concepts::get).toList();
    return new SyntheticMeg(present, chosen, images, dimensions, meg.noise(), settings.seed());
  }

  private List<String> names(int[] rows) {
    return Arrays.stream(rows).mapToObj(row -> concepts.get(row).id()).toList();
  }

  private void writeNames(Path file, int[] rows) {
    AtomicFile.writeText(file, String.join("\n", names(rows)) + "\n");
  }

  private static int[] places(int[] rows, List<Integer> wanted) {
    return wanted.stream().mapToInt(row -> Arrays.binarySearch(rows, row)).toArray();
  }

  private double[] ms(int times, double step) {
    return IntStream.range(0, times).mapToDouble(t -> planted.firstMs() + t * step).toArray();
  }

  /** JSON knows no NaN: null stands for it. */
  private static Double[] finite(double[] values) {
    return Arrays.stream(values).mapToObj(v -> Double.isNaN(v) ? null : v).toArray(Double[]::new);
  }

  private static String json(Map<String, Ceiling> truth) {
    try {
      return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(truth)
          + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
