package io.attune.cli;

import io.attune.clip.ClipModel;
import io.attune.clip.CompanionFiles;
import io.attune.device.Device;
import io.attune.tensor.DType;
import io.attune.train.AdapterWeights;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "export",
    description = "Write a run's best adapters for other programs.",
    footer = {
      "",
      "merged is a whole model in Hugging Face's layout whose embeddings are the adapted model's;",
      "peft is an adapter folder for PEFT.",
      "",
      "Examples:",
      "  attune export --run runs/b2 --format merged --out tuned-model",
      "  attune export --run runs/b2 --format peft --out tuned-adapter"
    })
final class ExportCommand implements Callable<Integer> {
  /** What is written. */
  private enum Format {
    MERGED,
    PEFT
  }

  @Option(
      names = "--run",
      paramLabel = "RUN",
      required = true,
      description = "Run of 'finetune behavior'.")
  private Path run;

  @Option(names = "--format", paramLabel = "F", required = true, description = "merged or peft.")
  private Format format;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder to write; it must be new or empty.")
  private Path out;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "The run's base model, if it has moved (default: as the run names it).")
  private Path model;

  @Mixin private DeviceOption device;

  private final Console console;

  ExportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    AdapterWeights weights = AdapterWeights.of(run);
    Path base = model == null ? Path.of(weights.config().model()) : model;
    try (Device opened = device.open(console.progress());
        ClipModel clip = ClipModel.open(base, opened)) {
      if (format == Format.PEFT) {
        OutputFolder.create(out);
        weights.exportPeft(opened, clip.clip(), out);
      } else {
        weights.mergeInto(opened, clip.clip());
        OutputFolder.create(out);
        CompanionFiles.copy(base, out);
        clip.save(out, DType.F32);
      }
    }
    console.out().println(out);
    return 0;
  }
}
