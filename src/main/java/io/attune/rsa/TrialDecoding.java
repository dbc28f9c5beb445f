package io.attune.rsa;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * {@link PairwiseLda} of all pairs: dot products of trials by blocks of conditions, then the pairs.
 */
final class TrialDecoding {
  /** Trials of a block of conditions, so that a product of two blocks stays in the cache. */
  private static final int BLOCK_TRIALS = 192;

  private final Trials trials;
  private final int channels;
  private final double[] data;
  private final Shrinkage shrinkage;

  /**
   * Trials at one time.
   *
   * @param data [trials, channels], centred
   */
  TrialDecoding(Trials trials, int channels, double[] data, Shrinkage shrinkage) {
    this.trials = trials;
    this.channels = channels;
    this.data = data;
    this.shrinkage = shrinkage;
  }

  /** The upper triangle, row by row. */
  double[] accuracies() {
    int n = trials.conditions();
    double[] condensed = new double[Rdm.pairs(n)];
    List<int[]> blocks = blocks();
    List<DMatrixRMaj> rows = blocks.parallelStream().map(this::rows).toList();
    List<DMatrixRMaj> columns =
        rows.parallelStream().map(block -> CommonOps_DDRM.transpose(block, null)).toList();
    double[][] within = within();
    List<int[]> tasks = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      for (int j = i; j < blocks.size(); j++) {
        tasks.add(new int[] {i, j});
      }
    }
    tasks.parallelStream()
        .forEach(
            task -> {
              DMatrixRMaj left = rows.get(task[0]);
              DMatrixRMaj right = columns.get(task[1]);
              DMatrixRMaj dots = new DMatrixRMaj(left.numRows, right.numCols);
              CommonOps_DDRM.mult(left, right, dots);
              decode(blocks.get(task[0]), blocks.get(task[1]), dots, within, condensed);
            });
    return condensed;
  }

  private void decode(
      int[] left, int[] right, DMatrixRMaj dots, double[][] within, double[] condensed) {
    int n = trials.conditions();
    int[] starts = trials.starts();
    PairwiseLda lda = new PairwiseLda(shrinkage, channels, 2 * trials.most());
    for (int i = left[0]; i < left[1]; i++) {
      int a = starts[i + 1] - starts[i];
      int fromRow = starts[i] - starts[left[0]];
      for (int j = Math.max(right[0], i + 1); j < right[1]; j++) {
        int b = starts[j + 1] - starts[j];
        int fromColumn = starts[j] - starts[right[0]];
        int all = a + b;
        double[] pair = new double[all * all];
        for (int u = 0; u < a; u++) {
          System.arraycopy(within[i], u * a, pair, u * all, a);
          for (int v = 0; v < b; v++) {
            double dot = dots.data[(fromRow + u) * dots.numCols + fromColumn + v];
            pair[u * all + a + v] = dot;
            pair[(a + v) * all + u] = dot;
          }
        }
        for (int v = 0; v < b; v++) {
          System.arraycopy(within[j], v * b, pair, (a + v) * all + a, b);
        }
        int[] sessions = new int[all];
        System.arraycopy(trials.sessions(), starts[i], sessions, 0, a);
        System.arraycopy(trials.sessions(), starts[j], sessions, a, b);
        condensed[Rdm.place(i, j, n)] = lda.accuracy(pair, a, sessions);
      }
    }
  }

  /** First and last condition, exclusive, of each block. */
  private List<int[]> blocks() {
    List<int[]> blocks = new ArrayList<>();
    int from = 0;
    for (int c = 1; c <= trials.conditions(); c++) {
      boolean isLast = c == trials.conditions();
      if (isLast || trials.starts()[c + 1] - trials.starts()[from] > BLOCK_TRIALS) {
        blocks.add(new int[] {from, c});
        from = c;
      }
    }
    return blocks;
  }

  private DMatrixRMaj rows(int[] block) {
    int from = trials.starts()[block[0]];
    int count = trials.starts()[block[1]] - from;
    DMatrixRMaj rows = new DMatrixRMaj(count, channels);
    System.arraycopy(data, from * channels, rows.data, 0, count * channels);
    return rows;
  }

  /** Dot products of each condition's trials with each other. */
  private double[][] within() {
    double[][] within = new double[trials.conditions()][];
    IntStream.range(0, within.length)
        .parallel()
        .forEach(
            c -> {
              DMatrixRMaj own = rows(new int[] {c, c + 1});
              DMatrixRMaj dots = new DMatrixRMaj(own.numRows, own.numRows);
              CommonOps_DDRM.multTransB(own, own, dots);
              within[c] = dots.data;
            });
    return within;
  }
}
