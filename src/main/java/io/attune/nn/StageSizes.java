package io.attune.nn;

/**
 * Extents of one block's computation.
 *
 * @param batch sequences, B
 * @param tokens tokens of a sequence, T
 * @param firstTokenOnly true where only the output at token 0, the class token, is wanted: keys and
 *     values come from all tokens, everything after them is computed for one row a sequence
 */
public record StageSizes(int batch, int tokens, boolean firstTokenOnly) {
  /** B T, rows of the residual stream. */
  public int rows() {
    return Math.multiplyExact(batch, tokens);
  }

  /** Rows of the block's output: B T, or B for the first token alone. */
  public int outputRows() {
    return firstTokenOnly ? batch : rows();
  }
}
