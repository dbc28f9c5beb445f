package io.attune.data.synthetic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.format.JsonFault;
import io.attune.rsa.TimeCourse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How well a model that knew what was planted would agree with synthetic MEG, on the concepts that
 * are for scoring.
 */
public final class PlantedMegCeiling {
  /** The mean of participants 1 to 3, which the published group's target is. */
  public static final String GROUP = "mean";

  /** The mean of all participants. */
  public static final String EVERYBODY = "everybody";

  private PlantedMegCeiling() {}

  /**
   * Spearman's correlation at each time of the target, 0 where nothing is planted.
   *
   * @param things folder that {@link SyntheticThings} wrote with MEG
   * @param whose {@link #GROUP}, {@link #EVERYBODY}, or of the individuals a participant such as
   *     {@code P1}
   * @throws InputException if the folder has no such ceiling
   */
  public static TimeCourse read(Path things, String whose) {
    Path file = things.resolve("meg").resolve("truth.json");
    try {
      JsonNode data =
          new ObjectMapper()
              .readTree(Files.readString(file))
              .path(whose.equals(GROUP) || whose.equals(EVERYBODY) ? "group" : "individual");
      JsonNode times = data.path("timesMs");
      JsonNode values = data.path("spearman").path(whose);
      if (times.isEmpty() || times.size() != values.size()) {
        throw new InputException("%s: expected a ceiling of %s".formatted(file, whose));
      }
      double[] ms = new double[times.size()];
      double[] rho = new double[ms.length];
      for (int t = 0; t < ms.length; t++) {
        ms[t] = times.get(t).asDouble();
        rho[t] = values.get(t).asDouble(0);
      }
      return new TimeCourse(ms, rho);
    } catch (JsonProcessingException e) {
      throw new InputException("%s: not JSON: %s".formatted(file, JsonFault.of(e)), e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }
}
