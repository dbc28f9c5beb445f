package io.attune.clip;

/**
 * An 8-bit RGB image.
 *
 * @param rgb height x width x 3, rows from the top, interleaved; not copied
 */
public record RgbImage(int width, int height, byte[] rgb) {
  public RgbImage {
    if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          "an RGB image of %dx%d needs %d bytes, not %d"
              .formatted(width, height, 3L * width * height, rgb.length));
    }
  }
}
