package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Copies runs of as many elements as a panel is wide, by vectors rather than by calls. */
final class VectorCopy {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
  private static final int LANES = VectorWidth.LANES;

  private VectorCopy() {}

  /** Rows of two vectors, {@code stride} apart, one after another. */
  static void pairs(float[] source, int from, int stride, int rows, float[] target, int to) {
    for (int row = 0; row < rows; row++) {
      int at = from + row * stride;
      int out = to + row * 2 * LANES;
      FloatVector left = FloatVector.fromArray(SPECIES, source, at);
      FloatVector right = FloatVector.fromArray(SPECIES, source, at + LANES);
      left.intoArray(target, out);
      right.intoArray(target, out + LANES);
    }
  }

  /** Rows of four elements, {@code stride} apart, one after another. */
  static void fours(float[] source, int from, int stride, int rows, float[] target, int to) {
    for (int row = 0; row < rows; row++) {
      FloatVector x = FloatVector.fromArray(FOUR, source, from + row * stride);
      x.intoArray(target, to + row * 4);
    }
  }

  /**
   * Rows of {@code width} elements, no more than a vector has, {@code stride} apart, one after
   * another. Each but the last is written with what follows it, which the next overwrites.
   *
   * @param stride at least {@code width}
   */
  static void narrow(
      float[] source, int from, int stride, int width, int rows, float[] target, int to) {
    int row = 0;
    int last = Math.min(rows - 1, (source.length - from - LANES) / Math.max(1, stride) + 1);
    for (; row < last; row++) {
      FloatVector x = FloatVector.fromArray(SPECIES, source, from + row * stride);
      x.intoArray(target, to + row * width);
    }
    for (; row < rows; row++) {
      System.arraycopy(source, from + row * stride, target, to + row * width, width);
    }
  }
}
