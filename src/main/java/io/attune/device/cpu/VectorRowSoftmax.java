package io.attune.device.cpu;

import static io.attune.device.cpu.LaneSwaps.BY_1;
import static io.attune.device.cpu.LaneSwaps.BY_2;
import static io.attune.device.cpu.LaneSwaps.BY_4;
import static io.attune.device.cpu.LaneSwaps.BY_8;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Softmax of one row and its gradient, on whole vectors and a masked rest: rows are often as short
 * as an image has tokens, where a rest done singly would cost as much as all vectors. Sums have at
 * most n/lanes terms in a lane; lanes are then summed by halves, in one order.
 */
final class VectorRowSoftmax {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;

  private VectorRowSoftmax() {}

  /** {@code y = e^(x - max x) / sum}; x and y may be the same. */
  static void forward(float[] x, int xi, float[] y, int yi, int n) {
    int end = SPECIES.loopBound(n);
    VectorMask<Float> rest = SPECIES.indexInRange(end, n);
    FloatVector lowest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector last = lowest.blend(FloatVector.fromArray(SPECIES, x, xi + end, rest), rest);
    FloatVector largest = last;
    // Cheaper than max. A NaN is passed over here, and comes back in the sum below.
    for (int i = 0; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, xi + i);
      largest = largest.blend(v, v.compare(VectorOperators.GT, largest));
    }
    float max = largest.reduceLanes(VectorOperators.MAX);
    FloatVector lastExp = VectorMath.exp(last.sub(max));
    FloatVector sum = FloatVector.zero(SPECIES).blend(lastExp, rest);
    for (int i = 0; i < end; i += LANES) {
      FloatVector e = VectorMath.exp(FloatVector.fromArray(SPECIES, x, xi + i).sub(max));
      e.intoArray(y, yi + i);
      sum = sum.add(e);
    }
    if (LANES > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (LANES > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    sum = sum.add(sum.rearrange(BY_2));
    float factor = 1 / sum.add(sum.rearrange(BY_1)).lane(0);
    for (int i = 0; i < end; i += LANES) {
      FloatVector.fromArray(SPECIES, y, yi + i).mul(factor).intoArray(y, yi + i);
    }
    lastExp.mul(factor).intoArray(y, yi + end, rest);
  }

  /**
   * {@code dx = y (dy - sum of dy y)} for so many rows of n, each stride beyond the one before; dx
   * may be dy.
   */
  static void backward(
      float[] dy,
      int dyi,
      int dyStride,
      float[] y,
      int yi,
      int yStride,
      float[] dx,
      int dxi,
      int dxStride,
      int rows,
      int n) {
    if (n <= 4 * LANES) {
      shortBackward(dy, dyi, dyStride, y, yi, yStride, dx, dxi, dxStride, rows, n);
      return;
    }
    int end = SPECIES.loopBound(n);
    VectorMask<Float> rest = SPECIES.indexInRange(end, n);
    for (int row = 0; row < rows; row++) {
      FloatVector lastY = FloatVector.fromArray(SPECIES, y, yi + end, rest);
      FloatVector lastDy = FloatVector.fromArray(SPECIES, dy, dyi + end, rest);
      FloatVector sum = lastY.mul(lastDy);
      FloatVector other = FloatVector.zero(SPECIES);
      int i = 0;
      for (; i + 2 * LANES <= end; i += 2 * LANES) {
        sum =
            FloatVector.fromArray(SPECIES, dy, dyi + i)
                .fma(FloatVector.fromArray(SPECIES, y, yi + i), sum);
        other =
            FloatVector.fromArray(SPECIES, dy, dyi + i + LANES)
                .fma(FloatVector.fromArray(SPECIES, y, yi + i + LANES), other);
      }
      if (i < end) {
        sum =
            FloatVector.fromArray(SPECIES, dy, dyi + i)
                .fma(FloatVector.fromArray(SPECIES, y, yi + i), sum);
      }
      sum = sum.add(other);
      if (LANES > 8) {
        sum = sum.add(sum.rearrange(BY_8));
      }
      if (LANES > 4) {
        sum = sum.add(sum.rearrange(BY_4));
      }
      sum = sum.add(sum.rearrange(BY_2));
      sum = sum.add(sum.rearrange(BY_1));
      for (i = 0; i < end; i += LANES) {
        FloatVector gradient = FloatVector.fromArray(SPECIES, dy, dyi + i).sub(sum);
        gradient.mul(FloatVector.fromArray(SPECIES, y, yi + i)).intoArray(dx, dxi + i);
      }
      lastDy.sub(sum).mul(lastY).intoArray(dx, dxi + end, rest);
      dyi += dyStride;
      yi += yStride;
      dxi += dxStride;
    }
  }

  /** Rows of at most four vectors, which stay in registers. */
  private static void shortBackward(
      float[] dy,
      int dyi,
      int dyStride,
      float[] y,
      int yi,
      int yStride,
      float[] dx,
      int dxi,
      int dxStride,
      int rows,
      int n) {
    VectorMask<Float> in0 = SPECIES.indexInRange(0, n);
    VectorMask<Float> in1 = SPECIES.indexInRange(LANES, n);
    VectorMask<Float> in2 = SPECIES.indexInRange(2 * LANES, n);
    VectorMask<Float> in3 = SPECIES.indexInRange(3 * LANES, n);
    for (int row = 0; row < rows; row++) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, y, yi, in0);
      FloatVector y1 = FloatVector.fromArray(SPECIES, y, yi + LANES, in1);
      FloatVector y2 = FloatVector.fromArray(SPECIES, y, yi + 2 * LANES, in2);
      FloatVector y3 = FloatVector.fromArray(SPECIES, y, yi + 3 * LANES, in3);
      FloatVector d0 = FloatVector.fromArray(SPECIES, dy, dyi, in0);
      FloatVector d1 = FloatVector.fromArray(SPECIES, dy, dyi + LANES, in1);
      FloatVector d2 = FloatVector.fromArray(SPECIES, dy, dyi + 2 * LANES, in2);
      FloatVector d3 = FloatVector.fromArray(SPECIES, dy, dyi + 3 * LANES, in3);
      FloatVector sum = d0.fma(y0, d1.mul(y1)).add(d2.fma(y2, d3.mul(y3)));
      if (LANES > 8) {
        sum = sum.add(sum.rearrange(BY_8));
      }
      if (LANES > 4) {
        sum = sum.add(sum.rearrange(BY_4));
      }
      sum = sum.add(sum.rearrange(BY_2));
      sum = sum.add(sum.rearrange(BY_1));
      d0.sub(sum).mul(y0).intoArray(dx, dxi, in0);
      d1.sub(sum).mul(y1).intoArray(dx, dxi + LANES, in1);
      d2.sub(sum).mul(y2).intoArray(dx, dxi + 2 * LANES, in2);
      d3.sub(sum).mul(y3).intoArray(dx, dxi + 3 * LANES, in3);
      dyi += dyStride;
      yi += yStride;
      dxi += dxStride;
    }
  }

  /** {@code sum of x y}. */
  static float dot(float[] x, int xi, float[] y, int yi, int n) {
    int end = SPECIES.loopBound(n);
    VectorMask<Float> rest = SPECIES.indexInRange(end, n);
    FloatVector sum =
        FloatVector.fromArray(SPECIES, x, xi + end, rest)
            .mul(FloatVector.fromArray(SPECIES, y, yi + end, rest));
    for (int i = 0; i < end; i += LANES) {
      sum =
          FloatVector.fromArray(SPECIES, x, xi + i)
              .fma(FloatVector.fromArray(SPECIES, y, yi + i), sum);
    }
    if (LANES > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (LANES > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    sum = sum.add(sum.rearrange(BY_2));
    return sum.add(sum.rearrange(BY_1)).lane(0);
  }
}
