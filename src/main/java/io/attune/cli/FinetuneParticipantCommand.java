package io.attune.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.format.AtomicFile;
import io.attune.train.MegResult;
import io.attune.train.MegRun;
import io.attune.train.MegSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
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
      "the target: the last 18 of 118 are held out, 80 % of the others train. Ctrl-C saves, and"
          + " the",
      "same command with --resume goes on with those that are not done.",
      "",
      "Examples:",
      "  attune data meg-condense --meg individual.npy --names images118.txt --participant all \\",
      "    --out person-{p}.npy",
      "  attune finetune participant --model clip-vit-large-patch14 --things THINGS \\",
      "    --target person-{p}.npy --participants all --behavior runs/b1 --out runs/people",
      "  attune finetune participant --model M --things T --target person-{p}.npy \\",
      "    --participants 1,2 --preset corrected --out runs/two"
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
    List<Integer> chosen = targets.chosen(participants);
    try (Device opened = device.open(console.progress());
        Interruption stop = new Interruption(console.progress())) {
      StringBuilder summary =
          new StringBuilder(
              "participant,best_epoch,epochs,validation_loss,validation_pearson_before,validation_pearson\n");
      for (int participant : chosen) {
        Path out = run.out().resolve(String.format(Locale.ROOT, "participant-%02d", participant));
        MegRun one =
            options.run(MegSettings.Scope.INDIVIDUAL, targets.of(participant), out, run.existing());
        try (ClipModel base = ClipModel.open(options.model(), opened)) {
          console.progress().message("participant " + participant);
          if (options.dryRun()) {
            one.describe(base).forEach(console.out()::println);
            continue;
          }
          MegRun.Outcome outcome = one.train(base, console.progress(), stop);
          if (outcome.training().interrupted()) {
            return stop.told(console);
          }
          summary.append(row(participant, outcome.training()));
          ObjectNode line = JsonNodeFactory.instance.objectNode().put("participant", participant);
          console.out().println(line.setAll(FinetuneMegCommand.closingLine(outcome)));
        }
      }
      if (!options.dryRun()) {
        AtomicFile.writeText(run.out().resolve("participants.csv"), summary.toString());
      }
    }
    return 0;
  }

  private static String row(int participant, MegResult result) {
    return "%d,%d,%d,%s,%s,%s\n"
        .formatted(
            participant,
            result.best().epoch(),
            result.metrics().size(),
            result.best().loss(),
            result.normalizers().pearson(),
            result.best().pearson());
  }
}
