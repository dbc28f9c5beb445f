package io.attune.rsa;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How alike each model's RDMs and each participant's are, time by time.
 *
 * @param times in ms; empty without time axis
 * @param values [models][participants][times, or 1]; NaN where undefined
 */
public record Similarity(double[] times, double[][][] values) {
  /**
   * Compares every model with every participant at every time, on all cores. A model without time
   * is compared with the data of every time; one with times has those of the data.
   *
   * @throws io.attune.InputException if conditions or times do not match
   */
  public static Similarity of(Rdms models, Rdms data, Comparison comparison) {
    return of(List.of(models), data, comparison).getFirst();
  }

  /**
   * As {@link #of(Rdms, Rdms, Comparison)} for several sets of models, some with times and some
   * without: the data are ranked once for all of them, and held one time after the other.
   *
   * @return one a set
   */
  public static List<Similarity> of(List<Rdms> sets, Rdms data, Comparison comparison) {
    List<Rdms> aligned = sets.stream().map(models -> matched(models, data)).toList();
    Sampling sampling = Sampling.everything(data);
    List<double[][][]> values =
        sets.stream()
            .map(models -> new double[models.labels().size()][data.labels().size()][data.steps()])
            .toList();
    List<Triangle[]> still =
        aligned.stream()
            .map(models -> models.hasTimes() ? null : sampling.models(models, 0, comparison))
            .toList();
    IntStream.range(0, data.steps())
        .parallel()
        .forEach(
            t -> {
              Triangle[] known = sampling.people(data, t, comparison);
              for (int i = 0; i < aligned.size(); i++) {
                Triangle[] own =
                    still.get(i) == null
                        ? sampling.models(aligned.get(i), t, comparison)
                        : still.get(i);
                sampling.similarity(own, known, t, values.get(i));
              }
            });
    return values.stream().map(each -> new Similarity(data.times(), each)).toList();
  }

  /** The models with the data's order of conditions, their times checked. */
  static Rdms matched(Rdms models, Rdms data) {
    if (models.hasTimes()) {
      models.requireTimes(data.times());
    }
    return models.alignedTo(data.names());
  }

  /** A model's similarity averaged over participants, undefined ones left out. */
  public double[] mean(int model) {
    return mean(values[model]);
  }

  /** The mean of [participants][times] at each time, undefined ones left out. */
  static double[] mean(double[][] each) {
    double[] mean = new double[each[0].length];
    Arrays.setAll(mean, t -> mean(each, t));
    return mean;
  }

  /** The mean of [participants][times] at one time, undefined ones left out. */
  static double mean(double[][] each, int time) {
    double sum = 0;
    int count = 0;
    for (double[] participant : each) {
      if (!Double.isNaN(participant[time])) {
        sum += participant[time];
        count++;
      }
    }
    return sum / count;
  }

  /** The course of {@link #mean}; only with a time axis. */
  public TimeCourse course(int model) {
    return new TimeCourse(times, mean(model));
  }
}
