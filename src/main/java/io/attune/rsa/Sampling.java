package io.attune.rsa;

import java.util.Arrays;
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
    return new Sampling(all, people, Pairs.all(n, data.variances()), true);
  }

  /** Of conditions and participants drawn from these. */
  Sampling drawn(int[] conditions, int[] participants) {
    Pairs sample = Pairs.ofSample(conditions, pairs.variances());
    return new Sampling(conditions, participants, sample, false);
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

  /** What takes part of each model at a time. */
  Triangle[] models(Rdms models, int time, Comparison comparison) {
    Triangle[] own = new Triangle[models.labels().size()];
    Arrays.setAll(own, m -> triangle(models, m, time, comparison));
    return own;
  }

  /** What takes part of each participant at a time; null for those that were not drawn. */
  Triangle[] people(Rdms data, int time, Comparison comparison) {
    Triangle[] known = new Triangle[data.labels().size()];
    for (int p : participants) {
      known[p] = known[p] == null ? triangle(data, p, time, comparison) : known[p];
    }
    return known;
  }

  /** One time's comparisons, written to {@code into[model][place of participant][time]}. */
  void similarity(Rdms models, Rdms data, Comparison comparison, int time, double[][][] into) {
    similarity(models(models, time, comparison), people(data, time, comparison), time, into);
  }

  /** As the other, of triangles that are ready. */
  void similarity(Triangle[] models, Triangle[] people, int time, double[][][] into) {
    for (int m = 0; m < models.length; m++) {
      for (int place = 0; place < participants.length; place++) {
        into[m][place][time] = models[m].similarity(people[participants[place]]);
      }
    }
  }
}
