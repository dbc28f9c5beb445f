package io.attune.cli;

import io.attune.data.Thumbnail;
import io.attune.report.Fact;
import io.attune.report.MegReport;
import io.attune.report.MegReport.ImageViews;
import io.attune.report.MegReport.Individuality;
import io.attune.report.MegReport.Role;
import io.attune.report.MegReport.Series;
import io.attune.report.MegReport.TimeCourses;
import io.attune.report.MegReport.WeightDistances;
import io.attune.rsa.Comparison;
import io.attune.rsa.FalseDiscovery;
import io.attune.rsa.Rdm;
import io.attune.rsa.SignFlip;
import io.attune.rsa.TimeCourse;
import io.attune.train.MegImages;
import io.attune.train.ParticipantsEvaluation;
import io.attune.train.ParticipantsEvaluation.Person;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** The report of participants' own models, from their evaluation. */
final class ParticipantsReporting {
  private static final int VIEWS = 3;
  private static final int PIXELS = 128;
  private static final int FLIPS = 10_000;

  /** With fewer people no flip of signs is rarer than 0.05. */
  private static final int FEWEST_TO_FLIP = 5;

  private final ParticipantsEvaluation evaluation;

  private ParticipantsReporting(ParticipantsEvaluation evaluation) {
    this.evaluation = evaluation;
  }

  /**
   * Gathers it.
   *
   * @param things folder of the images
   * @param prompts names of the outputs
   */
  static MegReport of(
      ParticipantsEvaluation evaluation, Path things, List<String> prompts, List<Fact> facts) {
    ParticipantsReporting reporting = new ParticipantsReporting(evaluation);
    return new MegReport(
        "Does each model see as its person does?",
        "Models tuned on one person's MEG each, against the same person's MEG of %d images that trained none of them: Spearman correlation of dissimilarities at every time."
            .formatted(evaluation.heldOut().size()),
        facts,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        panels(evaluation),
        evaluation.individuality().stream()
            .map(
                set -> new Individuality(set.images(), set.models(), set.meg(), set.permutationP()))
            .toList(),
        reporting.distances(),
        reporting.views(things, prompts),
        Optional.empty());
  }

  /**
   * The mean, then each participant's own model, and how well the others' mean predicts the
   * participant.
   */
  static List<TimeCourses> panels(ParticipantsEvaluation evaluation) {
    List<TimeCourses> panels = new ArrayList<>();
    double[] times = evaluation.similarity().times();
    panels.add(mean(evaluation));
    for (int p = 0; p < evaluation.people().size(); p++) {
      TimeCourse bound = new TimeCourse(times, evaluation.ceiling().lowerEach()[p]);
      panels.add(
          new TimeCourses(
              evaluation.people().get(p).name(),
              times,
              List.of(
                  MegReporting.line("own model", Role.MODEL, evaluation.course(p, p))
                      .tested(evaluation.adjustedP()[p]),
                  MegReporting.line("lower bound", Role.CEILING, bound))));
    }
    return panels;
  }

  /** Means over participants, own models tested by flipping the signs of people's courses. */
  private static TimeCourses mean(ParticipantsEvaluation evaluation) {
    double[] times = evaluation.similarity().times();
    double[][] own = new double[evaluation.people().size()][];
    Arrays.setAll(own, p -> evaluation.course(p, p).values());
    Series series = MegReporting.banded("own model", Role.MODEL, times, own);
    if (own.length >= FEWEST_TO_FLIP) {
      series = series.tested(FalseDiscovery.adjust(new SignFlip(FLIPS, 1).test(own)));
    }
    return new TimeCourses(
        "mean over %d participants".formatted(own.length),
        times,
        List.of(series, MegReporting.lower(evaluation.ceiling())));
  }

  private List<WeightDistances> distances() {
    List<WeightDistances> distances = new ArrayList<>();
    for (int i = 0; i < evaluation.people().size(); i++) {
      for (int j = i + 1; j < evaluation.people().size(); j++) {
        Person first = evaluation.people().get(i);
        Person second = evaluation.people().get(j);
        distances.add(
            new WeightDistances(
                first.name(), second.name(), first.weights().distances(second.weights())));
      }
    }
    return distances;
  }

  /** Held-out images that the two most different models see most differently, where MEG is best. */
  private List<ImageViews> views(Path things, List<String> prompts) {
    if (evaluation.individuality().isEmpty()) {
      return List.of();
    }
    int[] pair = farthest(evaluation.individuality().getLast().models());
    Person first = evaluation.people().get(pair[0]);
    Person second = evaluation.people().get(pair[1]);
    int time = bestTime();
    ToDoubleFunction<String> likeness =
        name ->
            Comparison.PEARSON
                .correlate(first.predictions().of(time, name), second.predictions().of(time, name))
                .value();
    List<String> shown =
        evaluation.heldOut().stream()
            .sorted(Comparator.comparingDouble(likeness))
            .limit(VIEWS)
            .toList();
    List<Path> files = MegImages.of(things, shown);
    List<ImageViews> views = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      views.add(
          new ImageViews(
              shown.get(i),
              Thumbnail.jpeg(files.get(i), PIXELS),
              evaluation.similarity().times()[time],
              prompts,
              first.name(),
              first.predictions().of(time, shown.get(i)),
              second.name(),
              second.predictions().of(time, shown.get(i))));
    }
    return views;
  }

  private static int[] farthest(Rdm models) {
    int[] pair = {0, 1};
    for (int i = 0; i < models.size(); i++) {
      for (int j = i + 1; j < models.size(); j++) {
        if (models.get(i, j) > models.get(pair[0], pair[1])) {
          pair = new int[] {i, j};
        }
      }
    }
    return pair;
  }

  /** Where own models agree with their people best on average; only where all are defined. */
  private int bestTime() {
    double[] sum = new double[evaluation.similarity().times().length];
    for (int p = 0; p < evaluation.people().size(); p++) {
      for (int t = 0; t < sum.length; t++) {
        sum[t] += evaluation.course(p, p).values()[t];
      }
    }
    return MegScores.peak(sum);
  }
}
