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

  /** {@code dx = y (dy - sum of dy y)}; dx may be dy. */
  static void backward(float[] dy, int dyi, float[] y, int yi, float[] dx, int dxi, int n) {
    float mean = dot(dy, dyi, y, yi, n);
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector gradient = FloatVector.fromArray(SPECIES, dy, dyi + i).sub(mean);
      gradient.mul(FloatVector.fromArray(SPECIES, y, yi + i)).intoArray(dx, dxi + i);
    }
    VectorMask<Float> rest = SPECIES.indexInRange(end, n);
    FloatVector.fromArray(SPECIES, dy, dyi + end, rest)
        .sub(mean)
        .mul(FloatVector.fromArray(SPECIES, y, yi + end, rest))
        .intoArray(dx, dxi + end, rest);
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
