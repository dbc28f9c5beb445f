package io.attune.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.clip.ClipModel;
import io.attune.clip.Preprocessing;
import io.attune.data.ConceptOrder;
import io.attune.device.Device;
import io.attune.hba.AdapterKind;
import io.attune.hba.BehaviorPreset;
import io.attune.hba.Prompts;
import io.attune.report.BehaviorReport;
import io.attune.train.BehaviorRun;
import io.attune.train.BehaviorSettings;
import io.attune.train.CacheLimit;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "behavior",
    description = "Fine-tune CLIP on human behaviour: stage 1 of the method.",
    footer = {
      "",
      "RUN/metrics.csv has a line an epoch: epoch, train_loss, validation_loss, spearman,",
      "images_per_second. The last line printed is JSON: spearman_before, spearman_after,",
      "best_epoch, trainable_parameters. Ctrl-C saves, and the same command with --resume goes on.",
      "",
      "Examples:",
      "  attune finetune behavior --model clip-vit-large-patch14 --things THINGS --out runs/b1",
      "  attune finetune behavior --model weights/clip-tiny --things things --out runs/b2 \\",
      "    --preset corrected --epochs 60 --batch 32 --report"
    })
final class FinetuneBehaviorCommand implements Callable<Integer> {
  private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "Model folder.")
  private Path model;

  @Option(
      names = "--things",
      paramLabel = "DIR",
      required = true,
      description = "THINGS folder: concepts, behavioural embedding, words48, RDM48, images.")
  private Path things;

  @Option(
      names = "--preset",
      paramLabel = "P",
      defaultValue = "paper",
      description = "paper, or corrected: adapters start at the base model" + DEFAULT)
  private String preset;

  @Option(
      names = "--adapter",
      paramLabel = "A",
      defaultValue = "dora",
      description = "dora (the paper's), dora-peft or lora" + DEFAULT)
  private String adapter;

  @Option(
      names = "--vision-blocks",
      paramLabel = "N",
      defaultValue = "2",
      description = "Last blocks of the image tower that are adapted" + DEFAULT)
  private int visionBlocks;

  @Option(
      names = "--text-blocks",
      paramLabel = "N",
      defaultValue = "1",
      description = "Last blocks of the text tower that are adapted" + DEFAULT)
  private int textBlocks;

  @Option(
      names = "--rank",
      paramLabel = "N",
      defaultValue = "32",
      converter = PositiveConverter.class,
      description = "Rank of the adapters" + DEFAULT)
  private int rank;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "500",
      converter = PositiveConverter.class,
      description = "Most epochs" + DEFAULT)
  private int epochs;

  @Option(
      names = "--patience",
      paramLabel = "N",
      defaultValue = "20",
      converter = PositiveConverter.class,
      description = "Epochs without a better validation loss before it stops" + DEFAULT)
  private int patience;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "64",
      converter = PositiveConverter.class,
      description = "Images of a step" + DEFAULT)
  private int batch;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      defaultValue = "3e-4",
      description = "Of AdamW, constant" + DEFAULT)
  private double learningRate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of split, order and adapters" + DEFAULT)
  private long seed;

  @Option(
      names = "--cache",
      paramLabel = "C",
      defaultValue = "auto",
      description = "Memory for what is constant: auto, off or a size such as 4g" + DEFAULT)
  private String cache;

  @Option(
      names = "--preprocess",
      paramLabel = "P",
      defaultValue = "paper",
      description = "paper, or clip: the model's own" + DEFAULT)
  private Preprocessing preprocessing;

  @Option(
      names = "--order",
      paramLabel = "O",
      defaultValue = "id",
      description = "Rows joined by id, or paired as the published files do: repo" + DEFAULT)
  private ConceptOrder order;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description = "One prompt a dimension, a line each (default: the paper's 66).")
  private Path prompts;

  @Option(
      names = "--concepts",
      paramLabel = "N",
      description = {
        "Train and validate on N concepts drawn by the seed (default: all",
        "that are not held out)."
      })
  private Integer concepts;

  @Option(names = "--report", description = "Write RUN/report.html at the end.")
  private boolean report;

  @Option(
      names = "--dry-run",
      description = "Say what would train, be cached and take memory, and do nothing.")
  private boolean dryRun;

  @Mixin private RunOptions run;
  @Mixin private DeviceOption device;

  private final Console console;

  FinetuneBehaviorCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    BehaviorRun behavior = behaviorRun();
    try (Device opened = device.open(console.progress());
        ClipModel base = ClipModel.open(model, opened);
        Interruption stop = new Interruption(console.progress())) {
      if (dryRun) {
        behavior.describe(base).forEach(console.out()::println);
        return 0;
      }
      BehaviorRun.Outcome outcome = behavior.train(base, console.progress(), stop);
      if (outcome.training().interrupted()) {
        return stop.told(console);
      }
      if (report) {
        BehaviorReport page = BehaviorReporting.of(behavior, base, outcome, console.progress());
        BehaviorReporting.write(page, run.out().resolve("report.html"));
      }
      console.out().println(closingLine(outcome));
    }
    return 0;
  }

  private BehaviorRun behaviorRun() {
    BehaviorSettings settings =
        new BehaviorSettings(
            BehaviorPreset.named(preset),
            AdapterKind.named(adapter),
            visionBlocks,
            textBlocks,
            rank,
            epochs,
            patience,
            batch,
            seed,
            learningRate,
            BehaviorSettings.PAPER.weightDecay(),
            CacheLimit.parse(cache));
    return new BehaviorRun(
        model,
        things,
        run.out(),
        run.existing(),
        settings,
        preprocessing,
        order,
        prompts == null ? Prompts.paper() : Prompts.read(prompts),
        concepts == null ? OptionalInt.empty() : OptionalInt.of(concepts));
  }

  private static ObjectNode closingLine(BehaviorRun.Outcome outcome) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    JsonNumbers.put(line, "spearman_before", outcome.spearmanBefore());
    JsonNumbers.put(line, "spearman_after", outcome.spearmanAfter());
    line.put("best_epoch", outcome.bestEpoch());
    line.put("trainable_parameters", outcome.trainableParameters());
    return line;
  }
}
