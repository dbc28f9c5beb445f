package io.attune.cli;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.clip.Preprocessing;
import io.attune.data.ConceptOrder;
import io.attune.device.Device;
import io.attune.hba.Prompts;
import io.attune.report.BehaviorPage;
import io.attune.report.BehaviorReport;
import io.attune.train.BehaviorRun;
import io.attune.train.RunFolder.Existing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Stage 1 of the demo: a model of behaviour, before and after. */
final class DemoBehavior {
  private static final double RISE = 0.15;
  private static final double OF_CEILING = 0.7;

  private final DemoFolder folder;
  private final Path model;
  private final DemoSettings settings;
  private final Progress progress;

  DemoBehavior(DemoFolder folder, Path model, DemoSettings settings, Progress progress) {
    this.folder = folder;
    this.model = model;
    this.settings = settings;
    this.progress = progress;
  }

  /** Trains and evaluates; empty if it was stopped. */
  Optional<DemoResult> run(Device device, BooleanSupplier stop) {
    BehaviorRun run =
        new BehaviorRun(
            model,
            folder.things(),
            folder.runs(DemoStage.BEHAVIOR),
            Existing.RESUME,
            settings.behavior(),
            Preprocessing.CLIP,
            ConceptOrder.ID,
            Prompts.paper());
    try (ClipModel base = ClipModel.open(model, device)) {
      BehaviorRun.Outcome outcome = run.train(base, progress, stop);
      if (outcome.training().interrupted()) {
        return Optional.empty();
      }
      return Optional.of(result(BehaviorReporting.of(run, base, outcome, progress)));
    }
  }

  private static DemoResult result(BehaviorReport report) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%-44s %8s %8s %8s"
            .formatted("Behaviour, Spearman with synthetic people", "before", "after", "perfect"));
    for (BehaviorReport.Score score : report.scores()) {
      String ceiling =
          score.ceiling().isPresent()
              ? String.format(Locale.ROOT, " %8.3f", score.ceiling().getAsDouble())
              : "";
      lines.add(
          String.format(
              Locale.ROOT,
              "  %-42s %8.3f %8.3f%s",
              score.name(),
              score.before(),
              score.after(),
              ceiling));
    }
    BehaviorReport.Score first = report.scores().getFirst();
    return new DemoResult(
        DemoStage.BEHAVIOR,
        lines,
        List.of(
            new DemoGoal("rise", "rise on held-out objects", first.after() - first.before(), RISE),
            new DemoGoal(
                "of_ceiling",
                "Spearman on held-out objects, a perfect model's being 1",
                first.after() / first.ceiling().orElse(Double.NaN),
                OF_CEILING)),
        BehaviorPage.render(DemoStage.BEHAVIOR.tables(), report));
  }
}
