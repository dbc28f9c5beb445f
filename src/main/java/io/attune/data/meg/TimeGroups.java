package io.attune.data.meg;

import io.attune.InputException;

/**
 * Down-sampling by means: sample 0 is kept, group g = 1, 2, ... averages samples {@code factor (g -
 * 1) + 1} to {@code factor g}. So 1,101 samples of 1 ms become 221 of 5 ms; samples after the last
 * whole group are not used. A factor of 1 keeps every sample.
 *
 * @param samples how many there are
 * @param factor samples averaged
 */
record TimeGroups(int samples, int factor) {
  /**
   * The groups that make a given step.
   *
   * @param stepMs wanted, a whole multiple of the axis' own
   * @throws InputException if it is not
   */
  static TimeGroups ofStep(TimeAxis axis, double stepMs) {
    long factor = Math.round(stepMs / axis.stepMs());
    if (factor < 1 || Math.abs(stepMs - factor * axis.stepMs()) > 1e-6 * stepMs) {
      throw new InputException(
          "samples %s ms apart cannot be averaged to steps of %s ms; take a whole multiple"
              .formatted(axis.stepMs(), stepMs));
    }
    return new TimeGroups(axis.count(), Math.toIntExact(factor));
  }

  /** Number of groups. */
  int count() {
    return 1 + (samples - 1) / factor;
  }

  /** First sample of a group. */
  int first(int group) {
    return group == 0 ? 0 : factor * (group - 1) + 1;
  }

  /** The sample after a group's last. */
  int end(int group) {
    return factor * group + 1;
  }

  /** Samples after the last group. */
  int unused() {
    return samples - end(count() - 1);
  }

  /** Times of the groups: each bears the time of its last sample. */
  TimeAxis axis(TimeAxis samplesAxis) {
    return new TimeAxis(samplesAxis.firstMs(), samplesAxis.stepMs() * factor, count());
  }
}
