package io.attune.clip;

import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * The ordered merges of a BPE vocabulary over token ids, and how a word's symbols are merged:
 * always the pair of lowest rank, the leftmost of equal ones, until none is left. A heap over a
 * linked list keeps that O(n log n), so that a word of a million letters is no trap.
 */
final class BytePairMerges {
  private record Merge(int rank, int merged) {}

  private record Candidate(int rank, int left, int leftId, int rightId, int merged)
      implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      return rank != other.rank
          ? Integer.compare(rank, other.rank)
          : Integer.compare(left, other.left);
    }
  }

  private final Map<Long, Merge> merges = new HashMap<>();

  /**
   * Adds the next merge, its rank being the number of those added before.
   *
   * @return false where this pair has a merge already
   */
  boolean add(int leftId, int rightId, int mergedId) {
    return merges.putIfAbsent(key(leftId, rightId), new Merge(merges.size(), mergedId)) == null;
  }

  int size() {
    return merges.size();
  }

  /** Merges the symbols of one word; {@code ids} is overwritten. Returns the tokens. */
  int[] apply(int[] ids) {
    int n = ids.length;
    int[] next = new int[n];
    int[] previous = new int[n];
    PriorityQueue<Candidate> queue = new PriorityQueue<>();
    for (int i = 0; i < n; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      if (i + 1 < n) {
        offer(queue, ids, i, i + 1);
      }
    }
    int left = n;
    while (!queue.isEmpty()) {
      Candidate c = queue.poll();
      int at = c.left;
      int right = ids[at] == c.leftId ? next[at] : n;
      if (right >= n || ids[right] != c.rightId) {
        continue; // one of the two was merged into something else meanwhile
      }
      ids[at] = c.merged;
      ids[right] = -1;
      left--;
      next[at] = next[right];
      if (next[at] < n) {
        previous[next[at]] = at;
        offer(queue, ids, at, next[at]);
      }
      if (previous[at] >= 0) {
        offer(queue, ids, previous[at], at);
      }
    }
    int[] tokens = new int[left];
    int count = 0;
    for (int i = 0; i < n; i = next[i]) {
      tokens[count++] = ids[i];
    }
    return tokens;
  }

  private void offer(PriorityQueue<Candidate> queue, int[] ids, int left, int right) {
    Merge merge = merges.get(key(ids[left], ids[right]));
    if (merge != null) {
      queue.add(new Candidate(merge.rank, left, ids[left], ids[right], merge.merged));
    }
  }

  private static long key(int left, int right) {
    return ((long) left << 32) | (right & 0xFFFFFFFFL);
  }
}
