package io.attune.data.synthetic;

import io.attune.InputException;

/**
 * What to draw.
 *
 * @param concepts how many, at least 20
 * @param size of the square images in pixels, 16 to 1024
 * @param imagesPerConcept 1 to 99
 * @param seed decides which concepts of the synthetic world are met
 */
public record SyntheticSettings(int concepts, int size, int imagesPerConcept, long seed) {
  /**
   * @throws InputException if a value is out of range
   */
  public SyntheticSettings {
    check("concepts", concepts, 20, 100_000);
    check("size", size, 16, 1024);
    check("images per concept", imagesPerConcept, 1, 99);
  }

  /** 240 concepts, one image of 64 x 64 pixels each. */
  public static SyntheticSettings standard(long seed) {
    return new SyntheticSettings(240, 64, 1, seed);
  }

  private static void check(String what, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InputException(
          "synthetic THINGS: %s must be %d to %d, is %d".formatted(what, least, most, value));
    }
  }
}
