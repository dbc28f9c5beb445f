package io.attune.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What PyTorch needed for one row, in each of the ways in which it can be asked, by their names.
 */
final class PeerTimes {
  private final Map<String, Double> medians = new LinkedHashMap<>();
  private final Map<String, Object> details = new LinkedHashMap<>();

  /** Adds a reply of a further round; of two rounds the faster median counts. */
  void add(JsonNode reply) {
    add("failed", reply);
  }

  /** As {@link #add(JsonNode)}; a reply that failed as a whole is kept under the way's name. */
  void add(String way, JsonNode reply) {
    if (reply.has("failed")) {
      details.putIfAbsent(way, reply.path("failed").asText());
    }
    for (JsonNode variant : reply.path("variants")) {
      String name = variant.path("name").asText();
      double median = variant.path("p50_us").asDouble(Double.NaN);
      if (Double.isNaN(median)) {
        details.putIfAbsent(name, variant.path("failed").asText());
      } else if (!(medians.getOrDefault(name, Double.POSITIVE_INFINITY) <= median)) {
        medians.put(name, median);
        details.put(name, variant);
      }
    }
  }

  /** Whether this way was tried in vain. */
  boolean isFailed(String way) {
    return details.containsKey(way) && !medians.containsKey(way);
  }

  /** The fastest way's name, or null. */
  String fastest() {
    String best = null;
    for (Map.Entry<String, Double> entry : medians.entrySet()) {
      if (best == null || entry.getValue() < medians.get(best)) {
        best = entry.getKey();
      }
    }
    return best;
  }

  /** The median of one way, in microseconds; NaN if it was not measured. */
  double median(String name) {
    return name == null ? Double.NaN : medians.getOrDefault(name, Double.NaN);
  }

  Map<String, Double> medians() {
    return medians;
  }

  /** A number above 0 that ways told beside their times, by their names. */
  Map<String, Long> numbers(String field) {
    Map<String, Long> found = new LinkedHashMap<>();
    details.forEach(
        (way, detail) -> {
          if (detail instanceof JsonNode told && told.path(field).asLong() > 0) {
            found.put(way, told.path(field).asLong());
          }
        });
    return found;
  }

  /** Why there is nothing, or null. */
  String failure() {
    return !medians.isEmpty() || details.isEmpty()
        ? null
        : details.values().iterator().next().toString();
  }

  Map<String, Object> details() {
    return details;
  }
}
