package io.attune.train;

/** Preprocessed images by number; may be asked by several threads at once. */
public interface PixelSource {
  /** Writes [3, H, W] of image {@code index} at {@code offset} of {@code into}. */
  void read(int index, float[] into, int offset);
}
