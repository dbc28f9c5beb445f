package io.attune.data.synthetic;

import io.attune.InputException;

/**
 * Which MEG RDMs to draw for a synthetic THINGS.
 *
 * @param group whether to write the group's file, -100..1300 ms
 * @param individual whether to write the individuals' file, -100..1000 ms
 * @param participants of either, 1 to 99
 * @param concepts in the group's file, the held-out ones always among them; 0 takes all
 * @param stepMs between the group's samples, 1 to 100; the individuals' are a fifth of it apart
 * @param noise how many times as strong as planted
 */
public record MegSettings(
    boolean group, boolean individual, int participants, int concepts, int stepMs, double noise) {
  /** No MEG. */
  public static final MegSettings NONE = new MegSettings(false, false, 4, 0, 5, 1);

  /**
   * @throws InputException if a value is out of range
   */
  public MegSettings {
    check("participants", participants, 1, 99);
    check("concepts", concepts, 0, 100_000);
    check("step", stepMs, 1, 100);
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
