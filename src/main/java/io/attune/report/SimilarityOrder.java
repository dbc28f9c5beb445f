package io.attune.report;

import io.attune.rsa.Rdm;
import java.util.ArrayList;
import java.util.List;

/**
 * An order of conditions that puts similar ones side by side: the leaves of average-linkage
 * clustering. A NaN counts as the largest dissimilarity. O(n^3), meant for a few hundred
 * conditions.
 */
final class SimilarityOrder {
  private SimilarityOrder() {}

  /** Condition names in the new order. */
  static List<String> of(Rdm rdm) {
    double largest = 0;
    for (double value : rdm.condensed()) {
      largest = Math.max(largest, Double.isNaN(value) ? 0 : value);
    }
    double[][] distance = rdm.square();
    List<List<Integer>> clusters = new ArrayList<>();
    for (int i = 0; i < rdm.size(); i++) {
      clusters.add(new ArrayList<>(List.of(i)));
      for (int j = 0; j < rdm.size(); j++) {
        distance[i][j] = Double.isNaN(distance[i][j]) ? largest : distance[i][j];
      }
    }
    while (clusters.size() > 1) {
      mergeClosest(clusters, distance);
    }
    return clusters.isEmpty()
        ? List.of()
        : clusters.getFirst().stream().map(rdm.names()::get).toList();
  }

  private static void mergeClosest(List<List<Integer>> clusters, double[][] distance) {
    int a = 0;
    int b = 1;
    for (int i = 0; i < clusters.size(); i++) {
      for (int j = i + 1; j < clusters.size(); j++) {
        if (distance[i][j] < distance[a][b]) {
          a = i;
          b = j;
        }
      }
    }
    int sizeA = clusters.get(a).size();
    int sizeB = clusters.get(b).size();
    int last = clusters.size() - 1;
    for (int k = 0; k <= last; k++) {
      if (k != a && k != b) {
        double mean = (sizeA * distance[a][k] + sizeB * distance[b][k]) / (sizeA + sizeB);
        distance[a][k] = mean;
        distance[k][a] = mean;
      }
    }
    clusters.get(a).addAll(clusters.get(b));
    clusters.set(b, clusters.get(last));
    clusters.removeLast();
    for (int k = 0; k < last; k++) {
      double moved = distance[last][k == b ? last : k];
      distance[b][k] = k == b ? 0 : moved;
      distance[k][b] = k == b ? 0 : moved;
    }
  }
}
