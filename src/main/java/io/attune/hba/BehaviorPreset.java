package io.attune.hba;

import io.attune.InputException;

/**
 * What differs between the published behaviour stage and the one that mends its quirk.
 *
 * @param name as on the command line
 * @param startsAtBase whether the up-projection of the paper's DoRA starts at zero, so that step 0
 *     equals the base model; the published one starts uniform, so that it does not
 */
public record BehaviorPreset(String name, boolean startsAtBase) {
  /** The published settings, quirk included. */
  public static final BehaviorPreset PAPER = new BehaviorPreset("paper", false);

  /** The same, starting from the base model. */
  public static final BehaviorPreset CORRECTED = new BehaviorPreset("corrected", true);

  /**
   * The preset called {@code name}.
   *
   * @throws InputException if there is none
   */
  public static BehaviorPreset named(String name) {
    return switch (name) {
      case "paper" -> PAPER;
      case "corrected" -> CORRECTED;
      default ->
          throw new InputException("preset: '" + name + "' is unknown - use paper or corrected");
    };
  }
}
