package io.attune.rsa;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Control of the false discovery rate over many tests, by Benjamini and Hochberg, "Controlling the
 * false discovery rate" (JRSS B 57, 1995).
 */
public final class FalseDiscovery {
  private FalseDiscovery() {}

  /**
   * Adjusted p-values: the smallest rate at which each test is still a discovery.
   *
   * @param p on 0..1; NaN is no test and stays NaN; not modified
   */
  public static double[] adjust(double[] p) {
    double[] adjusted = new double[p.length];
    Arrays.fill(adjusted, Double.NaN);
    int[] order =
        IntStream.range(0, p.length)
            .filter(i -> !Double.isNaN(p[i]))
            .boxed()
            .sorted(Comparator.comparingDouble(i -> p[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double smallest = 1;
    for (int rank = order.length; rank >= 1; rank--) {
      int i = order[rank - 1];
      smallest = Math.min(smallest, p[i] * order.length / rank);
      adjusted[i] = smallest;
    }
    return adjusted;
  }
}
