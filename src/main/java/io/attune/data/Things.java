package io.attune.data;

import io.attune.InputException;
import io.attune.rsa.Rdm;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A THINGS folder: concepts, their behavioural embedding, the held-out objects with the
 * dissimilarities that people gave them, and images. Everything is joined by unique id.
 */
public final class Things {
  private final ThingsFiles files;
  private final BehaviorTable table;
  private final Map<String, Integer> rows;
  private final TargetScale scale;
  private final List<String> labels;
  private final Rdm measured;

  private Things(ThingsFiles files, BehaviorTable table, List<String> labels, Rdm measured) {
    this.files = files;
    this.table = table;
    this.rows = BehaviorTable.index(table.concepts());
    this.scale = TargetScale.of(table.rows());
    this.labels = labels;
    this.measured = measured;
  }

  /** Opens a folder with every concept joined by its id. */
  public static Things open(Path folder) {
    return open(folder, ConceptOrder.ID);
  }

  /** Opens the files that {@link ThingsFiles#find} finds in a folder. */
  public static Things open(Path folder, ConceptOrder order) {
    return open(ThingsFiles.find(folder), order);
  }

  /**
   * Opens a folder whose parts are given.
   *
   * @param order which concept each row of an embedding without names is given to
   * @throws InputException if parts do not fit each other: the message names file, line, expected
   *     and found
   */
  public static Things open(ThingsFiles files, ConceptOrder order) {
    List<String> ids = ConceptList.read(files.concepts());
    BehaviorTable table = BehaviorTable.read(files.behavior(), order.rows(ids), ids);
    int dimensions = table.rows()[0].length;
    List<String> labels = files.labels() == null ? List.of() : Listing.names(files.labels());
    if (!labels.isEmpty() && labels.size() != dimensions) {
      throw new InputException(
          "%s: expected a name for each of the %d dimensions of %s, found %d"
              .formatted(
                  files.labels(), dimensions, files.behavior().getFileName(), labels.size()));
    }
    if ((files.words() == null) != (files.rdm() == null)) {
      throw new InputException(
          "%s: words48.mat and RDM48_triplet.mat go together, %s is missing; add it or remove the other"
              .formatted(
                  files.folder(), files.words() == null ? "words48.mat" : "RDM48_triplet.mat"));
    }
    Rdm measured = files.words() == null ? null : HeldOut.read(files.words(), files.rdm(), ids);
    return new Things(files, table, labels, measured);
  }

  /** Where its parts lie. */
  public ThingsFiles files() {
    return files;
  }

  /** Concepts that have a behavioural row, in row order. */
  public List<String> concepts() {
    return table.concepts();
  }

  /** Number of behavioural dimensions. */
  public int dimensions() {
    return table.rows()[0].length;
  }

  /** Names of the dimensions, empty if the folder has none. */
  public List<String> labels() {
    return labels;
  }

  /**
   * Behavioural rows as published, concepts x dimensions.
   *
   * @throws InputException if concepts have no row
   */
  public double[][] behavior(List<String> concepts) {
    List<String> unknown = concepts.stream().filter(concept -> !rows.containsKey(concept)).toList();
    if (!unknown.isEmpty()) {
      throw new InputException(
          "%s: no row for %s".formatted(files.behavior(), Listing.count(unknown)));
    }
    return concepts.stream()
        .map(concept -> table.rows()[rows.get(concept)].clone())
        .toArray(double[][]::new);
  }

  /** Smallest and largest value over all concepts and dimensions. */
  public TargetScale targetScale() {
    return scale;
  }

  /**
   * Training targets on 0..100, concepts x dimensions: the behavioural rows, scaled by one minimum
   * and maximum over the whole embedding.
   *
   * @throws InputException if concepts have no row, or the embedding is constant
   */
  public float[][] targets(List<String> concepts) {
    if (scale.min() == scale.max()) {
      throw new InputException(files.behavior() + ": all values are " + scale.min());
    }
    double[][] values = behavior(concepts);
    float[][] targets = new float[values.length][values[0].length];
    for (int i = 0; i < values.length; i++) {
      for (int k = 0; k < values[i].length; k++) {
        targets[i][k] = (float) scale.scale(values[i][k]);
      }
    }
    return targets;
  }

  /** Whether the folder has held-out objects with measured dissimilarities. */
  public boolean hasHeldOut() {
    return measured != null;
  }

  /** The held-out objects, in the order of {@code words48.mat}. */
  public List<String> heldOut() {
    return measured().names();
  }

  /**
   * The dissimilarities that people gave the held-out objects.
   *
   * @throws InputException if the folder has none
   */
  public Rdm measured() {
    if (measured == null) {
      throw new InputException(
          files.folder() + ": no words48.mat and RDM48_triplet.mat, the people's judgements");
    }
    return measured;
  }

  /** Concepts with a behavioural row that are not held out, in row order. */
  public List<String> trainable() {
    Set<String> held = new HashSet<>(measured == null ? List.of() : measured.names());
    return concepts().stream().filter(concept -> !held.contains(concept)).toList();
  }

  /** Lists the images; a folder without any gives an empty one. */
  public ThingsImages images() {
    return ThingsImages.open(files.images());
  }
}
