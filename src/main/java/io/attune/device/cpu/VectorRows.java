package io.attune.device.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link CpuRows} on whole vectors: n is a multiple of the lanes of a float vector. Half a vector
 * of floats is loaded at a time, since that is what widens to one vector of doubles; four or two
 * running sums hide the latency of an addition.
 */
final class VectorRows {
  private static final VectorSpecies<Float> FLOATS = VectorWidth.SPECIES;
  private static final VectorSpecies<Float> HALF =
      VectorSpecies.of(float.class, VectorShape.forBitSize(VectorWidth.BITS / 2));
  private static final VectorSpecies<Double> DOUBLES =
      VectorSpecies.of(double.class, VectorShape.forBitSize(VectorWidth.BITS));
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, VectorShape.forBitSize(VectorWidth.BITS));
  private static final int LANES = DOUBLES.length();

  private static final VectorShuffle<Double> BY_4 = swap(4);
  private static final VectorShuffle<Double> BY_2 = swap(2);
  private static final VectorShuffle<Double> BY_1 = swap(1);

  private VectorRows() {}

  /** Swaps neighbouring groups of so many lanes. */
  private static VectorShuffle<Double> swap(int group) {
    return VectorShuffle.fromOp(DOUBLES, lane -> (lane ^ group) % LANES);
  }

  static double sum(float[] x, int xi, int n) {
    DoubleVector sum0 = DoubleVector.zero(DOUBLES);
    DoubleVector sum1 = sum0;
    DoubleVector sum2 = sum0;
    DoubleVector sum3 = sum0;
    int i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
      sum0 = sum0.add(widen(x, xi + i));
      sum1 = sum1.add(widen(x, xi + i + LANES));
      sum2 = sum2.add(widen(x, xi + i + 2 * LANES));
      sum3 = sum3.add(widen(x, xi + i + 3 * LANES));
    }
    for (; i < n; i += LANES) {
      sum0 = sum0.add(widen(x, xi + i));
    }
    return total(sum0.add(sum1).add(sum2.add(sum3)));
  }

  static double squaredDeviation(float[] x, int xi, double center, int n) {
    DoubleVector sum0 = DoubleVector.zero(DOUBLES);
    DoubleVector sum1 = sum0;
    for (int i = 0; i < n; i += 2 * LANES) {
      DoubleVector d0 = widen(x, xi + i).sub(center);
      DoubleVector d1 = widen(x, xi + i + LANES).sub(center);
      sum0 = d0.fma(d0, sum0);
      sum1 = d1.fma(d1, sum1);
    }
    return total(sum0.add(sum1));
  }

  static double dot(float[] x, int xi, float[] y, int yi, int n) {
    DoubleVector sum0 = DoubleVector.zero(DOUBLES);
    DoubleVector sum1 = sum0;
    for (int i = 0; i < n; i += 2 * LANES) {
      sum0 = widen(x, xi + i).fma(widen(y, yi + i), sum0);
      sum1 = widen(x, xi + i + LANES).fma(widen(y, yi + i + LANES), sum1);
    }
    return total(sum0.add(sum1));
  }

  static double weightedDeviation(
      float[] a, int ai, float[] b, int bi, float[] x, int xi, double center, int n) {
    DoubleVector sum0 = DoubleVector.zero(DOUBLES);
    DoubleVector sum1 = sum0;
    for (int i = 0; i < n; i += 2 * LANES) {
      DoubleVector w0 = widen(a, ai + i).mul(widen(b, bi + i));
      DoubleVector w1 = widen(a, ai + i + LANES).mul(widen(b, bi + i + LANES));
      sum0 = w0.fma(widen(x, xi + i).sub(center), sum0);
      sum1 = w1.fma(widen(x, xi + i + LANES).sub(center), sum1);
    }
    return total(sum0.add(sum1));
  }

  static double squaredDistance(float[] x, int xi, float[] y, int yi, int n) {
    DoubleVector sum0 = DoubleVector.zero(DOUBLES);
    DoubleVector sum1 = sum0;
    for (int i = 0; i < n; i += 2 * LANES) {
      DoubleVector d0 = widen(x, xi + i).sub(widen(y, yi + i));
      DoubleVector d1 = widen(x, xi + i + LANES).sub(widen(y, yi + i + LANES));
      sum0 = d0.fma(d0, sum0);
      sum1 = d1.fma(d1, sum1);
    }
    return total(sum0.add(sum1));
  }

  static float max(float[] x, int xi, int n) {
    int lanes = FLOATS.length();
    FloatVector max0 = FloatVector.fromArray(FLOATS, x, xi);
    FloatVector max1 = max0;
    FloatVector max2 = max0;
    FloatVector max3 = max0;
    int i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      max0 = max0.max(FloatVector.fromArray(FLOATS, x, xi + i));
      max1 = max1.max(FloatVector.fromArray(FLOATS, x, xi + i + lanes));
      max2 = max2.max(FloatVector.fromArray(FLOATS, x, xi + i + 2 * lanes));
      max3 = max3.max(FloatVector.fromArray(FLOATS, x, xi + i + 3 * lanes));
    }
    for (; i < n; i += lanes) {
      max0 = max0.max(FloatVector.fromArray(FLOATS, x, xi + i));
    }
    return max0.max(max1).max(max2.max(max3)).reduceLanes(VectorOperators.MAX);
  }

  /** The bits of the largest absolute value; of a NaN if there is one. */
  static int largestMagnitude(float[] x, int xi, int n) {
    IntVector largest0 = IntVector.zero(INTS);
    IntVector largest1 = largest0;
    int lanes = INTS.length();
    int i = 0;
    for (; i + 2 * lanes <= n; i += 2 * lanes) {
      largest0 = largest0.max(bits(x, xi + i).and(Integer.MAX_VALUE));
      largest1 = largest1.max(bits(x, xi + i + lanes).and(Integer.MAX_VALUE));
    }
    for (; i < n; i += lanes) {
      largest0 = largest0.max(bits(x, xi + i).and(Integer.MAX_VALUE));
    }
    return largest0.max(largest1).reduceLanes(VectorOperators.MAX);
  }

  private static IntVector bits(float[] x, int xi) {
    return FloatVector.fromArray(FLOATS, x, xi).reinterpretAsInts();
  }

  /**
   * The sum of the lanes, by halves. Not reduceLanes: its order may change when the code is
   * compiled, and with it the last bits.
   */
  private static double total(DoubleVector sums) {
    DoubleVector folded = sums;
    if (LANES > 4) {
      folded = folded.add(folded.rearrange(BY_4));
    }
    if (LANES > 2) {
      folded = folded.add(folded.rearrange(BY_2));
    }
    return folded.add(folded.rearrange(BY_1)).lane(0);
  }

  /** Small enough to be inlined everywhere, so that no vector is boxed. */
  private static DoubleVector widen(float[] x, int xi) {
    return (DoubleVector)
        FloatVector.fromArray(HALF, x, xi).convertShape(VectorOperators.F2D, DOUBLES, 0);
  }
}
