package io.attune.device.cpu;

import static jdk.incubator.vector.VectorOperators.F2D;

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
 * running sums hide the latency of an addition. Lanes are summed by halves, not by reduceLanes,
 * whose order may change when the code is compiled, and with it the last bits. The last two lanes
 * are taken out: C2 does not compile shuffles of two lanes, and would leave boxed vectors behind.
 *
 * <p>Written out without methods of its own that take or give a vector: see {@link VectorMath}.
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
      FloatVector x0 = FloatVector.fromArray(HALF, x, xi + i);
      FloatVector x1 = FloatVector.fromArray(HALF, x, xi + i + LANES);
      FloatVector x2 = FloatVector.fromArray(HALF, x, xi + i + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(HALF, x, xi + i + 3 * LANES);
      sum0 = sum0.add(x0.convertShape(F2D, DOUBLES, 0));
      sum1 = sum1.add(x1.convertShape(F2D, DOUBLES, 0));
      sum2 = sum2.add(x2.convertShape(F2D, DOUBLES, 0));
      sum3 = sum3.add(x3.convertShape(F2D, DOUBLES, 0));
    }
    for (; i < n; i += LANES) {
      FloatVector x0 = FloatVector.fromArray(HALF, x, xi + i);
      sum0 = sum0.add(x0.convertShape(F2D, DOUBLES, 0));
    }
    DoubleVector total = sum0.add(sum1).add(sum2.add(sum3));
    total = LANES > 4 ? total.add(total.rearrange(BY_4)) : total;
    total = LANES > 2 ? total.add(total.rearrange(BY_2)) : total;
    return total.lane(0) + total.lane(1);
  }

  static double squaredDeviation(float[] x, int xi, double center, int n) {
    DoubleVector sum0 = DoubleVector.zero(DOUBLES);
    DoubleVector sum1 = sum0;
    for (int i = 0; i < n; i += 2 * LANES) {
      FloatVector x0 = FloatVector.fromArray(HALF, x, xi + i);
      FloatVector x1 = FloatVector.fromArray(HALF, x, xi + i + LANES);
      DoubleVector d0 = ((DoubleVector) x0.convertShape(F2D, DOUBLES, 0)).sub(center);
      DoubleVector d1 = ((DoubleVector) x1.convertShape(F2D, DOUBLES, 0)).sub(center);
      sum0 = d0.fma(d0, sum0);
      sum1 = d1.fma(d1, sum1);
    }
    DoubleVector total = sum0.add(sum1);
    total = LANES > 4 ? total.add(total.rearrange(BY_4)) : total;
    total = LANES > 2 ? total.add(total.rearrange(BY_2)) : total;
    return total.lane(0) + total.lane(1);
  }

  /**
   * {@link #sum} and {@code sum of (x - shift)^2}, less {@code shift} each, in one pass: {@code
   * sums[to] = sum of (x - shift)}, {@code sums[to + 1] = sum of (x - shift)^2}.
   */
  static void moments(float[] x, int xi, double shift, double[] sums, int to, int n) {
    DoubleVector sum0 = DoubleVector.zero(DOUBLES);
    DoubleVector sum1 = sum0;
    DoubleVector square0 = sum0;
    DoubleVector square1 = sum0;
    for (int i = 0; i < n; i += 2 * LANES) {
      FloatVector x0 = FloatVector.fromArray(HALF, x, xi + i);
      FloatVector x1 = FloatVector.fromArray(HALF, x, xi + i + LANES);
      DoubleVector d0 = ((DoubleVector) x0.convertShape(F2D, DOUBLES, 0)).sub(shift);
      DoubleVector d1 = ((DoubleVector) x1.convertShape(F2D, DOUBLES, 0)).sub(shift);
      sum0 = sum0.add(d0);
      sum1 = sum1.add(d1);
      square0 = d0.fma(d0, square0);
      square1 = d1.fma(d1, square1);
    }
    DoubleVector sum = sum0.add(sum1);
    DoubleVector square = square0.add(square1);
    sum = LANES > 4 ? sum.add(sum.rearrange(BY_4)) : sum;
    square = LANES > 4 ? square.add(square.rearrange(BY_4)) : square;
    sum = LANES > 2 ? sum.add(sum.rearrange(BY_2)) : sum;
    square = LANES > 2 ? square.add(square.rearrange(BY_2)) : square;
    sums[to] = sum.lane(0) + sum.lane(1);
    sums[to + 1] = square.lane(0) + square.lane(1);
  }

  static double dot(float[] x, int xi, float[] y, int yi, int n) {
    DoubleVector sum0 = DoubleVector.zero(DOUBLES);
    DoubleVector sum1 = sum0;
    for (int i = 0; i < n; i += 2 * LANES) {
      FloatVector x0 = FloatVector.fromArray(HALF, x, xi + i);
      FloatVector y0 = FloatVector.fromArray(HALF, y, yi + i);
      FloatVector x1 = FloatVector.fromArray(HALF, x, xi + i + LANES);
      FloatVector y1 = FloatVector.fromArray(HALF, y, yi + i + LANES);
      sum0 =
          ((DoubleVector) x0.convertShape(F2D, DOUBLES, 0))
              .fma(y0.convertShape(F2D, DOUBLES, 0), sum0);
      sum1 =
          ((DoubleVector) x1.convertShape(F2D, DOUBLES, 0))
              .fma(y1.convertShape(F2D, DOUBLES, 0), sum1);
    }
    DoubleVector total = sum0.add(sum1);
    total = LANES > 4 ? total.add(total.rearrange(BY_4)) : total;
    total = LANES > 2 ? total.add(total.rearrange(BY_2)) : total;
    return total.lane(0) + total.lane(1);
  }

  static double squaredDistance(float[] x, int xi, float[] y, int yi, int n) {
    DoubleVector sum0 = DoubleVector.zero(DOUBLES);
    DoubleVector sum1 = sum0;
    for (int i = 0; i < n; i += 2 * LANES) {
      FloatVector x0 = FloatVector.fromArray(HALF, x, xi + i);
      FloatVector y0 = FloatVector.fromArray(HALF, y, yi + i);
      FloatVector x1 = FloatVector.fromArray(HALF, x, xi + i + LANES);
      FloatVector y1 = FloatVector.fromArray(HALF, y, yi + i + LANES);
      DoubleVector d0 =
          ((DoubleVector) x0.convertShape(F2D, DOUBLES, 0)).sub(y0.convertShape(F2D, DOUBLES, 0));
      DoubleVector d1 =
          ((DoubleVector) x1.convertShape(F2D, DOUBLES, 0)).sub(y1.convertShape(F2D, DOUBLES, 0));
      sum0 = d0.fma(d0, sum0);
      sum1 = d1.fma(d1, sum1);
    }
    DoubleVector total = sum0.add(sum1);
    total = LANES > 4 ? total.add(total.rearrange(BY_4)) : total;
    total = LANES > 2 ? total.add(total.rearrange(BY_2)) : total;
    return total.lane(0) + total.lane(1);
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
      largest0 =
          largest0.max(
              FloatVector.fromArray(FLOATS, x, xi + i).reinterpretAsInts().and(Integer.MAX_VALUE));
      largest1 =
          largest1.max(
              FloatVector.fromArray(FLOATS, x, xi + i + lanes)
                  .reinterpretAsInts()
                  .and(Integer.MAX_VALUE));
    }
    for (; i < n; i += lanes) {
      largest0 =
          largest0.max(
              FloatVector.fromArray(FLOATS, x, xi + i).reinterpretAsInts().and(Integer.MAX_VALUE));
    }
    return largest0.max(largest1).reduceLanes(VectorOperators.MAX);
  }
}
