package io.attune.train;

import io.attune.device.Philox;
import io.attune.hba.RandomStream;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which images meet in a batch. A last batch of fewer than three joins the one before, since its
 * RDMs could not be correlated.
 *
 * @param train training images, numbered from 0
 * @param validation validation images, numbered after them
 * @param size images of a batch
 * @param reshuffled whether membership is drawn anew each epoch; else only the batches' order is
 * @param seed of the draws
 */
record MegBatches(int train, int validation, int size, boolean reshuffled, long seed) {
  /** Validation's, always the same. */
  int[][] validationBatches() {
    return cut(IntStream.range(train, train + validation).toArray());
  }

  /** Training's of an epoch, from 1, in the order in which they come. */
  int[][] trainingBatches(int epoch) {
    Philox draws = new Philox(RandomStream.SHUFFLE.key(seed, epoch));
    if (reshuffled) {
      return cut(draws.permutation(train));
    }
    int[][] fixed = cut(IntStream.range(0, train).toArray());
    int[] order = draws.permutation(fixed.length);
    return IntStream.of(order).mapToObj(i -> fixed[i]).toArray(int[][]::new);
  }

  /** All numbers of images in a batch, largest first. */
  List<Integer> sizes() {
    return Stream.of(trainingBatches(1), validationBatches())
        .flatMap(Stream::of)
        .map(batch -> batch.length)
        .distinct()
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  private int[][] cut(int[] order) {
    int count = Math.max(1, (order.length + size - 1) / size);
    if (count > 1 && order.length - (count - 1) * size < MegSettings.FEWEST) {
      count--;
    }
    int batches = count;
    return IntStream.range(0, batches)
        .mapToObj(
            i -> {
              int end = i == batches - 1 ? order.length : (i + 1) * size;
              return IntStream.range(i * size, end).map(at -> order[at]).toArray();
            })
        .toArray(int[][]::new);
  }
}
