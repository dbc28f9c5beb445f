package io.attune.rsa;

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
    Rdms aligned = matched(models, data);
    Sampling sampling = Sampling.everything(data);
    double[][][] values = new double[models.labels().size()][data.labels().size()][data.steps()];
    IntStream.range(0, data.steps())
        .parallel()
        .forEach(t -> sampling.similarity(aligned, data, comparison, t, values));
    return new Similarity(data.times(), values);
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
    double[] mean = new double[values[model][0].length];
    for (int t = 0; t < mean.length; t++) {
      double sum = 0;
      int count = 0;
      for (double[] participant : values[model]) {
        if (!Double.isNaN(participant[t])) {
          sum += participant[t];
          count++;
        }
      }
      mean[t] = sum / count;
    }
    return mean;
  }

  /** The course of {@link #mean}; only with a time axis. */
  public TimeCourse course(int model) {
    return new TimeCourse(times, mean(model));
  }
}
