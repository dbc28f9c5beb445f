package io.attune.data.meg;

import io.attune.InputException;
import io.attune.data.Split;
import io.attune.data.Things;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which conditions of a target train and validate, and which are only ever scored.
 *
 * @param usable to train and validate, in row order
 * @param heldOut never used before scoring
 * @param trainingShare of the usable ones
 */
public record MegConcepts(List<String> usable, List<String> heldOut, double trainingShare) {
  /** The published group run trained on 1,456 of 1,806 images. */
  private static final double GROUP_SHARE = 1456.0 / 1806;

  /** The published individual runs trained on 80 of 100 images. */
  private static final double INDIVIDUAL_SHARE = 0.8;

  /** Of how many images of an individual run the last how many are held out. */
  private static final int INDIVIDUAL_IMAGES = 118;

  private static final int INDIVIDUAL_HELD_OUT = 18;

  public MegConcepts {
    usable = List.copyOf(usable);
    heldOut = List.copyOf(heldOut);
  }

  /**
   * The group's: all but the held-out objects of a THINGS folder, 1,806 of 1,854.
   *
   * @throws InputException if the target's names are missing or are not THINGS' concepts: the
   *     message lists them
   */
  public static MegConcepts group(MegTarget target, Things things) {
    requireNames(target);
    Set<String> known = new HashSet<>(things.concepts());
    List<String> unknown = target.names().stream().filter(name -> !known.contains(name)).toList();
    if (!unknown.isEmpty()) {
      throw new InputException(
          "%s: %d of %d conditions are no concepts of %s: %s"
              .formatted(
                  target.file(),
                  unknown.size(),
                  target.conditions(),
                  things.files().folder(),
                  String.join(", ", unknown)));
    }
    Set<String> held = new HashSet<>(things.hasHeldOut() ? things.heldOut() : List.of());
    List<String> usable = new ArrayList<>(target.names());
    usable.removeAll(held);
    List<String> heldOut = new ArrayList<>(target.names());
    heldOut.retainAll(held);
    return new MegConcepts(usable, heldOut, GROUP_SHARE);
  }

  /** An individual's: the last 18 of 118 images are held out, of other numbers as large a part. */
  public static MegConcepts individual(MegTarget target) {
    requireNames(target);
    List<String> names = target.names();
    int heldOut = Math.round((float) names.size() * INDIVIDUAL_HELD_OUT / INDIVIDUAL_IMAGES);
    int usable = names.size() - Math.max(1, heldOut);
    return new MegConcepts(
        names.subList(0, usable), names.subList(usable, names.size()), INDIVIDUAL_SHARE);
  }

  /** Draws who trains and who validates. */
  public Split split(long seed) {
    return Split.draw(usable, heldOut, trainingShare, seed);
  }

  private static void requireNames(MegTarget target) {
    if (target.names().isEmpty()) {
      throw new InputException(
          "%s: its conditions have no names; condense again with --things or --names"
              .formatted(target.file()));
    }
  }
}
