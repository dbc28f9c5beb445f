package io.attune.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was found of one model step: ours with and without graphs, and PyTorch's ways. */
final class ModelRow {
  private final Map<String, Object> content = new LinkedHashMap<>();
  private final PeerTimes peers = new PeerTimes();
  private final List<String> leftOut = new ArrayList<>();
  private final int batch;
  private final double ceiling;
  private Timing graph;
  private Timing plain;

  /**
   * @param operations that each image needs; NaN where a ceiling makes no sense
   * @param rate of products measured in this run
   */
  ModelRow(String model, String part, String precision, int batch, double operations, double rate) {
    this.batch = batch;
    this.ceiling = rate / operations;
    content.put("model", model);
    content.put("part", part);
    content.put("precision", precision);
    content.put("batch", batch);
    if (!Double.isNaN(ceiling)) {
      content.put("operations_per_image", operations);
      content.put("ceiling_images_per_s", ceiling);
    }
  }

  /** Ours in a further round; the faster round counts. */
  void ours(boolean replayed, Timing timing) {
    if (replayed) {
      graph = Timing.faster(graph, timing);
    } else {
      plain = Timing.faster(plain, timing);
    }
  }

  /**
   * Device memory while our step was done.
   *
   * @param beside what the step allocated beside the weights
   * @param peak the most that was allocated at once, weights and all
   * @param used of the card, by all processes, as the driver tells
   */
  void memory(long beside, long peak, long used) {
    content.put("bytes", beside);
    content.put("peak_bytes", peak);
    content.put("card_used_bytes", used);
  }

  void peer(String way, JsonNode reply) {
    peers.add(way, reply);
  }

  /** Whether there is no use in asking for this way again. */
  boolean isFailed(String way) {
    return peers.isFailed(way);
  }

  /** There was no time for this way of PyTorch's. */
  void leaveOut(String way) {
    if (!leftOut.contains(way)) {
      leftOut.add(way);
    }
  }

  void failed(String why) {
    content.put("failed", why);
  }

  Map<String, Object> content() {
    if (graph != null) {
      content.put("ours", graph.asMap());
      content.put("images_per_s", perSecond(graph.p50()));
      if (!Double.isNaN(ceiling)) {
        content.put("percent_of_ceiling", 100 * perSecond(graph.p50()) / ceiling);
      }
    }
    if (plain != null) {
      content.put("ours_without_graph", plain.asMap());
      content.put("images_per_s_without_graph", perSecond(plain.p50()));
    }
    Map<String, Object> rates = new LinkedHashMap<>();
    peers.medians().forEach((way, median) -> rates.put(way, perSecond(median)));
    content.put("peer_images_per_s", rates);
    content.put("peer_peak_bytes", peers.numbers("peak_bytes"));
    content.put("peer", peers.details());
    List<String> missing = leftOut.stream().filter(way -> !rates.containsKey(way)).toList();
    if (!missing.isEmpty()) {
      content.put("left_out", missing);
    }
    String best = peers.fastest();
    if (best != null && graph != null) {
      content.put("peer_name", best);
      content.put("ratio", peers.median(best) / graph.p50());
    }
    return content;
  }

  private double perSecond(double microseconds) {
    return batch / microseconds * 1e6;
  }
}
