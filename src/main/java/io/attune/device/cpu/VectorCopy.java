package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Copies runs of as many elements as a panel is wide, by vectors rather than by calls. */
final class VectorCopy {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
  private static final int LANES = VectorWidth.LANES;

  private VectorCopy() {}

  /**
   * Copies rows {@code stride} apart one after another. One method for all widths: it is compiled
   * early, and until then it boxes its vectors.
   */
  static void rows(
      float[] source, int from, int stride, int width, int rows, float[] target, int to) {
    for (int row = 0; row < rows; row++) {
      int at = from + row * stride;
      int out = to + row * width;
      int j = 0;
      for (; j + LANES <= width; j += LANES) {
        FloatVector.fromArray(SPECIES, source, at + j).intoArray(target, out + j);
      }
      for (; j + 4 <= width; j += 4) {
        FloatVector.fromArray(FOUR, source, at + j).intoArray(target, out + j);
      }
      for (; j < width; j++) {
        target[out + j] = source[at + j];
      }
    }
  }
}
