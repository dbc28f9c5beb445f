package io.attune.data.synthetic;

import io.attune.Progress;
import io.attune.data.synthetic.Draws.Purpose;
import io.attune.format.Hdf5ArrayWriter;
import io.attune.format.NpyWriter;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * MEG RDMs drawn from what was planted, in the layouts of the published ones: (participant, time,
 * n, n) with a NaN diagonal, cells like accuracies of pairwise decoding.
 *
 * <p>A planted dissimilarity x becomes an accuracy of 0.5 + 0.025 x, which correlations do not
 * notice.
 */
final class SyntheticMeg {
  private static final double CHANCE = 0.5;
  private static final double GAIN = 0.025;

  /**
   * Of each kind over pairs: all of them rise, but less than they come to differ, else a model's
   * loss over all times and pairs would mostly ask how strong the response is, not to what.
   */
  private static final double MEAN = 0.25;

  private final PlantedMeg planted;
  private final List<String> names;
  private final double noise;
  private final long seed;
  private final List<Likeness> likenesses;

  /**
   * A participant's dissimilarities of each kind, condensed, mean {@link #MEAN} and deviation 1.
   */
  private record Likeness(double[] lowLevel, double[] shape, double[] behavior) {}

  /**
   * Of some concepts.
   *
   * @param concepts of the rows
   * @param images of the rows
   * @param dimensions [rows][dimensions], as published
   * @param noise how many times as strong as planted
   */
  SyntheticMeg(
      PlantedMeg planted,
      List<Concept> concepts,
      List<BufferedImage> images,
      double[][] dimensions,
      double noise,
      long seed) {
    this.planted = planted;
    this.names = concepts.stream().map(Concept::id).toList();
    this.noise = noise;
    this.seed = seed;
    double[][] edges = VisualFeatures.edges(images);
    double[][] color = VisualFeatures.color(concepts);
    double[][] shape = VisualFeatures.shape(concepts);
    this.likenesses =
        planted.participants().stream()
            .map(
                p ->
                    new Likeness(
                        standardized(
                            joined(edges, p.edgeWeight(), color, p.colorWeight()),
                            Dissimilarity.EUCLIDEAN),
                        standardized(weighted(shape, p.shapeWeights()), Dissimilarity.EUCLIDEAN),
                        standardized(
                            weighted(dimensions, p.dimensionWeights()), Dissimilarity.CORRELATION)))
            .toList();
  }

  /** The group's file, float64 HDF5 with the data set {@code mat}. */
  void writeGroup(Path file, int stepMs, int times, Progress progress) {
    int n = names.size();
    Shape shape = Shape.of(planted.participants().size(), times, n, n);
    try (Hdf5ArrayWriter writer = Hdf5ArrayWriter.create(file, "mat", DType.F64, shape);
        Progress.Task task = task(progress, times)) {
      draw(
          Purpose.MEG_GROUP_NOISE,
          stepMs,
          times,
          1,
          task,
          square -> writer.append(square, 0, square.length));
      writer.commit();
    }
  }

  /** The individuals' file, float32 {@code .npy}; a sample is noisier than a mean of five. */
  void writeIndividuals(Path file, double stepMs, int times, int averaged, Progress progress) {
    int n = names.size();
    Shape shape = Shape.of(planted.participants().size(), times, n, n);
    float[] narrow = new float[n * n];
    try (NpyWriter writer = NpyWriter.create(file, DType.F32, shape);
        Progress.Task task = task(progress, times)) {
      draw(
          Purpose.MEG_INDIVIDUAL_NOISE,
          stepMs,
          times,
          Math.sqrt(averaged),
          task,
          square -> {
            for (int i = 0; i < narrow.length; i++) {
              narrow[i] = (float) square[i];
            }
            writer.append(narrow, 0, narrow.length);
          });
      writer.commit();
    }
  }

  private Progress.Task task(Progress progress, int times) {
    return progress.start("drawing MEG", "RDMs", (long) planted.participants().size() * times);
  }

  private interface Taker {
    void take(double[] square);
  }

  private void draw(
      Purpose purpose, double stepMs, int times, double strength, Progress.Task task, Taker taker) {
    int ahead = 2 * Runtime.getRuntime().availableProcessors();
    for (int p = 0; p < planted.participants().size(); p++) {
      int participant = p;
      for (int from = 0; from < times; from += ahead) {
        List<double[]> squares =
            IntStream.range(from, Math.min(times, from + ahead))
                .parallel()
                .mapToObj(
                    t ->
                        square(
                            noisy(
                                participant,
                                planted.firstMs() + t * stepMs,
                                strength,
                                new Draws(seed, purpose, participant * times + t))))
                .toList();
        squares.forEach(taker::take);
        task.advance(squares.size());
      }
    }
  }

  /** Planted dissimilarities without noise, upper triangle. */
  double[] exact(int participant, double ms) {
    PlantedMeg.Participant p = planted.participants().get(participant);
    Likeness likeness = likenesses.get(participant);
    double low = p.lowLevel().at(ms);
    double shape = p.shape().at(ms);
    double high = p.behavior().at(ms);
    double[] values = new double[likeness.lowLevel().length];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          low * likeness.lowLevel()[i]
              + shape * likeness.shape()[i]
              + high * likeness.behavior()[i];
    }
    return values;
  }

  /**
   * What a model that knew the planted dissimilarities would reach: Spearman's correlation, at each
   * time, between the mean of some participants without noise and the mean as written; NaN where
   * nothing is planted.
   *
   * @param purpose of the file's noise
   * @param participants averaged, from 0
   * @param rows whose pairs are compared
   * @param averaged samples a time
   */
  double[] ceiling(
      Purpose purpose,
      List<Integer> participants,
      int[] rows,
      double stepMs,
      int times,
      int averaged) {
    int count = 1 + (times - 1) / averaged;
    return IntStream.range(0, count)
        .parallel()
        .mapToDouble(
            group -> {
              int pairs = rows.length * (rows.length - 1) / 2;
              double[] exact = new double[pairs];
              double[] noisy = new double[pairs];
              int first = group == 0 ? 0 : averaged * (group - 1) + 1;
              for (int t = first; t <= averaged * group; t++) {
                double ms = planted.firstMs() + t * stepMs;
                for (int p : participants) {
                  Draws draws = new Draws(seed, purpose, p * times + t);
                  addPairs(exact(p, ms), rows, exact);
                  addPairs(noisy(p, ms, Math.sqrt(averaged), draws), rows, noisy);
                }
              }
              return Comparison.SPEARMAN.correlate(exact, noisy).value();
            })
        .toArray();
  }

  private void addPairs(double[] condensed, int[] rows, double[] sums) {
    int n = names.size();
    for (int a = 0, at = 0; a < rows.length; a++) {
      for (int b = a + 1; b < rows.length; b++, at++) {
        int i = Math.min(rows[a], rows[b]);
        int j = Math.max(rows[a], rows[b]);
        sums[at] += condensed[i * n - i * (i + 1) / 2 + j - i - 1];
      }
    }
  }

  private double[] noisy(int participant, double ms, double strength, Draws draws) {
    double[] values = exact(participant, ms);
    double sigma = planted.participants().get(participant).noise() * noise * strength;
    for (int i = 0; i < values.length; i++) {
      values[i] = CHANCE + GAIN * (values[i] + sigma * draws.normal());
    }
    return values;
  }

  private double[] square(double[] condensed) {
    int n = names.size();
    double[] square = new double[n * n];
    Arrays.fill(square, Double.NaN);
    for (int i = 0, p = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, p++) {
        square[i * n + j] = condensed[p];
        square[j * n + i] = condensed[p];
      }
    }
    return square;
  }

  /** Mean {@link #MEAN} and standard deviation 1. */
  private double[] standardized(double[][] features, Dissimilarity measure) {
    double[] values = Rdm.ofFeatures(names, features, measure).condensed();
    double mean = Arrays.stream(values).average().orElseThrow();
    double deviation =
        Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
    for (int i = 0; i < values.length; i++) {
      values[i] = MEAN + (values[i] - mean) / deviation;
    }
    return values;
  }

  private static double[][] weighted(double[][] dimensions, List<Double> weights) {
    double[][] weighted = new double[dimensions.length][weights.size()];
    for (int i = 0; i < dimensions.length; i++) {
      for (int k = 0; k < weights.size(); k++) {
        weighted[i][k] = dimensions[i][k] * weights.get(k);
      }
    }
    return weighted;
  }

  private static double[][] joined(double[][] a, double weightA, double[][] b, double weightB) {
    double[][] joined = new double[a.length][a[0].length + b[0].length];
    for (int i = 0; i < joined.length; i++) {
      for (int k = 0; k < joined[i].length; k++) {
        int second = k - a[i].length;
        joined[i][k] = second < 0 ? weightA * a[i][k] : weightB * b[i][second];
      }
    }
    return joined;
  }
}
