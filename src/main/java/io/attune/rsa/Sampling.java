package io.attune.rsa;

import java.util.stream.IntStream;

/**
 * Which conditions and participants take part: all of them once, or as a bootstrap drew them.
 *
 * @param conditions for each place, which condition
 * @param participants for each place, which participant
 * @param pairs of the places of conditions
 * @param identity whether conditions are all, in order
 */
record Sampling(int[] conditions, int[] participants, Pairs pairs, boolean identity) {
  static Sampling everything(Rdms data) {
    int n = data.conditions();
    int[] all = IntStream.range(0, n).toArray();
    int[] people = IntStream.range(0, data.labels().size()).toArray();
    return new Sampling(all, people, Pairs.all(n), true);
  }

  static Sampling drawn(int[] conditions, int[] participants) {
    return new Sampling(conditions, participants, Pairs.ofSample(conditions), false);
  }

  /** All conditions, participants as drawn. */
  Sampling ofParticipants(int[] drawn) {
    return new Sampling(conditions, drawn, pairs, identity);
  }

  /** What takes part of one RDM. */
  Triangle triangle(Rdms rdms, int label, int time, Comparison comparison) {
    double[] values = rdms.at(label, time);
    return Triangle.of(
        comparison, pairs, identity ? values : pairs.gather(values, conditions, rdms.conditions()));
  }

  /** One time's comparisons, written to {@code into[model][place of participant][time]}. */
  void similarity(Rdms models, Rdms data, Comparison comparison, int time, double[][][] into) {
    Triangle[] own = new Triangle[into.length];
    for (int m = 0; m < own.length; m++) {
      own[m] = triangle(models, m, time, comparison);
    }
    Triangle[] known = new Triangle[data.labels().size()];
    for (int place = 0; place < participants.length; place++) {
      int p = participants[place];
      known[p] = known[p] == null ? triangle(data, p, time, comparison) : known[p];
      for (int m = 0; m < own.length; m++) {
        into[m][place][time] = own[m].similarity(known[p]);
      }
    }
  }
}
