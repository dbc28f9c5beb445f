package io.attune.data.meg;

import io.attune.InputException;
import io.attune.rsa.NanPolicy;
import java.nio.file.Path;
import java.util.List;

/**
 * What to condense, and how.
 *
 * @param file array of RDMs, see {@link MegArray}
 * @param dataset of an HDF5 file; null chooses
 * @param selections targets to write
 * @param names of the conditions in row order; empty leaves them without names
 * @param firstMs time of the file's first sample
 * @param stepMs between the file's samples; null takes 5 ms for 281 samples and 1 ms for 1,101, as
 *     published, and is an error for other numbers
 * @param targetStepMs between the target's times; null takes 5 ms, or the file's step if that is
 *     more
 * @param fromMs first time of the target wanted; null takes the first there is
 * @param toMs last time of the target wanted; null takes the last there is. Time courses are of the
 *     times kept; the range that values are scaled by is of all
 * @param nan what becomes of NaN off the diagonal: ERROR or ZERO
 * @param noiseScale largest value of nu
 */
public record CondenseRequest(
    Path file,
    String dataset,
    List<MegSelection> selections,
    List<String> names,
    double firstMs,
    Double stepMs,
    Double targetStepMs,
    Double fromMs,
    Double toMs,
    NanPolicy nan,
    double noiseScale) {
  private static final double PUBLISHED_STEP = 5;
  private static final int GROUP_SAMPLES = 281;
  private static final int INDIVIDUAL_SAMPLES = 1101;

  /**
   * @throws InputException if NaN shall be dropped, or the noise scale is no number above 0
   */
  public CondenseRequest {
    if (nan == NanPolicy.DROP) {
      throw new InputException(
          "MEG RDMs: NaN cannot be dropped, a target needs every pair; choose error or zero");
    }
    selections = List.copyOf(selections);
    names = List.copyOf(names);
    if (!(noiseScale > 0) || Double.isInfinite(noiseScale)) {
      throw new InputException("noise scale: expected a number above 0, found " + noiseScale);
    }
  }

  /** The published settings for a file: -100 ms on, averaged to 5 ms, NaN is an error. */
  public static CondenseRequest standard(
      Path file, List<MegSelection> selections, List<String> names) {
    return new CondenseRequest(
        file, null, selections, names, -100, null, null, null, null, NanPolicy.ERROR, 1);
  }

  /** The same with samples {@code step} ms apart in the file. */
  public CondenseRequest withStep(double step) {
    return new CondenseRequest(
        file,
        dataset,
        selections,
        names,
        firstMs,
        step,
        targetStepMs,
        fromMs,
        toMs,
        nan,
        noiseScale);
  }

  /** When the file's samples were taken. */
  TimeAxis sampleAxis(int samples) {
    if (stepMs != null) {
      return new TimeAxis(firstMs, stepMs, samples);
    }
    return switch (samples) {
      case GROUP_SAMPLES -> new TimeAxis(firstMs, 5, samples);
      case INDIVIDUAL_SAMPLES -> new TimeAxis(firstMs, 1, samples);
      default ->
          throw new InputException(
              "%s: %d samples, neither the group data's %d (5 ms) nor the individual data's %d (1 ms): say how far they are apart with --step-ms"
                  .formatted(file, samples, GROUP_SAMPLES, INDIVIDUAL_SAMPLES));
    };
  }

  /** How samples are averaged. */
  TimeGroups groups(TimeAxis samples) {
    double wanted =
        targetStepMs == null ? Math.max(PUBLISHED_STEP, samples.stepMs()) : targetStepMs;
    return TimeGroups.ofStep(samples, wanted);
  }
}
