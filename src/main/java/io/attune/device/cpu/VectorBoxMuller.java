package io.attune.device.cpu;

import static io.attune.device.cpu.BoxMuller.ARTANH;
import static io.attune.device.cpu.BoxMuller.COSINE;
import static io.attune.device.cpu.BoxMuller.QUADRANT;
import static io.attune.device.cpu.BoxMuller.SINE;
import static io.attune.device.cpu.BoxMuller.TWO_52;
import static io.attune.device.cpu.BoxMuller.TWO_52_BITS;
import static io.attune.device.cpu.BoxMuller.WORD;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link BoxMuller} on whole vectors, step for step the same: a pair of words to a 64-bit lane, and
 * the pair of floats that comes of it. Choices between lanes are made with bits, which every
 * processor can.
 */
final class VectorBoxMuller {
  private static final VectorShape SHAPE = VectorShape.forBitSize(VectorWidth.BITS);
  private static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, SHAPE);
  private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);
  private static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, SHAPE);
  private static final VectorSpecies<Float> HALF =
      VectorSpecies.of(float.class, VectorShape.forBitSize(VectorWidth.BITS / 2));
  private static final int LANES = LONGS.length();

  private VectorBoxMuller() {}

  /** Returns how many pairs that were; the rest is the caller's. */
  static int fill(int[] words, int wi, float[] normals, int ni, int pairs) {
    int end = pairs - pairs % LANES;
    for (int pair = 0; pair < end; pair += LANES) {
      LongVector both = IntVector.fromArray(INTS, words, wi + 2 * pair).reinterpretAsLongs();
      DoubleVector radius = radius(both.and(WORD));
      LongVector turned = both.lanewise(VectorOperators.LSHR, 32).add(QUADRANT / 2);
      DoubleVector a = toDouble(turned.and(QUADRANT - 1)).sub(QUADRANT / 2.0).mul(BoxMuller.STEP);
      DoubleVector square = a.mul(a);
      LongVector sine = a.mul(sine(square)).reinterpretAsLongs();
      LongVector cosine = cosine(square).reinterpretAsLongs();
      LongVector quadrant = turned.lanewise(VectorOperators.LSHR, 30);
      LongVector swapped = sine.lanewise(VectorOperators.XOR, cosine).and(quadrant.and(1).neg());
      LongVector first = cosine.lanewise(VectorOperators.XOR, swapped);
      LongVector second = sine.lanewise(VectorOperators.XOR, swapped);
      LongVector firstSign = quadrant.add(1).and(2).lanewise(VectorOperators.LSHL, 62);
      LongVector secondSign = quadrant.and(2).lanewise(VectorOperators.LSHL, 62);
      first = first.lanewise(VectorOperators.XOR, firstSign);
      second = second.lanewise(VectorOperators.XOR, secondSign);
      LongVector low = floatBits(first.reinterpretAsDoubles().mul(radius)).and(WORD);
      LongVector high = floatBits(second.reinterpretAsDoubles().mul(radius));
      LongVector result = low.or(high.lanewise(VectorOperators.LSHL, 32));
      result.reinterpretAsFloats().intoArray(normals, ni + 2 * pair);
    }
    return end;
  }

  private static DoubleVector radius(LongVector word) {
    LongVector bits = toDouble(word).add(1).reinterpretAsLongs();
    LongVector e = bits.sub(BoxMuller.ROOT_HALF).lanewise(VectorOperators.LSHR, 52);
    DoubleVector m = bits.sub(e.lanewise(VectorOperators.LSHL, 52)).reinterpretAsDoubles();
    DoubleVector s = m.sub(1).div(m.add(1));
    DoubleVector x = s.mul(s);
    DoubleVector sum = x.broadcast(ARTANH[9]);
    sum = sum.fma(x, x.broadcast(ARTANH[8]));
    sum = sum.fma(x, x.broadcast(ARTANH[7]));
    sum = sum.fma(x, x.broadcast(ARTANH[6]));
    sum = sum.fma(x, x.broadcast(ARTANH[5]));
    sum = sum.fma(x, x.broadcast(ARTANH[4]));
    sum = sum.fma(x, x.broadcast(ARTANH[3]));
    sum = sum.fma(x, x.broadcast(ARTANH[2]));
    sum = sum.fma(x, x.broadcast(ARTANH[1]));
    sum = sum.fma(x, x.broadcast(ARTANH[0]));
    DoubleVector logarithm =
        toDouble(e).sub(32).fma(x.broadcast(BoxMuller.LN_2), s.mul(2).mul(sum));
    return logarithm.mul(-2).sqrt();
  }

  private static DoubleVector sine(DoubleVector x) {
    DoubleVector sum = x.broadcast(SINE[7]);
    sum = sum.fma(x, x.broadcast(SINE[6]));
    sum = sum.fma(x, x.broadcast(SINE[5]));
    sum = sum.fma(x, x.broadcast(SINE[4]));
    sum = sum.fma(x, x.broadcast(SINE[3]));
    sum = sum.fma(x, x.broadcast(SINE[2]));
    sum = sum.fma(x, x.broadcast(SINE[1]));
    return sum.fma(x, x.broadcast(SINE[0]));
  }

  private static DoubleVector cosine(DoubleVector x) {
    DoubleVector sum = x.broadcast(COSINE[8]);
    sum = sum.fma(x, x.broadcast(COSINE[7]));
    sum = sum.fma(x, x.broadcast(COSINE[6]));
    sum = sum.fma(x, x.broadcast(COSINE[5]));
    sum = sum.fma(x, x.broadcast(COSINE[4]));
    sum = sum.fma(x, x.broadcast(COSINE[3]));
    sum = sum.fma(x, x.broadcast(COSINE[2]));
    sum = sum.fma(x, x.broadcast(COSINE[1]));
    return sum.fma(x, x.broadcast(COSINE[0]));
  }

  /** Whole numbers from 0 to 2^52 - 1. */
  private static DoubleVector toDouble(LongVector x) {
    return x.or(TWO_52_BITS).reinterpretAsDoubles().sub(TWO_52);
  }

  /** The bits of each number rounded to a float, in the low half of its lane. */
  private static LongVector floatBits(DoubleVector x) {
    FloatVector rounded = (FloatVector) x.convertShape(VectorOperators.D2F, HALF, 0);
    return (LongVector) rounded.reinterpretAsInts().convertShape(VectorOperators.I2L, LONGS, 0);
  }
}
