package io.attune.rsa;

import io.attune.InputException;
import java.util.stream.IntStream;

/**
 * RDMs of single trials at one time: how well each two conditions can be told apart, or how far
 * their patterns lie from each other. On all cores; the bits do not depend on how many.
 */
public final class TrialRdm {
  private final Trials trials;
  private final int channels;
  private final double[] data;

  /**
   * Trials at one time.
   *
   * @param data [trials, channels] in the order of {@code trials}, finite; modified: it is centred
   */
  public TrialRdm(Trials trials, int channels, double[] data) {
    if (data.length != trials.count() * channels) {
      throw new IllegalArgumentException("%d values".formatted(data.length));
    }
    this.trials = trials;
    this.channels = channels;
    this.data = data;
  }

  /**
   * Accuracies of {@link PairwiseLda}. Cost: the dot products of all trials, trials^2 / 2 channels,
   * and for each pair and session a system of as many equations as it has training trials.
   *
   * @return the upper triangle, row by row
   */
  public double[] lda(Shrinkage shrinkage) {
    trials.requireTwoSessions();
    centre();
    return new TrialDecoding(trials, channels, data, shrinkage).accuracies();
  }

  /**
   * 1 - Pearson's r of the conditions' mean patterns.
   *
   * @return the upper triangle, row by row
   * @throws InputException if a mean pattern is the same in all channels
   */
  public double[] correlation() {
    double[][] means = means();
    for (int c = 0; c < means.length; c++) {
      Dissimilarity.CORRELATION.normalize(means[c]);
      if (Double.isNaN(means[c][0])) {
        throw new InputException(
            "condition %s: its mean pattern is the same in all channels, so it correlates with nothing"
                .formatted(trials.names().get(c)));
      }
    }
    return pairs(
        (i, j) -> {
          double dot = 0;
          for (int k = 0; k < channels; k++) {
            dot += means[i][k] * means[j][k];
          }
          return 1 - dot;
        });
  }

  /** The Euclidean distances, with their root, of the conditions' mean patterns. */
  public double[] euclidean() {
    double[][] means = means();
    return pairs(
        (i, j) -> {
          double sum = 0;
          for (int k = 0; k < channels; k++) {
            double step = means[i][k] - means[j][k];
            sum += step * step;
          }
          return Math.sqrt(sum);
        });
  }

  /**
   * The cross-validated, noise-normalised squared distance: for sessions f and g, (x_i - x_j)_f^T
   * C^-1 (x_i - x_j)_g, the mean over ordered pairs of different sessions, divided by the number of
   * channels. C is the shrunk covariance of all trials around their condition's mean, with trials -
   * conditions degrees of freedom. No root is taken: 0 is expected for equal patterns, so values
   * below 0 are right and stay.
   *
   * @return the upper triangle, row by row
   */
  public double[] crossnobis(Shrinkage shrinkage) {
    trials.requireAllSessions();
    centre();
    return new TrialCrossnobis(trials, channels, data, means()).condensed(shrinkage);
  }

  private double[][] means() {
    double[][] means = new double[trials.conditions()][channels];
    for (int c = 0; c < means.length; c++) {
      int from = trials.starts()[c];
      int to = trials.starts()[c + 1];
      for (int t = from; t < to; t++) {
        for (int k = 0; k < channels; k++) {
          means[c][k] += data[t * channels + k];
        }
      }
      for (int k = 0; k < channels; k++) {
        means[c][k] /= to - from;
      }
    }
    return means;
  }

  /** Takes off each channel's mean: differences stay, and dot products lose fewer digits. */
  private void centre() {
    double[] mean = new double[channels];
    for (int at = 0; at < data.length; at++) {
      mean[at % channels] += data[at] / trials.count();
    }
    for (int at = 0; at < data.length; at++) {
      data[at] -= mean[at % channels];
    }
  }

  @FunctionalInterface
  private interface Pair {
    double of(int i, int j);
  }

  private double[] pairs(Pair pair) {
    int n = trials.conditions();
    double[] condensed = new double[Rdm.pairs(n)];
    IntStream.range(0, n)
        .parallel()
        .forEach(
            i -> {
              for (int j = i + 1; j < n; j++) {
                condensed[Rdm.place(i, j, n)] = pair.of(i, j);
              }
            });
    return condensed;
  }
}
