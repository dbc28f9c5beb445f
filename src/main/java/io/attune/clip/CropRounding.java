package io.attune.clip;

/**
 * Where a centre crop starts when (long - crop) is odd. The two rules lie one pixel apart where
 * (long - crop) mod 4 is 3.
 */
public enum CropRounding {
  /** floor((long - crop) / 2): Hugging Face's PIL image processor. */
  HUGGING_FACE,
  /** (long - crop) / 2 rounded half to even: OpenAI's and open_clip's torchvision pipeline. */
  TORCHVISION;

  /** The first pixel of a crop of {@code crop} out of {@code size}; crop is not larger. */
  int offset(int size, int crop) {
    return this == HUGGING_FACE ? (size - crop) / 2 : (int) Math.rint((size - crop) / 2.0);
  }

  /** The pixels added before an image of {@code size} that is smaller than the crop. */
  int padding(int size, int crop) {
    return this == HUGGING_FACE ? (crop - size + 1) / 2 : (crop - size) / 2;
  }
}
