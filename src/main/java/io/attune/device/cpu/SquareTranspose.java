package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes in blocks of 16 x 16 on 512-bit vectors, in four rounds of exchanges between lines 1,
 * 2, 4 and 8 apart: a permutation and a blend for a line in each round, where blocks of 4 x 4 need
 * three times as many instructions. Everything is a local of one method and unrolled by hand, since
 * vectors in arrays would be boxed.
 */
final class SquareTranspose {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_512;

  /** Elements of a block's side. */
  static final int SIDE = 16;

  private static final VectorMask<Float> UPPER_1 = VectorMask.fromLong(SPECIES, 0xAAAA);
  private static final VectorMask<Float> UPPER_2 = VectorMask.fromLong(SPECIES, 0xCCCC);
  private static final VectorMask<Float> UPPER_4 = VectorMask.fromLong(SPECIES, 0xF0F0);
  private static final VectorMask<Float> UPPER_8 = VectorMask.fromLong(SPECIES, 0xFF00);

  private SquareTranspose() {}

  /**
   * Writes sixteen lines of k elements as columns of a matrix [k][width].
   *
   * @param from the first line's element 0; the others follow {@code stride} apart
   * @param begin first step of k
   * @param end step of k to stop before; a last part that fills no block is left to the caller
   * @param to where the first line's element 0 goes
   * @return the first step that was left
   */
  static int lines(
      float[] source,
      int from,
      int stride,
      int count,
      int begin,
      int end,
      float[] target,
      int to,
      int width) {
    int line14 = Math.min(14, count - 1) * stride;
    int line15 = Math.min(15, count - 1) * stride;
    int p = begin;
    for (; p + SIDE <= end; p += SIDE) {
      int at = from + p;
      FloatVector a0 = FloatVector.fromArray(SPECIES, source, at);
      FloatVector a1 = FloatVector.fromArray(SPECIES, source, at + stride);
      FloatVector a2 = FloatVector.fromArray(SPECIES, source, at + 2 * stride);
      FloatVector a3 = FloatVector.fromArray(SPECIES, source, at + 3 * stride);
      FloatVector a4 = FloatVector.fromArray(SPECIES, source, at + 4 * stride);
      FloatVector a5 = FloatVector.fromArray(SPECIES, source, at + 5 * stride);
      FloatVector a6 = FloatVector.fromArray(SPECIES, source, at + 6 * stride);
      FloatVector a7 = FloatVector.fromArray(SPECIES, source, at + 7 * stride);
      FloatVector a8 = FloatVector.fromArray(SPECIES, source, at + 8 * stride);
      FloatVector a9 = FloatVector.fromArray(SPECIES, source, at + 9 * stride);
      FloatVector a10 = FloatVector.fromArray(SPECIES, source, at + 10 * stride);
      FloatVector a11 = FloatVector.fromArray(SPECIES, source, at + 11 * stride);
      FloatVector a12 = FloatVector.fromArray(SPECIES, source, at + 12 * stride);
      FloatVector a13 = FloatVector.fromArray(SPECIES, source, at + 13 * stride);
      FloatVector a14 = FloatVector.fromArray(SPECIES, source, at + line14);
      FloatVector a15 = FloatVector.fromArray(SPECIES, source, at + line15);
      FloatVector b0 = a0.blend(a1.rearrange(LaneSwaps.BY_1), UPPER_1);
      FloatVector b1 = a0.rearrange(LaneSwaps.BY_1).blend(a1, UPPER_1);
      FloatVector b2 = a2.blend(a3.rearrange(LaneSwaps.BY_1), UPPER_1);
      FloatVector b3 = a2.rearrange(LaneSwaps.BY_1).blend(a3, UPPER_1);
      FloatVector b4 = a4.blend(a5.rearrange(LaneSwaps.BY_1), UPPER_1);
      FloatVector b5 = a4.rearrange(LaneSwaps.BY_1).blend(a5, UPPER_1);
      FloatVector b6 = a6.blend(a7.rearrange(LaneSwaps.BY_1), UPPER_1);
      FloatVector b7 = a6.rearrange(LaneSwaps.BY_1).blend(a7, UPPER_1);
      FloatVector b8 = a8.blend(a9.rearrange(LaneSwaps.BY_1), UPPER_1);
      FloatVector b9 = a8.rearrange(LaneSwaps.BY_1).blend(a9, UPPER_1);
      FloatVector b10 = a10.blend(a11.rearrange(LaneSwaps.BY_1), UPPER_1);
      FloatVector b11 = a10.rearrange(LaneSwaps.BY_1).blend(a11, UPPER_1);
      FloatVector b12 = a12.blend(a13.rearrange(LaneSwaps.BY_1), UPPER_1);
      FloatVector b13 = a12.rearrange(LaneSwaps.BY_1).blend(a13, UPPER_1);
      FloatVector b14 = a14.blend(a15.rearrange(LaneSwaps.BY_1), UPPER_1);
      FloatVector b15 = a14.rearrange(LaneSwaps.BY_1).blend(a15, UPPER_1);
      FloatVector c0 = b0.blend(b2.rearrange(LaneSwaps.BY_2), UPPER_2);
      FloatVector c2 = b0.rearrange(LaneSwaps.BY_2).blend(b2, UPPER_2);
      FloatVector c1 = b1.blend(b3.rearrange(LaneSwaps.BY_2), UPPER_2);
      FloatVector c3 = b1.rearrange(LaneSwaps.BY_2).blend(b3, UPPER_2);
      FloatVector c4 = b4.blend(b6.rearrange(LaneSwaps.BY_2), UPPER_2);
      FloatVector c6 = b4.rearrange(LaneSwaps.BY_2).blend(b6, UPPER_2);
      FloatVector c5 = b5.blend(b7.rearrange(LaneSwaps.BY_2), UPPER_2);
      FloatVector c7 = b5.rearrange(LaneSwaps.BY_2).blend(b7, UPPER_2);
      FloatVector c8 = b8.blend(b10.rearrange(LaneSwaps.BY_2), UPPER_2);
      FloatVector c10 = b8.rearrange(LaneSwaps.BY_2).blend(b10, UPPER_2);
      FloatVector c9 = b9.blend(b11.rearrange(LaneSwaps.BY_2), UPPER_2);
      FloatVector c11 = b9.rearrange(LaneSwaps.BY_2).blend(b11, UPPER_2);
      FloatVector c12 = b12.blend(b14.rearrange(LaneSwaps.BY_2), UPPER_2);
      FloatVector c14 = b12.rearrange(LaneSwaps.BY_2).blend(b14, UPPER_2);
      FloatVector c13 = b13.blend(b15.rearrange(LaneSwaps.BY_2), UPPER_2);
      FloatVector c15 = b13.rearrange(LaneSwaps.BY_2).blend(b15, UPPER_2);
      FloatVector d0 = c0.blend(c4.rearrange(LaneSwaps.BY_4), UPPER_4);
      FloatVector d4 = c0.rearrange(LaneSwaps.BY_4).blend(c4, UPPER_4);
      FloatVector d1 = c1.blend(c5.rearrange(LaneSwaps.BY_4), UPPER_4);
      FloatVector d5 = c1.rearrange(LaneSwaps.BY_4).blend(c5, UPPER_4);
      FloatVector d2 = c2.blend(c6.rearrange(LaneSwaps.BY_4), UPPER_4);
      FloatVector d6 = c2.rearrange(LaneSwaps.BY_4).blend(c6, UPPER_4);
      FloatVector d3 = c3.blend(c7.rearrange(LaneSwaps.BY_4), UPPER_4);
      FloatVector d7 = c3.rearrange(LaneSwaps.BY_4).blend(c7, UPPER_4);
      FloatVector d8 = c8.blend(c12.rearrange(LaneSwaps.BY_4), UPPER_4);
      FloatVector d12 = c8.rearrange(LaneSwaps.BY_4).blend(c12, UPPER_4);
      FloatVector d9 = c9.blend(c13.rearrange(LaneSwaps.BY_4), UPPER_4);
      FloatVector d13 = c9.rearrange(LaneSwaps.BY_4).blend(c13, UPPER_4);
      FloatVector d10 = c10.blend(c14.rearrange(LaneSwaps.BY_4), UPPER_4);
      FloatVector d14 = c10.rearrange(LaneSwaps.BY_4).blend(c14, UPPER_4);
      FloatVector d11 = c11.blend(c15.rearrange(LaneSwaps.BY_4), UPPER_4);
      FloatVector d15 = c11.rearrange(LaneSwaps.BY_4).blend(c15, UPPER_4);
      FloatVector e0 = d0.blend(d8.rearrange(LaneSwaps.BY_8), UPPER_8);
      FloatVector e8 = d0.rearrange(LaneSwaps.BY_8).blend(d8, UPPER_8);
      FloatVector e1 = d1.blend(d9.rearrange(LaneSwaps.BY_8), UPPER_8);
      FloatVector e9 = d1.rearrange(LaneSwaps.BY_8).blend(d9, UPPER_8);
      FloatVector e2 = d2.blend(d10.rearrange(LaneSwaps.BY_8), UPPER_8);
      FloatVector e10 = d2.rearrange(LaneSwaps.BY_8).blend(d10, UPPER_8);
      FloatVector e3 = d3.blend(d11.rearrange(LaneSwaps.BY_8), UPPER_8);
      FloatVector e11 = d3.rearrange(LaneSwaps.BY_8).blend(d11, UPPER_8);
      FloatVector e4 = d4.blend(d12.rearrange(LaneSwaps.BY_8), UPPER_8);
      FloatVector e12 = d4.rearrange(LaneSwaps.BY_8).blend(d12, UPPER_8);
      FloatVector e5 = d5.blend(d13.rearrange(LaneSwaps.BY_8), UPPER_8);
      FloatVector e13 = d5.rearrange(LaneSwaps.BY_8).blend(d13, UPPER_8);
      FloatVector e6 = d6.blend(d14.rearrange(LaneSwaps.BY_8), UPPER_8);
      FloatVector e14 = d6.rearrange(LaneSwaps.BY_8).blend(d14, UPPER_8);
      FloatVector e7 = d7.blend(d15.rearrange(LaneSwaps.BY_8), UPPER_8);
      FloatVector e15 = d7.rearrange(LaneSwaps.BY_8).blend(d15, UPPER_8);
      int out = to + p * width;
      e0.intoArray(target, out);
      e1.intoArray(target, out + width);
      e2.intoArray(target, out + 2 * width);
      e3.intoArray(target, out + 3 * width);
      e4.intoArray(target, out + 4 * width);
      e5.intoArray(target, out + 5 * width);
      e6.intoArray(target, out + 6 * width);
      e7.intoArray(target, out + 7 * width);
      e8.intoArray(target, out + 8 * width);
      e9.intoArray(target, out + 9 * width);
      e10.intoArray(target, out + 10 * width);
      e11.intoArray(target, out + 11 * width);
      e12.intoArray(target, out + 12 * width);
      e13.intoArray(target, out + 13 * width);
      e14.intoArray(target, out + 14 * width);
      e15.intoArray(target, out + 15 * width);
    }
    return p;
  }
}
