package io.attune.data.synthetic;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.data.synthetic.Draws.Purpose;
import io.attune.format.AtomicFile;
import io.attune.format.MatFileWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * Writes a synthetic THINGS in the published layouts, from one seed: {@code unique_id.txt}, {@code
 * things_concepts.tsv}, {@code labels.txt}, {@code spose_embedding_66d_sorted.txt}, {@code
 * words48.mat}, {@code RDM48_triplet.mat}, {@code trainset.txt}, {@code validationset.txt}, {@code
 * sortind.mat} and {@code images/}; and beside them {@code captions.tsv} for pre-training and
 * {@code truth.json}, which says what was planted; on request {@code meg/}, see {@link MegFiles}.
 *
 * <p>The traps of the real files are there: reference images that are not {@code _01b}, words with
 * spaces, words that stand for a numbered id, rows whose order is not that of sorted file names.
 */
public final class SyntheticThings {
  private static final int MEG_PARTICIPANTS = 4;
  private static final int TRIPLETS_PER_CONCEPT = 40;

  private final SyntheticSettings settings;
  private final MegSettings meg;
  private final List<BehaviorDimension> dimensions = BehaviorDimension.all();
  private final List<Concept> concepts;
  private final double[][] behavior;

  private SyntheticThings(SyntheticSettings settings, MegSettings meg) {
    if (meg.concepts() > settings.concepts()) {
      throw new InputException(
          "synthetic MEG: of %d concepts, where only %d are drawn; lower the one or raise the other"
              .formatted(meg.concepts(), settings.concepts()));
    }
    this.settings = settings;
    this.meg = meg;
    concepts = World.concepts(settings.seed(), settings.concepts());
    behavior = new double[concepts.size()][];
    for (int i = 0; i < behavior.length; i++) {
      behavior[i] = BehaviorDimension.embed(dimensions, concepts.get(i));
      Draws draws = new Draws(settings.seed(), Purpose.BASELINE, i);
      for (int k = 0; k < behavior[i].length; k++) {
        behavior[i][k] += draws.uniform(0, 0.04); // SPoSE's small values are not quite 0 either
      }
    }
  }

  /** As {@link #write(Path, SyntheticSettings, MegSettings, Progress)}, without MEG. */
  public static void write(Path out, SyntheticSettings settings, Progress progress) {
    write(out, settings, MegSettings.NONE, progress);
  }

  /**
   * Writes a folder, whole or not at all.
   *
   * @param out must not exist, or be empty
   * @throws InputException if {@code out} holds anything or cannot be written, or MEG is of more
   *     concepts than are drawn
   */
  public static void write(
      Path out, SyntheticSettings settings, MegSettings meg, Progress progress) {
    Path target = out.toAbsolutePath().normalize();
    Path work = target.resolveSibling("." + target.getFileName() + ".tmp");
    try {
      if (Files.exists(target) && !isEmptyFolder(target)) {
        throw new InputException(out + ": already exists; name a new folder");
      }
      Files.createDirectories(target.getParent());
      delete(work);
      Files.createDirectory(work);
      new SyntheticThings(settings, meg).writeAll(work, progress);
      Files.deleteIfExists(target);
      Files.move(work, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | UncheckedIOException e) {
      throw new InputException(out + ": cannot be written: " + e.getMessage(), e);
    } finally {
      delete(work);
    }
  }

  private void writeAll(Path folder, Progress progress) throws IOException {
    List<String> ids = concepts.stream().map(Concept::id).toList();
    writeLines(folder, "unique_id.txt", ids);
    writeLines(folder, "things_concepts.tsv", conceptTable());
    writeLines(folder, "labels.txt", dimensions.stream().map(BehaviorDimension::label).toList());
    writeLines(folder, "spose_embedding_66d_sorted.txt", embeddingRows());
    writeTriplets(folder);
    List<Integer> held = heldOut();
    List<String> heldIds = held.stream().map(ids::get).toList();
    double[][] heldBehavior = held.stream().map(i -> behavior[i]).toArray(double[][]::new);
    Judgements judgements = Judgements.draw(heldIds, heldBehavior, settings.seed());
    MatFileWriter.writeStrings(
        folder.resolve("words48.mat"), "words48", heldIds.stream().map(this::word).toList());
    MatFileWriter.writeMatrix(
        folder.resolve("RDM48_triplet.mat"), "RDM48_triplet", judgements.rdm().square());
    writeImages(folder, progress);
    PlantedMeg planted =
        PlantedMeg.draw(
            Math.max(MEG_PARTICIPANTS, meg.participants()),
            dimensions.size(),
            BehaviorDimension.themes(),
            settings.seed());
    if (meg.group() || meg.individual()) {
      new MegFiles(settings, meg, planted, concepts, behavior, held)
          .write(folder.resolve("meg"), progress);
    }
    Truth truth =
        new Truth(
            settings,
            judgements.ceiling(),
            judgements.noise(),
            OddOneOut.CEILING,
            heldIds,
            dimensions.stream().map(BehaviorDimension::label).toList(),
            Truth.drawn(concepts),
            planted);
    AtomicFile.writeText(folder.resolve("truth.json"), truth.toJson());
  }

  /** Rows of 48 concepts, or of a fifth of them if they are fewer than 240. */
  private List<Integer> heldOut() {
    int count = Math.min(48, concepts.size() / 5);
    Draws draws = new Draws(settings.seed(), Purpose.HELD_OUT, 0);
    return IntStream.of(draws.permutation(concepts.size())).limit(count).boxed().toList();
  }

  /** As words48 writes an id: with spaces, and the first of several without its number. */
  private String word(String id) {
    String bare = id.endsWith("1") ? id.substring(0, id.length() - 1) : id;
    boolean numbered = Character.isDigit(bare.charAt(bare.length() - 1));
    return (numbered ? id : bare).replace('_', ' ');
  }

  private List<String> conceptTable() {
    List<String> lines = new ArrayList<>(List.of("Word\tuniqueID\tExample image"));
    for (int i = 0; i < concepts.size(); i++) {
      Concept concept = concepts.get(i);
      lines.add(String.join("\t", concept.kind().replace('_', ' '), concept.id(), imagePath(i, 0)));
    }
    return lines;
  }

  private List<String> embeddingRows() {
    List<String> lines = new ArrayList<>();
    for (double[] row : behavior) {
      StringBuilder line = new StringBuilder();
      for (double value : row) {
        line.append(String.format(Locale.ROOT, "%.12f\t", value));
      }
      lines.add(line.toString());
    }
    return lines;
  }

  /** Triplets number concepts as they were collected; sortind holds each row's number, from 1. */
  private void writeTriplets(Path folder) throws IOException {
    int n = concepts.size();
    int[] collected = new Draws(settings.seed(), Purpose.COLLECTION_ORDER, 0).permutation(n);
    List<String> lines = new ArrayList<>();
    int count = n * TRIPLETS_PER_CONCEPT;
    for (int[] t : new OddOneOut(behavior, settings.seed()).draw(count, settings.seed())) {
      lines.add(collected[t[0]] + " " + collected[t[1]] + " " + collected[t[2]]);
    }
    int training = count * 9 / 10;
    writeLines(folder, "trainset.txt", lines.subList(0, training));
    writeLines(folder, "validationset.txt", lines.subList(training, count));
    double[][] sortind = new double[n][1];
    for (int row = 0; row < n; row++) {
      sortind[row][0] = collected[row] + 1;
    }
    MatFileWriter.writeMatrix(folder.resolve("sortind.mat"), "sortind", sortind);
  }

  private void writeImages(Path folder, Progress progress) throws IOException {
    int each = settings.imagesPerConcept();
    for (Concept concept : concepts) {
      Files.createDirectories(folder.resolve("images").resolve(concept.id()));
    }
    int total = concepts.size() * each;
    try (Progress.Task task = progress.start("drawing images", "images", total)) {
      IntStream.range(0, total)
          .parallel()
          .forEach(
              image -> {
                writeImage(folder, image / each, image % each);
                task.advance(1);
              });
    }
    List<String> captions = new ArrayList<>(List.of("image\tcaption"));
    for (int image = 0; image < total; image++) {
      Draws draws = new Draws(settings.seed(), Purpose.CAPTION, image);
      String caption = CaptionWriter.write(concepts.get(image / each), draws);
      captions.add(imagePath(image / each, image % each) + "\t" + caption);
    }
    writeLines(folder, "captions.tsv", captions);
  }

  private void writeImage(Path folder, int row, int instance) {
    BufferedImage image =
        ImagePainter.paint(concepts.get(row), settings.seed(), row, instance, settings.size());
    try {
      ImageIO.write(image, "png", folder.resolve(imagePath(row, instance)).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The reference image of one concept in ten is not a {@code _01b}. */
  private String imagePath(int row, int instance) {
    String id = concepts.get(row).id();
    char letter = instance > 0 ? 'n' : row % 10 == 7 ? 's' : 'b';
    return String.format(Locale.ROOT, "images/%s/%s_%02d%c.png", id, id, instance + 1, letter);
  }

  private static void writeLines(Path folder, String name, List<String> lines) {
    AtomicFile.writeText(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  private static boolean isEmptyFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }

  private static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
