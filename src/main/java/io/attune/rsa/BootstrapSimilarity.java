package io.attune.rsa;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Similarities of models and participants over the samples of a bootstrap. */
final class BootstrapSimilarity {
  /** What ordered RDMs may take: the times that fit are gone through for each draw together. */
  private static final long ORDERED_BYTES = 256L << 20;

  private final Rdms models;
  private final Rdms data;
  private final Comparison comparison;
  private final BootstrapDraws draws;
  private final double[][][] drawn;

  /**
   * Prepares it.
   *
   * @param models in the data's order of conditions
   */
  BootstrapSimilarity(Rdms models, Rdms data, Comparison comparison, BootstrapDraws draws) {
    this.models = models;
    this.data = data;
    this.comparison = comparison;
    this.draws = draws;
    this.drawn = new double[models.labels().size()][draws.samples()][data.steps()];
  }

  /** The means over drawn participants: [models][samples][times]. */
  double[][][] means() {
    if (draws.conditions() == null) {
      ofParticipants();
    } else if (OrderedTriangle.serves(comparison)) {
      for (double[][] model : drawn) {
        for (double[] sample : model) {
          Arrays.fill(sample, Double.NaN);
        }
      }
      gathered(ordered());
    } else {
      gathered(IntStream.range(0, data.steps()).toArray());
    }
    return drawn;
  }

  /** All conditions take part, so that each participant's similarity is the same in all samples. */
  private void ofParticipants() {
    double[][][] once = Similarity.of(models, data, comparison).values();
    for (int i = 0; i < draws.samples(); i++) {
      for (int m = 0; m < drawn.length; m++) {
        double[][] model = once[m];
        double[][] places =
            Arrays.stream(draws.people()[i]).mapToObj(p -> model[p]).toArray(double[][]::new);
        drawn[m][i] = Similarity.mean(places);
      }
    }
  }

  /** The definition: drawn pairs are gathered and compared. */
  private void gathered(int[] times) {
    if (times.length == 0) {
      return;
    }
    Sampling everything = Sampling.everything(data);
    IntStream.range(0, draws.samples())
        .parallel()
        .forEach(
            i -> {
              double[][][] values = new double[drawn.length][data.labels().size()][data.steps()];
              boolean defined = draws.isDefined(i);
              Sampling sampling = defined ? draws.sampling(everything, i) : null;
              for (int t : times) {
                if (defined) {
                  sampling.similarity(models, data, comparison, t, values);
                }
                for (int m = 0; m < drawn.length; m++) {
                  drawn[m][i][t] = defined ? Similarity.mean(values[m], t) : Double.NaN;
                }
              }
            });
  }

  /**
   * What can be ordered once for all samples.
   *
   * @return the times left over, at which some pairs but not all are missing
   */
  private int[] ordered() {
    int labels = drawn.length + data.labels().size();
    long each = 2L * Double.BYTES * Rdm.pairs(data.conditions()) * labels;
    int block = (int) Math.clamp(ORDERED_BYTES / each, 1, data.steps());
    boolean[] gaps = new boolean[data.steps()];
    OrderedTriangle[] still =
        models.hasTimes()
            ? null
            : IntStream.range(0, drawn.length)
                .parallel()
                .mapToObj(m -> OrderedTriangle.of(comparison, models.at(m, 0)))
                .toArray(OrderedTriangle[]::new);
    for (int from = 0; from < data.steps(); from += block) {
      int start = from;
      int count = Math.min(block, data.steps() - from);
      OrderedTriangle[][] triangles = new OrderedTriangle[count][labels];
      IntStream.range(0, count * labels)
          .parallel()
          .forEach(
              i -> {
                int t = i / labels;
                int label = i % labels;
                triangles[t][label] =
                    label >= drawn.length
                        ? OrderedTriangle.of(comparison, data.at(label - drawn.length, start + t))
                        : still != null
                            ? still[label]
                            : OrderedTriangle.of(comparison, models.at(label, start + t));
              });
      for (int t = 0; t < count; t++) {
        gaps[from + t] = Arrays.stream(triangles[t]).anyMatch(OrderedTriangle::hasGaps);
      }
      draws.forEach(
          draws.all(),
          labels,
          (sample, pairs, rooms) -> {
            for (int t = 0; t < count; t++) {
              if (!gaps[start + t]) {
                compare(triangles[t], sample, start + t, pairs, rooms);
              }
            }
          });
    }
    return IntStream.range(0, data.steps()).filter(t -> gaps[t]).toArray();
  }

  private void compare(
      OrderedTriangle[] triangles,
      int sample,
      int time,
      DrawnPairs pairs,
      OrderedTriangle.Room[] rooms) {
    int first = drawn.length;
    int[] people = draws.people()[sample];
    boolean[] ready = new boolean[triangles.length];
    for (int p : people) {
      if (!ready[first + p]) {
        triangles[first + p].prepare(pairs, rooms[first + p]);
        ready[first + p] = true;
      }
    }
    double[] each = new double[triangles.length - first];
    double[][] places = new double[people.length][1];
    for (int m = 0; m < first; m++) {
      triangles[m].prepare(pairs, rooms[m]);
      for (int p = 0; p < each.length; p++) {
        if (ready[first + p]) {
          each[p] = OrderedTriangle.similarity(comparison, pairs, rooms[m], rooms[first + p]);
        }
      }
      for (int place = 0; place < people.length; place++) {
        places[place][0] = each[people[place]];
      }
      drawn[m][sample][time] = Similarity.mean(places, 0);
    }
  }
}
