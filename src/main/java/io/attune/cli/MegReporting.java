package io.attune.cli;

import io.attune.report.Fact;
import io.attune.report.MegReport;
import io.attune.report.MegReport.Generalization;
import io.attune.report.MegReport.LayerWeights;
import io.attune.report.MegReport.RdmMovie;
import io.attune.report.MegReport.Role;
import io.attune.report.MegReport.Series;
import io.attune.report.MegReport.TimeCourses;
import io.attune.report.MegReport.Track;
import io.attune.rsa.Comparison;
import io.attune.rsa.NoiseCeiling;
import io.attune.rsa.Permutation;
import io.attune.rsa.Rdm;
import io.attune.rsa.Rdms;
import io.attune.rsa.Similarity;
import io.attune.rsa.TimeCourse;
import io.attune.rsa.TimeGeneralization;
import io.attune.train.MegAlignment;
import io.attune.train.MegEvaluation;
import io.attune.train.MegLayerWeights;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** The report of a group's MEG model, from its evaluation. */
final class MegReporting {
  private MegReporting() {}

  /** Courses of all sets of concepts; the other figures are of the first set. */
  static MegReport of(MegEvaluation evaluation, List<Fact> facts) {
    return of(evaluation, facts, Optional.empty());
  }

  /** As the other; with shuffles each course is tested against chance. */
  static MegReport of(MegEvaluation evaluation, List<Fact> facts, Optional<Permutation> shuffles) {
    MegAlignment first = evaluation.alignments().getFirst();
    return new MegReport(
        "Does this model see as the brain does?",
        "A model tuned on a group's MEG, against MEG of concepts it was not trained on: Spearman"
            + " correlation of dissimilarities at every time. Matrices are of "
            + first.concepts()
            + ".",
        facts,
        panels(evaluation, shuffles),
        evaluation.behavior(),
        Optional.of(weights(evaluation.weights())),
        Optional.of(generalization(first)),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Optional.of(movie(first)));
  }

  /**
   * A panel a set of concepts against the group's mean; where participants are known, another with
   * means over participants, which alone compare with the ceiling.
   */
  private static List<TimeCourses> panels(
      MegEvaluation evaluation, Optional<Permutation> shuffles) {
    List<TimeCourses> panels = new ArrayList<>();
    for (MegAlignment alignment : evaluation.alignments()) {
      Optional<NoiseCeiling> ceiling = alignment.ceiling();
      List<Series> series = new ArrayList<>();
      for (MegAlignment.Course course : alignment.courses()) {
        series.add(line(course.model(), Role.MODEL, course.course()));
      }
      shuffles.ifPresent(test -> test(series, alignment.adjustedP(alignment.meg(), test)));
      ceiling.ifPresent(bound -> series.add(lower(bound)));
      panels.add(new TimeCourses(alignment.concepts(), alignment.meg().times(), series));
      alignment
          .people()
          .ifPresent(people -> panels.add(individual(alignment, people, ceiling, shuffles)));
    }
    return panels;
  }

  private static TimeCourses individual(
      MegAlignment alignment,
      Rdms people,
      Optional<NoiseCeiling> ceiling,
      Optional<Permutation> shuffles) {
    List<Series> series = new ArrayList<>();
    List<Similarity> similarities = alignment.individual();
    for (int m = 0; m < similarities.size(); m++) {
      String name = alignment.models().get(m).labels().getFirst();
      series.add(banded(name, Role.MODEL, people.times(), similarities.get(m).values()[0]));
    }
    shuffles.ifPresent(test -> test(series, alignment.adjustedP(people, test)));
    ceiling.ifPresent(
        bound -> {
          series.add(lower(bound));
          series.add(
              line("upper bound", Role.CEILING, new TimeCourse(bound.times(), bound.upper())));
        });
    String title =
        "%s, mean over %d participants".formatted(alignment.concepts(), people.labels().size());
    return new TimeCourses(title, people.times(), series);
  }

  /** Models come first among the series. */
  private static void test(List<Series> series, double[][] adjusted) {
    for (int m = 0; m < adjusted.length; m++) {
      series.set(m, series.get(m).tested(adjusted[m]));
    }
  }

  /** The leave-one-out lower bound, with a standard error to each side. */
  static Series lower(NoiseCeiling ceiling) {
    return banded("lower bound", Role.CEILING, ceiling.times(), ceiling.lowerEach());
  }

  static Series line(String name, Role role, TimeCourse course) {
    return Series.line(name, role, course.values(), OptionalDouble.of(course.area()));
  }

  /** The mean over people of [people][times], with a band of a standard error to each side. */
  static Series banded(String name, Role role, double[] times, double[][] each) {
    double[] mean = new double[times.length];
    double[] low = new double[times.length];
    double[] high = new double[times.length];
    for (int t = 0; t < times.length; t++) {
      int time = t;
      double[] defined =
          Arrays.stream(each)
              .mapToDouble(course -> course[time])
              .filter(value -> !Double.isNaN(value))
              .toArray();
      double middle = Arrays.stream(defined).average().orElse(Double.NaN);
      double squares = Arrays.stream(defined).map(v -> (v - middle) * (v - middle)).sum();
      double error = Math.sqrt(squares / (defined.length - 1) / defined.length);
      mean[t] = middle;
      low[t] = middle - error;
      high[t] = middle + error;
    }
    double area = new TimeCourse(times, mean).area();
    return each.length < 2
        ? Series.line(name, role, mean, OptionalDouble.of(area))
        : new Series(name, role, mean, low, high, OptionalDouble.of(area));
  }

  static LayerWeights weights(MegLayerWeights weights) {
    return new LayerWeights(weights.timesMs(), weights.weights());
  }

  private static Generalization generalization(MegAlignment alignment) {
    Rdms model = alignment.models().getFirst();
    return new Generalization(
        model.times(),
        TimeGeneralization.of(model, model, Comparison.PEARSON).values(),
        TimeGeneralization.of(alignment.meg(), alignment.meg(), Comparison.PEARSON).values());
  }

  private static RdmMovie movie(MegAlignment alignment) {
    return new RdmMovie(
        alignment.meg().times(),
        List.of(track("MEG", alignment.meg()), track("Model", alignment.models().getFirst())));
  }

  private static Track track(String name, Rdms rdms) {
    return new Track(name, new Frames(rdms));
  }

  /** RDMs of the first label over time, each made when it is asked for. */
  private static final class Frames extends AbstractList<Rdm> {
    private final Rdms rdms;

    Frames(Rdms rdms) {
      this.rdms = rdms;
    }

    @Override
    public Rdm get(int time) {
      return rdms.rdm(0, time);
    }

    @Override
    public int size() {
      return rdms.steps();
    }
  }
}
