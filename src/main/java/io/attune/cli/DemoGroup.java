package io.attune.cli;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.data.Things;
import io.attune.data.meg.MegTarget;
import io.attune.data.synthetic.PlantedMegCeiling;
import io.attune.device.Device;
import io.attune.report.Fact;
import io.attune.report.MegPage;
import io.attune.report.MegReport;
import io.attune.report.MegReport.Role;
import io.attune.report.MegReport.Series;
import io.attune.report.MegReport.TimeCourses;
import io.attune.rsa.Comparison;
import io.attune.rsa.TimeCourse;
import io.attune.train.MegAlignment;
import io.attune.train.MegBlockParts;
import io.attune.train.MegEvaluation;
import io.attune.train.MegImages;
import io.attune.train.MegRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** Stage 2 of the demo: a model of the group's MEG, and how it does on held-out objects. */
final class DemoGroup {
  private static final double OVER_CLIP = 1.3;
  private static final double OF_CEILING = 0.6;

  /** From this planted ceiling on, a time counts as one at which the brain responds. */
  private static final double RESPONSE = 0.2;

  private static final double ORDER = 0.5;

  private final DemoFolder folder;
  private final Path model;
  private final DemoSettings settings;
  private final Progress progress;

  DemoGroup(DemoFolder folder, Path model, DemoSettings settings, Progress progress) {
    this.folder = folder;
    this.model = model;
    this.settings = settings;
    this.progress = progress;
  }

  /** Trains and evaluates; empty if it was stopped. */
  Optional<DemoResult> run(Device device, BooleanSupplier stop) {
    DemoTargets targets = new DemoTargets(folder, settings.meg(), progress);
    targets.makeGroup();
    Path out = folder.runs(DemoStage.MEG);
    MegRun run = new DemoStart(folder, model).run(targets.group(), out, settings.group());
    try (ClipModel base = ClipModel.open(model, device)) {
      if (run.train(base, progress, stop).training().interrupted()) {
        return Optional.empty();
      }
    }
    Things things = Things.open(folder.things());
    List<MegEvaluation.Participant> people = new ArrayList<>();
    try (MegTarget group = MegTarget.open(targets.group())) {
      for (int p : targets.people()) {
        people.add(
            new MegEvaluation.Participant(
                "participant " + p, MegTarget.open(targets.groupMember(p))));
      }
      MegEvaluation evaluation =
          MegEvaluation.of(
              new MegEvaluation.Request(
                  model, folder.things(), out, true, false, Optional.of(things.measured())),
              group,
              people,
              device,
              progress);
      return Optional.of(result(evaluation, parts(device, things.heldOut()), device));
    } finally {
      people.forEach(person -> person.target().close());
    }
  }

  private DemoResult result(MegEvaluation evaluation, MegBlockParts parts, Device device) {
    TimeCourse ceiling = PlantedMegCeiling.read(folder.things(), PlantedMegCeiling.EVERYBODY);
    MegAlignment heldOut = evaluation.alignments().getFirst();
    List<String> lines = new ArrayList<>();
    lines.add("%-44s %8s".formatted("MEG of a group, Spearman with " + heldOut.concepts(), "area"));
    double own = Double.NaN;
    double clip = Double.NaN;
    for (MegAlignment.Course course : heldOut.courses()) {
      double area = course.course().area();
      own = course.model().equals(MegEvaluation.MODEL) ? area : own;
      clip = course.model().equals("CLIP") ? area : clip;
      lines.add(String.format(Locale.ROOT, "  %-42s %8.1f", course.model(), area));
    }
    lines.add(
        String.format(
            Locale.ROOT, "  %-42s %8.1f", "what a perfect model would reach", ceiling.area()));
    lines.add(
        String.format(
            Locale.ROOT,
            "  %-42s %8.3f",
            "Spearman of time and centre of weights",
            order(evaluation.weights().centers(), ceiling)));
    return new DemoResult(
        DemoStage.MEG,
        lines,
        List.of(
            new DemoGoal("meg_over_clip", "area, CLIP's being 1", own / clip, OVER_CLIP),
            new DemoGoal(
                "meg_of_ceiling",
                "area, a perfect model's being 1",
                own / ceiling.area(),
                OF_CEILING),
            new DemoGoal(
                "meg_order",
                "later times speak from higher blocks: Spearman of time and depth",
                order(parts.depths(), ceiling),
                ORDER)),
        MegPage.render(
            DemoStage.MEG.tables(),
            withCeiling(MegReporting.of(evaluation, facts(device)), ceiling)));
  }

  /** Spearman's correlation of time with some value at it while the brain responds. */
  private static double order(double[] values, TimeCourse ceiling) {
    int[] responsive =
        IntStream.range(0, values.length)
            .filter(t -> ceiling.times()[t] >= 0 && ceiling.values()[t] >= RESPONSE)
            .toArray();
    return Comparison.SPEARMAN
        .correlate(
            IntStream.of(responsive).mapToDouble(t -> ceiling.times()[t]).toArray(),
            IntStream.of(responsive).mapToDouble(t -> values[t]).toArray())
        .value();
  }

  /** What blocks have to say of the held-out objects. */
  private MegBlockParts parts(Device device, List<String> heldOut) {
    try (ClipModel base = ClipModel.open(model, device)) {
      return MegBlockParts.of(
          base,
          model,
          folder.runs(DemoStage.MEG),
          MegImages.of(folder.things(), heldOut),
          progress);
    }
  }

  /** The report, with the planted ceiling among the courses against the group's mean. */
  private static MegReport withCeiling(MegReport report, TimeCourse ceiling) {
    List<TimeCourses> panels = new ArrayList<>(report.alignment());
    TimeCourses first = panels.getFirst();
    List<Series> series = new ArrayList<>(first.series());
    series.add(
        Series.line("planted", Role.CEILING, ceiling.values(), OptionalDouble.of(ceiling.area())));
    panels.set(0, new TimeCourses(first.name(), first.times(), series));
    return new MegReport(
        report.title(),
        report.summary()
            + " The MEG is synthetic: it follows edges and colours first, then the outlines of"
            + " objects, then behaviour, with noise; \"planted\" is what a model that knew all but"
            + " the noise would reach.",
        report.facts(),
        panels,
        report.behavior(),
        report.weights(),
        report.generalization(),
        report.participants(),
        report.individuality(),
        report.weightDistances(),
        report.views(),
        report.movie());
  }

  private List<Fact> facts(Device device) {
    return List.of(
        new Fact("run", folder.runs(DemoStage.MEG).toString()),
        new Fact("model", model.toString()),
        new Fact("data", folder.things().toString()),
        new Fact("preset", settings.group().preset().name()),
        new Fact("device", device.description()),
        new Fact("made by", Version.text()));
  }
}
