package io.attune.device.cpu;

/**
 * Packed lines of one operand, rows of op(A) or columns of op(B), panel after panel, each [steps of
 * k][lines]. They begin at a line of the slab and at a step of k.
 */
final class PackedPanels {
  private float[] array = new float[0];
  private int firstLine;
  private int firstStep;
  private int steps;

  /** Makes room; what was packed is lost. */
  void reserve(long elements) {
    if (array.length < elements) {
      array = null; // so that the old one can make room for the new
      array = new float[Math.toIntExact(elements)];
    }
  }

  /** Says what is to be packed: panels from line {@code firstLine}, of these steps of k. */
  void begin(int firstLine, int firstStep, int steps) {
    this.firstLine = firstLine;
    this.firstStep = firstStep;
    this.steps = steps;
  }

  float[] array() {
    return array;
  }

  /**
   * Where a step of k of a panel lies.
   *
   * @param line the panel's first line
   * @param width lines of the panel, padding included
   */
  int placeOf(int line, int width, int step) {
    return (line - firstLine) * steps + (step - firstStep) * width;
  }
}
