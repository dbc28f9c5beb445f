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
  /** What RDMs that are ready may take on each side. */
  private static final long BLOCK_BYTES = 384L << 20;

  private static final int TILE = 8;

  /**
   * Compares every time of one side with every time of the other, on all cores. Participants are
   * matched by label, or a single label on the first side is compared with each on the second. RDMs
   * with themselves give their own generalisation.
   *
   * @throws InputException if a side has no times, or conditions or labels do not match
   */
  public static TimeGeneralization of(Rdms first, Rdms second, Comparison comparison) {
    long each = 2L * Double.BYTES * Rdm.pairs(second.conditions());
    return of(first, second, comparison, (int) Math.clamp(BLOCK_BYTES / each, 1, 1 << 20));
  }

  /** As the other, with at most {@code block} RDMs of each side held at once. */
  static TimeGeneralization of(Rdms first, Rdms second, Comparison comparison, int block) {
    if (!first.hasTimes() || !second.hasTimes()) {
      throw new InputException("time generalisation: both sides need times");
    }
    Rdms aligned = first.alignedTo(second.names());
    int[] partners = partners(first, second);
    Sampling everything = Sampling.everything(second);
    double[][] sums = new double[first.steps()][second.steps()];
    int[][] counts = new int[first.steps()][second.steps()];
    for (int p = 0; p < partners.length; p++) {
      boolean symmetric = first == second && partners[p] == p;
      for (int i = 0; i < first.steps(); i += block) {
        Triangle[] left = triangles(everything, aligned, partners[p], i, block, comparison);
        for (int j = symmetric ? i : 0; j < second.steps(); j += block) {
          Triangle[] right =
              symmetric && i == j ? left : triangles(everything, second, p, j, block, comparison);
          add(left, i, right, j, symmetric, sums, counts);
        }
      }
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

  /** Those of times {@code from} to {@code from + block}, as far as there are. */
  private static Triangle[] triangles(
      Sampling everything, Rdms rdms, int label, int from, int block, Comparison comparison) {
    return IntStream.range(from, Math.min(from + block, rdms.steps()))
        .parallel()
        .mapToObj(t -> everything.triangle(rdms, label, t, comparison))
        .toArray(Triangle[]::new);
  }

  /**
   * Adds the comparisons of some times with some others, tile by tile, since what a tile needs
   * stays in cache.
   *
   * @param symmetric whether only times not after each other are to be compared, for both ways
   */
  private static void add(
      Triangle[] left,
      int row,
      Triangle[] right,
      int column,
      boolean symmetric,
      double[][] sums,
      int[][] counts) {
    int down = (left.length + TILE - 1) / TILE;
    int across = (right.length + TILE - 1) / TILE;
    IntStream.range(0, down * across)
        .parallel()
        .forEach(
            tile -> {
              int top = tile / across * TILE;
              int start = tile % across * TILE;
              for (int i = top; i < Math.min(top + TILE, left.length); i++) {
                for (int j = start; j < Math.min(start + TILE, right.length); j++) {
                  if (!symmetric || row + i <= column + j) {
                    add(left[i].similarity(right[j]), row + i, column + j, sums, counts);
                    if (symmetric && row + i < column + j) {
                      sums[column + j][row + i] = sums[row + i][column + j];
                      counts[column + j][row + i] = counts[row + i][column + j];
                    }
                  }
                }
              }
            });
  }

  private static void add(double value, int i, int j, double[][] sums, int[][] counts) {
    if (!Double.isNaN(value)) {
      sums[i][j] += value;
      counts[i][j]++;
    }
  }

  /** The mean of each row, undefined entries left out. */
  public TimeCourse meanCurve() {
    return new TimeCourse(rows, Arrays.stream(values).mapToDouble(NoiseCeiling::mean).toArray());
  }
}
