package io.attune.rsa;

import io.attune.InputException;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How alike RDMs of one time are to RDMs of another.
 *
 * @param rows times of the first side in ms
 * @param columns times of the second side in ms
 * @param values [rows][columns], mean over participants, undefined ones left out
 */
public record TimeGeneralization(double[] rows, double[] columns, double[][] values) {
  /**
   * Compares every time of one side with every time of the other, on all cores. Participants are
   * matched by label, or a single label on the first side is compared with each on the second. RDMs
   * with themselves give their own generalisation.
   *
   * @throws InputException if a side has no times, or conditions or labels do not match
   */
  public static TimeGeneralization of(Rdms first, Rdms second, Comparison comparison) {
    if (!first.hasTimes() || !second.hasTimes()) {
      throw new InputException("time generalisation: both sides need times");
    }
    Rdms aligned = first.alignedTo(second.names());
    int[] partners = partners(first, second);
    Sampling everything = Sampling.everything(second);
    double[][] sums = new double[first.steps()][second.steps()];
    int[][] counts = new int[first.steps()][second.steps()];
    Triangle[] left = null;
    for (int p = 0; p < partners.length; p++) {
      if (p == 0 || partners[p] != partners[p - 1]) {
        left = triangles(everything, aligned, partners[p], comparison);
      }
      Triangle[] right = triangles(everything, second, p, comparison);
      add(left, right, sums, counts);
    }
    for (int i = 0; i < sums.length; i++) {
      for (int j = 0; j < sums[i].length; j++) {
        sums[i][j] /= counts[i][j];
      }
    }
    return new TimeGeneralization(first.times(), second.times(), sums);
  }

  private static int[] partners(Rdms first, Rdms second) {
    if (first.labels().size() == 1) {
      return new int[second.labels().size()];
    }
    if (first.labels().size() != second.labels().size()
        || !first.labels().containsAll(second.labels())) {
      throw new InputException(
          "time generalisation: labels differ: %s against %s"
              .formatted(Names.list(first.labels()), Names.list(second.labels())));
    }
    return second.labels().stream().mapToInt(first.labels()::indexOf).toArray();
  }

  private static Triangle[] triangles(
      Sampling everything, Rdms rdms, int label, Comparison comparison) {
    return IntStream.range(0, rdms.steps())
        .parallel()
        .mapToObj(t -> everything.triangle(rdms, label, t, comparison))
        .toArray(Triangle[]::new);
  }

  private static void add(Triangle[] left, Triangle[] right, double[][] sums, int[][] counts) {
    IntStream.range(0, left.length)
        .parallel()
        .forEach(
            i -> {
              for (int j = 0; j < right.length; j++) {
                double value = left[i].similarity(right[j]);
                if (!Double.isNaN(value)) {
                  sums[i][j] += value;
                  counts[i][j]++;
                }
              }
            });
  }

  /** The mean of each row, undefined entries left out. */
  public TimeCourse meanCurve() {
    return new TimeCourse(rows, Arrays.stream(values).mapToDouble(NoiseCeiling::mean).toArray());
  }
}
