package io.attune.cli;

import io.attune.clip.ClipConfig;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.Preprocessing;
import io.attune.data.Images;
import io.attune.data.PixelFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "preprocess",
    description = "Write images as the model sees them: a .npy of float32 [images, 3, H, W].",
    footer = {
      "",
      "Rows are sorted by file name; FILE.npy.names.txt lists them.",
      "",
      "Example:",
      "  attune preprocess --model weights/clip-tiny --images photos --out pixels.npy"
    })
final class PreprocessCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "Model folder; its config.json and preprocessor_config.json are read.")
  private Path model;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      required = true,
      description = "Folder of images.")
  private Path images;

  @Option(
      names = "--preprocess",
      paramLabel = "P",
      defaultValue = "clip",
      description = "clip (the model's own) or paper (default: ${DEFAULT-VALUE}).")
  private Preprocessing preprocessing;

  @Option(
      names = "--out",
      paramLabel = "FILE.npy",
      required = true,
      converter = NpyPathConverter.class,
      description = "File to write.")
  private Path out;

  private final Console console;

  PreprocessCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    ImagePreprocessor preprocessor = preprocessing.forModel(model, ClipConfig.read(model));
    PixelFile.write(images, Images.list(images), preprocessor, out, console.progress());
    console.out().println(out);
    return 0;
  }
}
