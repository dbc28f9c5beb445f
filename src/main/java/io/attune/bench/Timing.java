package io.attune.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Microseconds of one call: the median and what 20 and 80 per cent of repetitions stay below.
 *
 * @param repetitions that were timed
 * @param calls of each repetition
 */
record Timing(double p20, double p50, double p80, int repetitions, int calls) {
  /**
   * From repetitions of several calls each.
   *
   * @param milliseconds of whole repetitions, ascending
   */
  static Timing of(double[] milliseconds, int calls) {
    int n = milliseconds.length;
    double scale = 1000.0 / calls;
    return new Timing(
        milliseconds[n / 5] * scale,
        milliseconds[n / 2] * scale,
        milliseconds[Math.min(n - 1, n * 4 / 5)] * scale,
        n,
        calls);
  }

  /** The one with the smaller median; null counts as slowest. */
  static Timing faster(Timing a, Timing b) {
    return a == null || (b != null && b.p50 < a.p50) ? b : a;
  }

  Map<String, Object> asMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("p20_us", p20);
    map.put("p50_us", p50);
    map.put("p80_us", p80);
    map.put("repetitions", repetitions);
    map.put("calls", calls);
    return map;
  }
}
