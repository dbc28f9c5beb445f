package io.attune.data.synthetic;

import io.attune.InputException;

/**
 * Which MEG RDMs to draw for a synthetic THINGS.
 *
 * @param group whether to write the group's file
 * @param individual whether to write the individuals' file
 * @param participants of either, 1 to 99
 * @param concepts in the group's file, the held-out ones always among them; 0 takes all
 * @param images in the individuals' file at most, the last of them for scoring
 * @param stepMs between the group's samples, 1 to 100; the individuals' are a fifth of it apart
 * @param lastMs where both files end, 100 to 5000; 0 is 1300 for the group and 1000 for the
 *     individuals, as published
 * @param noise how many times as strong as planted
 */
public record MegSettings(
    boolean group,
    boolean individual,
    int participants,
    int concepts,
    int images,
    int stepMs,
    int lastMs,
    double noise) {
  /** Images that the published individual data's participants saw. */
  public static final int PUBLISHED_IMAGES = 118;

  /** No MEG. */
  public static final MegSettings NONE =
      new MegSettings(false, false, 4, 0, PUBLISHED_IMAGES, 5, 0, 1);

  /**
   * @throws InputException if a value is out of range
   */
  public MegSettings {
    check("participants", participants, 1, 99);
    check("concepts", concepts, 0, 100_000);
    check("images", images, 6, 100_000);
    check("step", stepMs, 1, 100);
    check("end", lastMs == 0 ? 1000 : lastMs, 100, 5000);
    if (!(noise >= 0) || noise > 100) {
      throw new InputException("synthetic MEG: noise must be 0 to 100, is " + noise);
    }
  }

  private static void check(String what, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InputException(
          "synthetic MEG: %s must be %d to %d, is %d".formatted(what, least, most, value));
    }
  }
}
