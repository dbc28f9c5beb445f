package io.attune.device.cpu;

import java.util.Arrays;

/**
 * The element-wise part of attention on transposed scores [keys][columns], where a column is one
 * query: neighbouring lanes are neighbouring queries, so that nothing is ever summed across lanes.
 */
final class ColumnSoftmax {
  private static final int COLUMNS = GemmPanels.COLUMNS;

  private ColumnSoftmax() {}

  /**
   * {@code s = exp(scale (s - max))} per column. The difference comes first: rounding the product
   * of a huge score could be off by more than an exponential bears.
   *
   * @param max the largest scaled score of each column
   * @param sum the sum of each column's results
   */
  static void exponentiate(float[] s, int keys, float scale, float[] max, float[] sum) {
    if (VectorWidth.BITS > 0) {
      VectorSoftmax.exponentiate(s, keys, scale, max, sum);
      return;
    }
    Arrays.fill(max, 0, COLUMNS, Float.NEGATIVE_INFINITY);
    Arrays.fill(sum, 0, COLUMNS, 0f);
    for (int i = 0; i < keys * COLUMNS; i++) {
      max[i % COLUMNS] = Math.max(max[i % COLUMNS], s[i]);
    }
    for (int i = 0; i < keys * COLUMNS; i++) {
      s[i] = CpuMath.exp(scale * (s[i] - max[i % COLUMNS]));
      sum[i % COLUMNS] += s[i];
    }
    for (int column = 0; column < COLUMNS; column++) {
      max[column] *= scale;
    }
  }

  /**
   * {@code s = exp(scale s - logSumExp)}: the probabilities, recomputed; at most 1, even where the
   * rounding of huge scores says more.
   */
  static void probabilities(float[] s, int keys, float scale, float[] logSumExp) {
    if (VectorWidth.BITS > 0) {
      VectorSoftmax.probabilities(s, keys, scale, logSumExp);
      return;
    }
    for (int i = 0; i < keys * COLUMNS; i++) {
      s[i] = CpuMath.exp(Math.min(0, Math.fma(s[i], scale, -logSumExp[i % COLUMNS])));
    }
  }

  /** {@code d = p (d - delta) scale}: gradients of probabilities become those of raw products. */
  static void scoreGradients(float[] p, float[] d, int keys, float[] delta, float scale) {
    if (VectorWidth.BITS > 0) {
      VectorSoftmax.scoreGradients(p, d, keys, delta, scale);
      return;
    }
    for (int key = 0; key < keys; key++) {
      int from = key * COLUMNS;
      for (int column = 0; column < COLUMNS; column++) {
        d[from + column] = p[from + column] * (d[from + column] - delta[column]) * scale;
      }
    }
  }

  /** {@code s = s factor}, a factor for each column. */
  static void scaleColumns(float[] s, int rows, float[] factors) {
    if (VectorWidth.BITS > 0) {
      VectorSoftmax.scaleColumns(s, rows, factors);
      return;
    }
    for (int i = 0; i < rows * COLUMNS; i++) {
      s[i] *= factors[i % COLUMNS];
    }
  }

  /** Hides from queries {@code firstQuery...} the keys after them, of the first {@code keys}. */
  static void hideLaterKeys(float[] s, int firstQuery, int keys) {
    for (int key = firstQuery + 1; key < keys; key++) {
      int from = key * COLUMNS;
      Arrays.fill(s, from, from + Math.min(COLUMNS, key - firstQuery), Float.NEGATIVE_INFINITY);
    }
  }
}
