package io.attune.cli;

import io.attune.clip.ByteVocabulary;
import io.attune.clip.ClipArchitecture;
import io.attune.clip.ClipConfig;
import io.attune.clip.ClipModel;
import io.attune.clip.PreprocessorConfig;
import io.attune.device.Device;
import io.attune.tensor.DType;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "init",
    description = "Write a CLIP model with random weights, in Hugging Face's layout.",
    footer = {
      "",
      "It has true sizes without a download: for timing, tests, and training from nothing. Its",
      "vocabulary is single bytes; a published one of the same size may take its place.",
      "",
      "Example:",
      "  attune init --arch vit-l-14 --seed 1 --out models/random-l-14"
    })
final class InitCommand implements Callable<Integer> {
  @Option(
      names = "--arch",
      paramLabel = "ARCH",
      required = true,
      converter = ArchitectureConverter.class,
      description = "vit-b-32, vit-b-16, vit-l-14 or tiny.")
  private ClipArchitecture architecture;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed gives the same weights (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder to write; it must be new or empty.")
  private Path out;

  @Mixin private DeviceOption device;

  private final Console console;

  InitCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    OutputFolder.create(out);
    ClipConfig config = architecture.config();
    try (Device opened = device.open(console.progress());
        ClipModel model = ClipModel.random(config, opened, seed)) {
      PreprocessorConfig.standard(config.imageSize()).write(out);
      ByteVocabulary.write(config.vocabularySize(), out);
      model.save(out, DType.F32);
    }
    console.out().println(out);
    return 0;
  }
}
