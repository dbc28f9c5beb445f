package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes in blocks of 4 x 4 on 128-bit vectors, which every processor with vectors has. A block
 * takes two rounds of exchanges between neighbours: first of single elements, then of pairs. Four
 * loads, eight permutations and four stores stand for 16 loads and 16 stores of an element.
 */
final class VectorTranspose {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_128;

  /** Elements of a block's side. */
  static final int SIDE = 4;

  private static final VectorShuffle<Float> SWAP_ONES = SPECIES.shuffleFromValues(1, 0, 3, 2);
  private static final VectorShuffle<Float> SWAP_PAIRS = SPECIES.shuffleFromValues(2, 3, 0, 1);
  private static final VectorMask<Float> ODD = VectorMask.fromLong(SPECIES, 0b1010);
  private static final VectorMask<Float> UPPER = VectorMask.fromLong(SPECIES, 0b1100);

  private VectorTranspose() {}

  /**
   * Writes four lines of k elements as columns of a matrix [k][width].
   *
   * @param from the first line's element 0; the others follow {@code stride} apart
   * @param begin first step of k
   * @param end step of k to stop before; a last part that fills no block is left to the caller
   * @param to where the first line's element 0 goes
   * @return the first step that was left
   */
  static int fourLines(
      float[] source, int from, int stride, int begin, int end, float[] target, int to, int width) {
    int p = begin;
    for (; p + SIDE <= end; p += SIDE) {
      int at = from + p;
      FloatVector a = FloatVector.fromArray(SPECIES, source, at);
      FloatVector b = FloatVector.fromArray(SPECIES, source, at + stride);
      FloatVector c = FloatVector.fromArray(SPECIES, source, at + 2 * stride);
      FloatVector d = FloatVector.fromArray(SPECIES, source, at + 3 * stride);
      FloatVector ab = a.blend(b.rearrange(SWAP_ONES), ODD);
      FloatVector ba = a.rearrange(SWAP_ONES).blend(b, ODD);
      FloatVector cd = c.blend(d.rearrange(SWAP_ONES), ODD);
      FloatVector dc = c.rearrange(SWAP_ONES).blend(d, ODD);
      int out = to + p * width;
      ab.blend(cd.rearrange(SWAP_PAIRS), UPPER).intoArray(target, out);
      ba.blend(dc.rearrange(SWAP_PAIRS), UPPER).intoArray(target, out + width);
      ab.rearrange(SWAP_PAIRS).blend(cd, UPPER).intoArray(target, out + 2 * width);
      ba.rearrange(SWAP_PAIRS).blend(dc, UPPER).intoArray(target, out + 3 * width);
    }
    return p;
  }
}
