package io.attune.cli;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.data.meg.MegTarget;
import io.attune.data.synthetic.PlantedMegCeiling;
import io.attune.device.Device;
import io.attune.hba.Prompts;
import io.attune.report.Fact;
import io.attune.report.MegPage;
import io.attune.rsa.SecondOrder;
import io.attune.train.MegRun;
import io.attune.train.ParticipantJobs;
import io.attune.train.ParticipantRuns;
import io.attune.train.ParticipantsEvaluation;
import io.attune.train.ParticipantsEvaluation.Participant;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/** Stage 3 of the demo: a model of each person's MEG, and whether the models are individual. */
final class DemoPeople {
  private static final double OWN_BEST = 0.75;
  private static final double ABOVE_CHANCE = 0.95;
  private static final int SHUFFLES = 1000;

  private final DemoFolder folder;
  private final Path model;
  private final DemoSettings settings;
  private final Progress progress;
  private final DemoTargets targets;

  DemoPeople(DemoFolder folder, Path model, DemoSettings settings, Progress progress) {
    this.folder = folder;
    this.model = model;
    this.settings = settings;
    this.progress = progress;
    this.targets = new DemoTargets(folder, settings.meg(), progress);
  }

  private Path out(int person) {
    return folder
        .runs(DemoStage.PARTICIPANT)
        .resolve(String.format(Locale.ROOT, "participant-%02d", person));
  }

  /** Trains and evaluates; empty if it was stopped. */
  Optional<DemoResult> run(DemoDevice device, BooleanSupplier stop) {
    targets.makePeople();
    if (!train(device, stop)) {
      return Optional.empty();
    }
    List<Participant> people = new ArrayList<>();
    try {
      for (int p : targets.people()) {
        people.add(new Participant("participant " + p, out(p), MegTarget.open(targets.person(p))));
      }
      ParticipantsEvaluation evaluation =
          ParticipantsEvaluation.of(model, folder.things(), people, device.opened(), progress);
      return Optional.of(result(evaluation, people, device.opened()));
    } finally {
      people.forEach(person -> person.target().close());
    }
  }

  private boolean train(DemoDevice device, BooleanSupplier stop) {
    DemoStart start = new DemoStart(folder, model);
    List<ParticipantRuns.One> runs =
        targets.people().stream()
            .map(
                p ->
                    new ParticipantRuns.One(
                        p, start.run(targets.person(p), out(p), settings.person())))
            .toList();
    ParticipantJobs plan;
    try (ClipModel base = ClipModel.open(model, device.opened())) {
      MegRun first = runs.getFirst().run();
      plan =
          ParticipantJobs.of(runs.size(), OptionalInt.empty(), first.needs(base, device.threads()));
    }
    progress.message("%d participants, %s".formatted(runs.size(), plan.describe()));
    List<Device> devices = device.divided().apply(plan.count());
    try {
      // Bars of several runs would overwrite each other.
      return new ParticipantRuns(devices, plan.bytesEach(), plan.count() == 1 ? progress : lines())
          .train(runs, stop, (participant, outcome) -> {});
    } finally {
      devices.forEach(Device::close);
    }
  }

  private Progress lines() {
    return new Progress() {
      @Override
      public Task start(String what, String unit, long total) {
        return Progress.NONE.start(what, unit, total);
      }

      @Override
      public void message(String line) {
        progress.message(line);
      }
    };
  }

  private DemoResult result(
      ParticipantsEvaluation evaluation, List<Participant> participants, Device device) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%-44s %8s %8s  %s"
            .formatted(
                "MEG of each person, %d held-out images".formatted(evaluation.heldOut().size()),
                "area",
                "perfect",
                "predicted best by"));
    int people = evaluation.people().size();
    int own = 0;
    for (int p = 0; p < people; p++) {
      int best = evaluation.bestModel(p);
      own += best == p ? 1 : 0;
      double ceiling = PlantedMegCeiling.read(folder.things(), "P" + (p + 1)).area();
      lines.add(
          String.format(
              Locale.ROOT,
              "  %-42s %8.1f %8.1f  %s",
              evaluation.people().get(p).name(),
              evaluation.course(p, p).area(),
              ceiling,
              best == p ? "the own model" : "that of " + evaluation.people().get(best).name()));
    }
    List<DemoGoal> goals = new ArrayList<>();
    goals.add(
        new DemoGoal(
            "own_model_best",
            "part of the people whom their own model predicts best",
            own / (double) people,
            OWN_BEST));
    SecondOrder alike = evaluation.secondOrder(participants, SHUFFLES);
    lines.add(
        String.format(
            Locale.ROOT,
            "  %-42s %8.3f, p %.3f",
            "models differ as people do: Spearman",
            alike.spearman(),
            alike.p()));
    goals.add(
        new DemoGoal(
            "second_order",
            "and more so than with images shuffled: 1 - p",
            1 - alike.p(),
            ABOVE_CHANCE));
    return new DemoResult(
        DemoStage.PARTICIPANT,
        lines,
        goals,
        MegPage.render(
            DemoStage.PARTICIPANT.tables(),
            ParticipantsReporting.of(
                evaluation, folder.things(), Prompts.paper().texts(), facts(device))));
  }

  private List<Fact> facts(Device device) {
    return List.of(
        new Fact("runs", folder.runs(DemoStage.PARTICIPANT).toString()),
        new Fact("model", model.toString()),
        new Fact("data", folder.things().toString()),
        new Fact("preset", settings.person().preset().name()),
        new Fact("device", device.description()),
        new Fact("made by", Version.text()));
  }
}
