package io.attune.cli;

import io.attune.clip.ClipArchitecture;
import io.attune.device.Device;
import io.attune.tensor.DType;
import io.attune.train.PretrainSettings;
import io.attune.train.Pretraining;
import io.attune.train.TrainingResult;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "pretrain",
    description = "Train a CLIP model from nothing on images and their captions.",
    footer = {
      "",
      "DATA is a folder with captions.tsv (image and caption, tab separated), such as 'attune data",
      "synth' writes. RUN/model is the finished model in Hugging Face's layout. Ctrl-C saves, and",
      "--resume goes on.",
      "",
      "Example:",
      "  attune data synth --out things --concepts 2000",
      "  attune pretrain --data things --arch tiny --epochs 20 --out runs/tiny"
    })
final class PretrainCommand implements Callable<Integer> {
  @Option(
      names = "--data",
      paramLabel = "DATA",
      required = true,
      description = "Folder with captions.tsv.")
  private Path data;

  @Option(
      names = "--arch",
      paramLabel = "ARCH",
      defaultValue = "tiny",
      converter = ArchitectureConverter.class,
      description = "vit-b-32, vit-b-16, vit-l-14 or tiny (default: ${DEFAULT-VALUE}).")
  private ClipArchitecture architecture;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "20",
      converter = PositiveConverter.class,
      description = "Passes over the pairs (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "128",
      converter = PositiveConverter.class,
      description = "Pairs of a step (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      defaultValue = "5e-4",
      description = "Peak of the cosine schedule (default: ${DEFAULT-VALUE}).")
  private double learningRate;

  @Option(
      names = "--warmup",
      paramLabel = "X",
      defaultValue = "0.05",
      description = "Share of steps over which the rate rises (default: ${DEFAULT-VALUE}).")
  private double warmup;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      defaultValue = "0.1",
      description = "Of matrices and embeddings (default: ${DEFAULT-VALUE}).")
  private double weightDecay;

  @Option(
      names = "--validation",
      paramLabel = "X",
      defaultValue = "0.05",
      description = "Share of pairs held back to validate (default: ${DEFAULT-VALUE}).")
  private double validation;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of weights, split and order (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--weights",
      paramLabel = "TYPE",
      defaultValue = "f32",
      description = "Type of the finished model's file: f32, f16 or bf16 (default: f32).")
  private WeightType type;

  /** Types of weights that a model's file may have. */
  private enum WeightType {
    F32,
    F16,
    BF16
  }

  @Option(
      names = "--logit-scale",
      paramLabel = "X",
      description =
          "Logit scale of the finished model, such as 100, at which published CLIPs end and which"
              + " finetune behavior expects (default: as learnt).")
  private Double logitScale;

  @Option(
      names = "--recompute",
      description = "Compute activations again in the backward pass: less memory, more work.")
  private boolean recompute;

  @Option(
      names = "--dry-run",
      description = "Say what would train and take memory, and do nothing.")
  private boolean dryRun;

  @Mixin private RunOptions run;
  @Mixin private DeviceOption device;

  private final Console console;

  PretrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    PretrainSettings settings =
        new PretrainSettings(
            architecture.optionName(),
            data.toString(),
            epochs,
            batch,
            learningRate,
            warmup,
            weightDecay,
            validation,
            architecture.config().vocabularySize(),
            seed);
    try (Device opened = device.open(console.progress());
        Interruption stop = new Interruption(console.progress())) {
      Pretraining pretraining = new Pretraining(opened, settings, console.progress(), recompute);
      if (dryRun) {
        pretraining.describe().forEach(console.out()::println);
        return 0;
      }
      TrainingResult result =
          pretraining.run(
              run.out(),
              run.existing(),
              new Pretraining.Finish(DType.valueOf(type.name()), logitScale),
              stop);
      if (result.interrupted()) {
        return stop.told(console);
      }
    }
    console.out().println(run.out().resolve(Pretraining.MODEL));
    return 0;
  }
}
