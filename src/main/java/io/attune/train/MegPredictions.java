package io.attune.train;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import io.attune.rsa.Rdms;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * A MEG run's outputs for named images.
 *
 * @param names N images
 * @param outputs [T, N, K]
 */
public record MegPredictions(List<String> names, MegOutputs outputs) {
  private static final int BATCH = 32;

  public MegPredictions {
    names = List.copyOf(names);
    if (names.size() != outputs.images()) {
      throw new IllegalArgumentException(
          "%d names for outputs of %d images".formatted(names.size(), outputs.images()));
    }
  }

  /**
   * Computes them as {@link MegOutputs} does, all images together.
   *
   * @param base the opened base model; a run's start is merged into it for good
   * @param things folder whose images bear the names
   * @throws InputException if an image is missing or the run does not fit the model
   */
  public static MegPredictions of(
      ClipModel base, Path model, Path things, Path run, List<String> names, Progress progress) {
    return of(base, model, things, run, names, OptionalLong.empty(), progress);
  }

  /** As {@link MegOutputs} does with noise of a seed, if it is wanted. */
  public static MegPredictions of(
      ClipModel base,
      Path model,
      Path things,
      Path run,
      List<String> names,
      OptionalLong noise,
      Progress progress) {
    List<Path> files = MegImages.of(things, names);
    int batch = Math.min(BATCH, names.size());
    return new MegPredictions(
        names, MegOutputs.of(base, model, run, files, batch, noise, progress));
  }

  /** At some of the times only. */
  public MegPredictions at(double... timesMs) {
    return new MegPredictions(names, outputs.at(timesMs));
  }

  /**
   * K outputs for an image.
   *
   * @param time counts from 0
   */
  public double[] of(int time, String name) {
    return row(time, place(name));
  }

  private int place(String name) {
    int image = names.indexOf(name);
    if (image < 0) {
      throw new IllegalArgumentException("no outputs for " + name);
    }
    return image;
  }

  private double[] row(int time, int image) {
    double[] row = new double[outputs.prompts()];
    int from = (time * outputs.images() + image) * row.length;
    for (int k = 0; k < row.length; k++) {
      row[k] = outputs.values()[from + k];
    }
    return row;
  }

  /**
   * RDMs over time, 1 less Pearson's r of two images' outputs; NaN throughout where all outputs are
   * alike, at closed times. Computed each time they are used.
   *
   * @param wanted some of the names
   */
  public Rdms rdms(String label, List<String> wanted) {
    int[] images = wanted.stream().mapToInt(this::place).toArray();
    return Rdms.of(
        wanted, List.of(label), outputs.timesMs(), (only, time) -> rdm(time, wanted, images));
  }

  private double[] rdm(int time, List<String> wanted, int[] images) {
    if (!outputs.open()[time]) {
      double[] undefined = new double[wanted.size() * (wanted.size() - 1) / 2];
      Arrays.fill(undefined, Double.NaN);
      return undefined;
    }
    double[][] rows = Arrays.stream(images).mapToObj(i -> row(time, i)).toArray(double[][]::new);
    return Rdm.ofFeatures(wanted, rows, Dissimilarity.CORRELATION).condensed();
  }
}
