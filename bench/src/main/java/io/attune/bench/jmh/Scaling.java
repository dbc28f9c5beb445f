package io.attune.bench.jmh;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Medians of one provider along one axis.
 *
 * @param axis what varies
 * @param milliseconds by how much of it there is
 */
record Scaling(String axis, Provider provider, TreeMap<Integer, Double> milliseconds) {
  /** Those of all rows that are points of a scaling table and were measured. */
  static List<Scaling> of(List<Row> rows) {
    Map<String, Scaling> found = new LinkedHashMap<>();
    for (Row row : rows) {
      Contest.Point point = row.contest().point();
      if (point != null) {
        row.samples()
            .forEach(
                (provider, samples) ->
                    found
                        .computeIfAbsent(
                            point.axis() + provider,
                            key -> new Scaling(point.axis(), provider, new TreeMap<>()))
                        .milliseconds
                        .put(point.value(), samples.median() / 1e6));
      }
    }
    return new ArrayList<>(found.values());
  }

  /**
   * The e of time ~ value^e: the slope of the least-squares line through the logarithms; NaN of
   * fewer than two points.
   */
  double exponent() {
    double n = milliseconds.size();
    double x = milliseconds.keySet().stream().mapToDouble(Math::log).sum() / n;
    double y = milliseconds.values().stream().mapToDouble(Math::log).sum() / n;
    double xx = 0;
    double xy = 0;
    for (Map.Entry<Integer, Double> entry : milliseconds.entrySet()) {
      double step = Math.log(entry.getKey()) - x;
      xx += step * step;
      xy += step * (Math.log(entry.getValue()) - y);
    }
    return n < 2 ? Double.NaN : xy / xx;
  }
}
