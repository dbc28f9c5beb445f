package io.attune.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.train.MegResult;
import io.attune.train.MegRun;
import io.attune.train.MegSettings;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "meg",
    description = "Fine-tune CLIP on a group's MEG: stage 2 of the method.",
    footer = {
      "",
      "Stage A trains the layer weights on cached features until patience runs out; stage B goes"
          + " on",
      "from the best of it and trains adapters in every block too. RUN/metrics.csv has a line an",
      "epoch: epoch, stage, validation_loss, validation_pearson, validation_mse,",
      "validation_generalization, train_loss, images_per_second. The last line printed is JSON.",
      "Ctrl-C saves, and the same command with --resume goes on. At its end a run of preset"
          + " corrected",
      "stores its outputs' deviation over the training images, for 'embed --noise'.",
      "",
      "Examples:",
      "  attune data meg-condense --meg validation-pairwise_decoding_RDM1854.mat --things THINGS"
          + " \\",
      "    --out group.npy",
      "  attune finetune meg --model clip-vit-large-patch14 --things THINGS --target group.npy \\",
      "    --behavior runs/b1 --out runs/m1",
      "  attune finetune meg --model weights/clip-tiny --things things --target group.npy \\",
      "    --preset corrected --stage a --epochs 20 --out runs/m2"
    })
final class FinetuneMegCommand implements Callable<Integer> {
  @Option(
      names = {"--target", "--meg"},
      paramLabel = "FILE",
      required = true,
      description = "What 'data meg-condense' wrote.")
  private Path target;

  @Mixin private MegOptions options;
  @Mixin private RunOptions run;
  @Mixin private DeviceOption device;

  private final Console console;

  FinetuneMegCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    MegRun meg = options.run(MegSettings.Scope.GROUP, target, run.out(), run.existing());
    try (Device opened = device.open(console.progress());
        ClipModel base = ClipModel.open(options.model(), opened);
        Interruption stop = new Interruption(console.progress())) {
      if (options.dryRun()) {
        meg.describe(base).forEach(console.out()::println);
        return 0;
      }
      MegRun.Outcome outcome = meg.train(base, console.progress(), stop);
      if (outcome.training().interrupted()) {
        return stop.told(console);
      }
      console.out().println(closingLine(outcome));
    }
    return 0;
  }

  static ObjectNode closingLine(MegRun.Outcome outcome) {
    MegResult result = outcome.training();
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("best_epoch", result.best().epoch());
    line.put("epochs", result.metrics().size());
    JsonNumbers.put(line, "validation_loss", result.best().loss());
    JsonNumbers.put(line, "validation_pearson_before", result.normalizers().pearson());
    JsonNumbers.put(line, "validation_pearson", result.best().pearson());
    line.put("trainable_parameters", outcome.trainableParameters());
    return line;
  }
}
