package io.attune.nn;

/**
 * What a pass is for.
 *
 * @param training keep what the backward pass needs; in inference nothing is saved
 * @param inputGradient the gradient of the pass's own input is wanted too
 * @param recompute keep only each block's input, and compute the rest of the block again in the
 *     backward pass: less memory for about a third more work
 * @param firstTokenOnly of the last block, only the output at the class token is wanted
 */
public record PassOptions(
    boolean training, boolean inputGradient, boolean recompute, boolean firstTokenOnly) {
  /** A forward pass that saves nothing. */
  public static PassOptions inference(boolean firstTokenOnly) {
    return new PassOptions(false, false, false, firstTokenOnly);
  }

  /** A training pass that reaches down to the lowest trained parameter. */
  public static PassOptions training(boolean firstTokenOnly) {
    return new PassOptions(true, false, false, firstTokenOnly);
  }

  public PassOptions withInputGradient(boolean wanted) {
    return new PassOptions(training, wanted, recompute, firstTokenOnly);
  }

  public PassOptions withRecompute(boolean wanted) {
    return new PassOptions(training, inputGradient, wanted, firstTokenOnly);
  }

  public PassOptions withFirstTokenOnly(boolean wanted) {
    return new PassOptions(training, inputGradient, recompute, wanted);
  }
}
