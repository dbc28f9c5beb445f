package io.attune.rsa;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What each sample of a bootstrap drew.
 *
 * @param conditions [samples][conditions]; null where all take part once
 * @param people [samples][participants]
 */
record BootstrapDraws(int[][] conditions, int[][] people) {
  /** Samples that share their rooms. */
  private static final int BLOCK = 16;

  /** Fewer different conditions leave a sample undefined. */
  private static final int FEWEST = 3;

  /** Samples for which each participant was drawn equally often. */
  record Crowd(int[] copies, int[] samples) {}

  /** What is done with the drawn pairs of a sample; rooms are the thread's own. */
  @FunctionalInterface
  interface Each {
    void accept(int sample, DrawnPairs drawn, OrderedTriangle.Room[] rooms);
  }

  int samples() {
    return people.length;
  }

  /** All samples' numbers. */
  int[] all() {
    return IntStream.range(0, samples()).toArray();
  }

  /** Conditions and participants of a sample, place by place. */
  Sampling sampling(Sampling everything, int sample) {
    return conditions == null
        ? everything.ofParticipants(people[sample])
        : everything.drawn(conditions[sample], people[sample]);
  }

  /** Whether a sample has enough different conditions. */
  boolean isDefined(int sample) {
    return conditions == null
        || Arrays.stream(conditions[sample]).distinct().limit(FEWEST).count() == FEWEST;
  }

  /** The samples by how often each participant was drawn. */
  List<Crowd> crowds() {
    Map<List<Integer>, List<Integer>> crowds = new LinkedHashMap<>();
    for (int i = 0; i < samples(); i++) {
      int[] copies = NoiseCeiling.copies(people[i], people[i].length);
      crowds
          .computeIfAbsent(Arrays.stream(copies).boxed().toList(), key -> new ArrayList<>())
          .add(i);
    }
    return crowds.entrySet().stream()
        .map(crowd -> new Crowd(array(crowd.getKey()), array(crowd.getValue())))
        .toList();
  }

  private static int[] array(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Goes through defined samples on all cores, those of drawn conditions only.
   *
   * @param count how many rooms a thread needs
   */
  void forEach(int[] samples, int count, Each each) {
    int blocks = (samples.length + BLOCK - 1) / BLOCK;
    IntStream.range(0, blocks)
        .parallel()
        .forEach(
            block -> {
              OrderedTriangle.Room[] rooms = new OrderedTriangle.Room[count];
              Arrays.setAll(rooms, i -> new OrderedTriangle.Room());
              int end = Math.min(samples.length, (block + 1) * BLOCK);
              for (int i = block * BLOCK; i < end; i++) {
                if (isDefined(samples[i])) {
                  each.accept(samples[i], DrawnPairs.of(conditions[samples[i]]), rooms);
                }
              }
            });
  }
}
