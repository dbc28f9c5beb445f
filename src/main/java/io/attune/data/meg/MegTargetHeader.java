package io.attune.data.meg;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.attune.InputException;
import io.attune.format.JsonFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code TARGET.npy.json} tells of a condensed target {@code TARGET.npy}.
 *
 * @param format {@value #FORMAT}
 * @param version of the format
 * @param conditions n
 * @param names of the conditions in row order; empty if they were not given
 * @param time of each row of the target
 * @param participants averaged, from 1
 * @param curveParticipants whose RDMs alpha, beta and nu come from, from 1
 * @param ofParticipants how many the source holds
 * @param scaling what was done to dissimilarities
 * @param nanZeroed NaN pairs of the source taken as 0, of all participants and times
 * @param averagedSamples samples of the source averaged for each time but the first
 * @param alpha richness at each time
 * @param beta generalisation at each time
 * @param nu noise level at each time
 * @param noiseScale nu's largest value
 * @param source where it came from
 * @param sha256 of the whole TARGET.npy
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record MegTargetHeader(
    String format,
    int version,
    int conditions,
    List<String> names,
    Times time,
    List<Integer> participants,
    List<Integer> curveParticipants,
    int ofParticipants,
    Scaling scaling,
    long nanZeroed,
    int averagedSamples,
    double[] alpha,
    double[] beta,
    double[] nu,
    double noiseScale,
    Source source,
    String sha256) {
  static final String FORMAT = "attune-meg-target";
  static final int VERSION = 1;

  /** A time axis in milliseconds. */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Times(double firstMs, double stepMs, int count) {
    static Times of(TimeAxis axis) {
      return new Times(axis.firstMs(), axis.stepMs(), axis.count());
    }

    TimeAxis axis() {
      return new TimeAxis(firstMs, stepMs, count);
    }
  }

  /**
   * Dissimilarities became (x - min) / (max - min).
   *
   * @param applied false where min was 0 and max 1 already
   * @param min over all participants, times and conditions of the source, its diagonal as 0
   * @param max likewise
   */
  public record Scaling(boolean applied, double min, double max) {}

  /**
   * A source file.
   *
   * @param dataset empty for a file that holds one array
   */
  public record Source(String file, String dataset, long[] shape, long bytes, String sha256) {}

  /** The file that tells of a target. */
  public static Path beside(Path target) {
    return target.resolveSibling(target.getFileName() + ".json");
  }

  String toJson() {
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads and checks {@code TARGET.npy.json}.
   *
   * @throws InputException if it is missing, is not what {@code meg-condense} writes, or
   *     contradicts itself
   */
  static MegTargetHeader read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          "%s: no such file; it tells of the target beside it, write both with attune data meg-condense"
              .formatted(file));
    }
    try {
      MegTargetHeader header =
          new ObjectMapper()
              .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
              .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
              .readValue(Files.readString(file), MegTargetHeader.class);
      header.check(file);
      return header;
    } catch (JsonProcessingException e) {
      throw new InputException(
          "%s: not the description of an MEG target: %s".formatted(file, JsonFault.of(e)), e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  private void check(Path file) {
    if (!format.equals(FORMAT) || version != VERSION) {
      throw new InputException(
          "%s: format %s %d, expected %s %d; condense again"
              .formatted(file, format, version, FORMAT, VERSION));
    }
    for (double[] course : List.of(alpha, beta, nu)) {
      if (course.length != time.count()) {
        throw new InputException(
            "%s: alpha, beta and nu must have %d values, found %d"
                .formatted(file, time.count(), course.length));
      }
    }
    if (conditions < 3 || !(names.isEmpty() || names.size() == conditions)) {
      throw new InputException(
          "%s: %d conditions, but %d names".formatted(file, conditions, names.size()));
    }
  }
}
