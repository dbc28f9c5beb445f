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
 * processor can. One method: see {@link VectorMath}.
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

      // Whole numbers become doubles by way of 2^52, see TWO_52_BITS.
      LongVector word = both.and(WORD).or(TWO_52_BITS);
      LongVector bits = word.reinterpretAsDoubles().sub(TWO_52).add(1).reinterpretAsLongs();
      LongVector e = bits.sub(BoxMuller.ROOT_HALF).lanewise(VectorOperators.LSHR, 52);
      DoubleVector m = bits.sub(e.lanewise(VectorOperators.LSHL, 52)).reinterpretAsDoubles();
      DoubleVector s = m.sub(1).div(m.add(1));
      DoubleVector x = s.mul(s);
      DoubleVector logarithm = x.broadcast(ARTANH[9]);
      logarithm = logarithm.fma(x, x.broadcast(ARTANH[8]));
      logarithm = logarithm.fma(x, x.broadcast(ARTANH[7]));
      logarithm = logarithm.fma(x, x.broadcast(ARTANH[6]));
      logarithm = logarithm.fma(x, x.broadcast(ARTANH[5]));
      logarithm = logarithm.fma(x, x.broadcast(ARTANH[4]));
      logarithm = logarithm.fma(x, x.broadcast(ARTANH[3]));
      logarithm = logarithm.fma(x, x.broadcast(ARTANH[2]));
      logarithm = logarithm.fma(x, x.broadcast(ARTANH[1]));
      logarithm = logarithm.fma(x, x.broadcast(ARTANH[0]));
      DoubleVector exponent = e.or(TWO_52_BITS).reinterpretAsDoubles().sub(TWO_52).sub(32);
      logarithm = exponent.fma(x.broadcast(BoxMuller.LN_2), s.mul(2).mul(logarithm));
      DoubleVector radius = logarithm.mul(-2).sqrt();

      LongVector turned = both.lanewise(VectorOperators.LSHR, 32).add(QUADRANT / 2);
      LongVector rest = turned.and(QUADRANT - 1).or(TWO_52_BITS);
      DoubleVector a = rest.reinterpretAsDoubles().sub(TWO_52).sub(QUADRANT / 2.0);
      a = a.mul(BoxMuller.STEP);
      DoubleVector square = a.mul(a);
      DoubleVector sine = square.broadcast(SINE[7]);
      sine = sine.fma(square, square.broadcast(SINE[6]));
      sine = sine.fma(square, square.broadcast(SINE[5]));
      sine = sine.fma(square, square.broadcast(SINE[4]));
      sine = sine.fma(square, square.broadcast(SINE[3]));
      sine = sine.fma(square, square.broadcast(SINE[2]));
      sine = sine.fma(square, square.broadcast(SINE[1]));
      sine = sine.fma(square, square.broadcast(SINE[0]));
      DoubleVector cosine = square.broadcast(COSINE[8]);
      cosine = cosine.fma(square, square.broadcast(COSINE[7]));
      cosine = cosine.fma(square, square.broadcast(COSINE[6]));
      cosine = cosine.fma(square, square.broadcast(COSINE[5]));
      cosine = cosine.fma(square, square.broadcast(COSINE[4]));
      cosine = cosine.fma(square, square.broadcast(COSINE[3]));
      cosine = cosine.fma(square, square.broadcast(COSINE[2]));
      cosine = cosine.fma(square, square.broadcast(COSINE[1]));
      cosine = cosine.fma(square, square.broadcast(COSINE[0]));
      LongVector sineBits = a.mul(sine).reinterpretAsLongs();
      LongVector cosineBits = cosine.reinterpretAsLongs();
      LongVector quadrant = turned.lanewise(VectorOperators.LSHR, 30);
      LongVector swapped = sineBits.lanewise(VectorOperators.XOR, cosineBits);
      swapped = swapped.and(quadrant.and(1).neg());
      LongVector first = cosineBits.lanewise(VectorOperators.XOR, swapped);
      LongVector second = sineBits.lanewise(VectorOperators.XOR, swapped);
      LongVector firstSign = quadrant.add(1).and(2).lanewise(VectorOperators.LSHL, 62);
      LongVector secondSign = quadrant.and(2).lanewise(VectorOperators.LSHL, 62);
      first = first.lanewise(VectorOperators.XOR, firstSign);
      second = second.lanewise(VectorOperators.XOR, secondSign);

      // Both rounded to floats, whose bits share a lane.
      DoubleVector firstNormal = first.reinterpretAsDoubles().mul(radius);
      DoubleVector secondNormal = second.reinterpretAsDoubles().mul(radius);
      IntVector firstFloat =
          ((FloatVector) firstNormal.convertShape(VectorOperators.D2F, HALF, 0))
              .reinterpretAsInts();
      IntVector secondFloat =
          ((FloatVector) secondNormal.convertShape(VectorOperators.D2F, HALF, 0))
              .reinterpretAsInts();
      LongVector low = (LongVector) firstFloat.convertShape(VectorOperators.I2L, LONGS, 0);
      LongVector high = (LongVector) secondFloat.convertShape(VectorOperators.I2L, LONGS, 0);
      LongVector result = low.and(WORD).or(high.lanewise(VectorOperators.LSHL, 32));
      result.reinterpretAsFloats().intoArray(normals, ni + 2 * pair);
    }
    return end;
  }
}
