package io.attune.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Our own times of an earlier version, out of its results file, to be set beside those of now. */
final class Previous {
  private final Map<String, Double> medians = new HashMap<>();

  private Previous() {}

  /**
   * Reads a results file of the same stage.
   *
   * @param file null for none
   * @throws InputException if it cannot be read or holds no time
   */
  static Previous read(Path file) {
    Previous previous = new Previous();
    if (file == null) {
      return previous;
    }
    try {
      for (JsonNode row : new ObjectMapper().readTree(file.toFile()).path("rows")) {
        JsonNode median = row.path("ours").path("p50_us");
        if (median.isNumber()) {
          previous.medians.put(row.path("key").asText(), median.asDouble());
        }
      }
    } catch (IOException e) {
      throw new InputException("cannot read earlier results %s: %s".formatted(file, e), e);
    }
    if (previous.medians.isEmpty()) {
      throw new InputException(
          file + ": no earlier result in it - expected kernels.json or model.json of a run");
    }
    return previous;
  }

  /** Adds {@code previous_p50_us} and its ratio to the row's own time, where both are known. */
  void compare(String key, Map<String, Object> row) {
    Double before = medians.get(key);
    if (before != null && row.get("ours") instanceof Map<?, ?> ours) {
      row.put("previous_p50_us", before);
      row.put("previous_ratio", before / ((Number) ours.get("p50_us")).doubleValue());
    }
  }
}
