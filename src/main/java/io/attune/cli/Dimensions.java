package io.attune.cli;

import io.attune.data.Things;
import io.attune.data.Thumbnail;
import io.attune.report.BehaviorReport.DimensionFit;
import io.attune.report.BehaviorReport.Example;
import io.attune.report.BehaviorReport.Gallery;
import io.attune.rsa.Comparison;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** How well each behavioural dimension is predicted, and which images show it most. */
final class Dimensions {
  private static final int GALLERIES = 6;
  private static final int EXAMPLES = 6;
  private static final int PIXELS = 72;

  private final Things things;
  private final List<String> labels;
  private final List<String> concepts;
  private final double[][] people;
  private final double[][] before;
  private final double[][] after;

  /**
   * Takes predictions, concepts x K.
   *
   * @param prompts names of the dimensions where the folder has none
   */
  Dimensions(
      Things things,
      List<String> prompts,
      List<String> concepts,
      double[][] before,
      double[][] after) {
    this.things = things;
    this.labels = things.labels().isEmpty() ? prompts : things.labels();
    this.concepts = concepts;
    this.people = things.behavior(concepts);
    this.before = before;
    this.after = after;
  }

  List<DimensionFit> fits() {
    List<DimensionFit> fits = new ArrayList<>();
    for (int k = 0; k < labels.size(); k++) {
      double[] measured = column(people, k);
      fits.add(
          new DimensionFit(
              labels.get(k),
              Comparison.PEARSON.correlate(measured, column(before, k)).value(),
              Comparison.PEARSON.correlate(measured, column(after, k)).value()));
    }
    return fits;
  }

  /** Of the dimensions that differ most between these concepts. */
  List<Gallery> galleries() {
    return IntStream.range(0, labels.size())
        .boxed()
        .sorted(Comparator.comparingDouble(k -> -variance(column(people, k))))
        .limit(GALLERIES)
        .map(k -> new Gallery(labels.get(k), top(people, k), top(after, k)))
        .toList();
  }

  private List<Example> top(double[][] values, int k) {
    ToDoubleFunction<Integer> value = i -> values[i][k];
    List<Integer> best =
        IntStream.range(0, concepts.size())
            .boxed()
            .sorted(Comparator.comparingDouble(value).reversed())
            .limit(EXAMPLES)
            .toList();
    List<Path> files = things.images().references(best.stream().map(concepts::get).toList());
    List<Example> examples = new ArrayList<>();
    for (int n = 0; n < best.size(); n++) {
      int i = best.get(n);
      examples.add(
          new Example(concepts.get(i), values[i][k], Thumbnail.jpeg(files.get(n), PIXELS)));
    }
    return examples;
  }

  private static double[] column(double[][] rows, int k) {
    double[] column = new double[rows.length];
    for (int i = 0; i < rows.length; i++) {
      column[i] = rows[i][k];
    }
    return column;
  }

  private static double variance(double[] values) {
    double mean = IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElse(0);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return sum;
  }
}
