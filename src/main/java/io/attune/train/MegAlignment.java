package io.attune.train;

import io.attune.rsa.Comparison;
import io.attune.rsa.FalseDiscovery;
import io.attune.rsa.NoiseCeiling;
import io.attune.rsa.Permutation;
import io.attune.rsa.Pooling;
import io.attune.rsa.Rdms;
import io.attune.rsa.Similarity;
import io.attune.rsa.TimeCourse;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Spearman's rho over time between models and MEG, over one set of concepts.
 *
 * @param concepts what they are, as in "48 held-out concepts"
 * @param meg the target's RDMs, one label
 * @param people RDMs of participants at the same times; empty where they are not known
 * @param models each of one label, over time or of no time
 */
public record MegAlignment(String concepts, Rdms meg, Optional<Rdms> people, List<Rdms> models) {
  /** One model's values. */
  public record Course(String model, TimeCourse course) {}

  /** Every model against the target; NaN where a model's outputs are closed. */
  public List<Course> courses() {
    List<Similarity> similarities = Similarity.of(models, meg, Comparison.SPEARMAN);
    return IntStream.range(0, models.size())
        .mapToObj(m -> new Course(models.get(m).labels().getFirst(), similarities.get(m).course(0)))
        .toList();
  }

  /** Every model against every participant: models, then participants. */
  public List<Similarity> individual() {
    return people.map(data -> Similarity.of(models, data, Comparison.SPEARMAN)).orElse(List.of());
  }

  /** What the participants allow; empty for fewer than two. */
  public Optional<NoiseCeiling> ceiling() {
    return people
        .filter(data -> data.labels().size() > 1)
        .map(data -> NoiseCeiling.of(data, Comparison.SPEARMAN, Pooling.MEAN));
  }

  /**
   * How likely each model's similarity with given RDMs, averaged over their labels, came by chance:
   * p-values from shuffled concepts, adjusted over times for the false discovery rate.
   *
   * @param data the target's or the participants' RDMs
   * @return [models][times]
   */
  public double[][] adjustedP(Rdms data, Permutation shuffles) {
    return models.stream()
        .map(model -> shuffles.test(model, data, Comparison.SPEARMAN)[0])
        .map(FalseDiscovery::adjust)
        .toArray(double[][]::new);
  }
}
