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
    if (reply.has("failed")) {
      details.putIfAbsent("failed", reply.path("failed").asText());
    }
    for (JsonNode variant : reply.path("variants")) {
      String name = variant.path("name").asText();
      double median = variant.path("p50_us").asDouble(Double.NaN);
      if (Double.isNaN(median)) {
        details.putIfAbsent(name, variant);
      } else if (!(medians.getOrDefault(name, Double.POSITIVE_INFINITY) <= median)) {
        medians.put(name, median);
        details.put(name, variant);
      }
    }
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

  /** Why there is nothing, or null. */
  String failure() {
    return medians.isEmpty() && details.containsKey("failed")
        ? details.get("failed").toString()
        : null;
  }

  Map<String, Object> details() {
    return details;
  }
}
