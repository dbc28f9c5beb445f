package io.attune.train;

import io.attune.InputException;
import java.util.OptionalInt;

/**
 * How many participants train at once.
 *
 * @param count at least 1
 * @param bytesEach of the device's memory that one run may take, its model's weights included
 */
public record ParticipantJobs(int count, long bytesEach) {
  /** Part of the free memory that is left alone where the number is not given. */
  private static final double SPARE = 0.1;

  /**
   * What one run needs, and what there is for all of them.
   *
   * @param weights bytes of the model's
   * @param run bytes beside them, at the worst moment
   * @param recomputes whether the run has to compute blocks twice to fit when it is alone
   * @param free bytes with no model in memory
   * @param threads over which runs can be spread; 1 for a device that is best used by one run
   */
  public record Needs(long weights, long run, boolean recomputes, long free, int threads) {}

  /**
   * As many as were asked for, else as many as there are threads and memory for.
   *
   * @param wanted at least 1
   * @throws InputException if so many models do not fit
   */
  public static ParticipantJobs of(int participants, OptionalInt wanted, Needs needs) {
    int most = Math.max(1, participants);
    int count;
    if (wanted.isPresent()) {
      count = Math.min(wanted.getAsInt(), most);
      if (count > 1 && needs.free() / count <= needs.weights()) {
        throw new InputException(
            "--jobs %d: %d models of %s do not fit in the %s that are free - use fewer"
                .formatted(
                    count,
                    count,
                    TrainingPlan.size(needs.weights()),
                    TrainingPlan.size(needs.free())));
      }
    } else {
      long fitting =
          needs.recomputes()
              ? 1
              : (long) (needs.free() * (1 - SPARE)) / (needs.weights() + needs.run());
      count = (int) Math.clamp(fitting, 1L, Math.min(most, needs.threads()));
    }
    return new ParticipantJobs(count, needs.free() / count);
  }

  /** For people. */
  public String describe() {
    return "%d at once, each in up to %s".formatted(count, TrainingPlan.size(bytesEach));
  }
}
