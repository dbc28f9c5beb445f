package io.attune.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.train.MegRun;
import io.attune.train.MegSettings;
import io.attune.train.ParticipantJobs;
import io.attune.train.ParticipantRuns;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "participant",
    aliases = "individual",
    description = "Fine-tune CLIP on one person's MEG, or on each of many: stage 3 of the method.",
    footer = {
      "",
      "Every participant has a model and a run folder: RUN/participant-01 and so on, each as",
      "'finetune meg' writes it. RUN/participants.csv sums them up. The conditions' order is that"
          + " of",
      "the target: the last 18 of 118 are held out, 80 %% of the others train. Ctrl-C ends all"
          + " after their",
      "step, saved, and the same command with --resume goes on with those that are not done.",
      "",
      "Examples:",
      "  attune data meg-condense --meg individual.npy --names images118.txt --participant all \\",
      "    --out person-{p}.npy",
      "  attune finetune participant --model clip-vit-large-patch14 --things THINGS \\",
      "    --target person-{p}.npy --participants all --behavior runs/b1 --out runs/people",
      "  attune finetune participant --model M --things T --target person-{p}.npy \\",
      "    --participants 1,2 --jobs 2 --preset corrected --out runs/two"
    })
final class FinetuneParticipantCommand implements Callable<Integer> {
  @Option(
      names = {"--target", "--meg"},
      paramLabel = "FILE",
      required = true,
      description = "What 'data meg-condense --participant' wrote; {p} stands for the number.")
  private String target;

  @Option(
      names = "--participants",
      paramLabel = "P",
      defaultValue = "all",
      description = "all that have a target, or numbers such as 1,2 (default: ${DEFAULT-VALUE}).")
  private String participants;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      converter = PositiveConverter.class,
      description = {
        "Participants that train at once, with the same results as one after another",
        "(default: as many as there are threads and memory for; on a GPU 1)."
      })
  private Integer jobs;

  @Mixin private MegOptions options;
  @Mixin private RunOptions run;
  @Mixin private DeviceOption device;

  private final Console console;

  FinetuneParticipantCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    ParticipantTargets targets = new ParticipantTargets(target);
    List<ParticipantRuns.One> runs =
        targets.chosen(participants).stream()
            .map(
                participant ->
                    new ParticipantRuns.One(
                        participant,
                        options.run(
                            MegSettings.Scope.INDIVIDUAL,
                            targets.of(participant),
                            folder(participant),
                            run.existing())))
            .toList();
    List<Device> devices = List.of();
    try (Interruption stop = new Interruption(console.progress())) {
      ParticipantJobs plan;
      try (Device opened = device.open(console.progress())) {
        plan = plan(runs, opened);
        if (options.dryRun()) {
          return 0;
        }
        devices = device.divided(opened, plan.count());
      }
      return train(runs, devices, plan, stop);
    } finally {
      devices.forEach(Device::close);
    }
  }

  private Path folder(int participant) {
    return run.out().resolve(String.format(Locale.ROOT, "participant-%02d", participant));
  }

  /** Says what would train, all of it where that is all that is wanted. */
  private ParticipantJobs plan(List<ParticipantRuns.One> runs, Device opened) {
    OptionalInt wanted = jobs == null ? OptionalInt.empty() : OptionalInt.of(jobs);
    try (ClipModel base = ClipModel.open(options.model(), opened)) {
      if (options.dryRun()) {
        for (ParticipantRuns.One one : runs) {
          console.out().println("participant " + one.participant());
          one.run().describe(base).forEach(console.out()::println);
        }
      } else {
        ParticipantRuns.require(runs, base);
      }
      MegRun first = runs.getFirst().run();
      ParticipantJobs plan =
          ParticipantJobs.of(runs.size(), wanted, first.needs(base, device.threads(opened)));
      String line = "%d participants, %s".formatted(runs.size(), plan.describe());
      if (options.dryRun()) {
        console.out().println(line);
      } else {
        console.progress().message(line);
      }
      return plan;
    }
  }

  private int train(
      List<ParticipantRuns.One> runs,
      List<Device> devices,
      ParticipantJobs plan,
      Interruption stop) {
    // Bars of several runs would overwrite each other.
    Progress progress = plan.count() == 1 ? console.progress() : new LineProgress(console.err());
    ParticipantSummary summary = new ParticipantSummary(run.out().resolve("participants.csv"));
    boolean whole =
        new ParticipantRuns(devices, plan.bytesEach(), progress)
            .train(
                runs,
                stop,
                (participant, outcome) -> {
                  summary.put(participant, outcome.training());
                  ObjectNode line =
                      JsonNodeFactory.instance.objectNode().put("participant", participant);
                  console.out().println(line.setAll(FinetuneMegCommand.closingLine(outcome)));
                });
    if (!whole) {
      return stop.told(console);
    }
    summary.write();
    return 0;
  }
}
