package io.attune.cli;

import io.attune.data.synthetic.SyntheticSettings;
import io.attune.data.synthetic.SyntheticThings;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "synth",
    description = "Write a synthetic THINGS: drawn objects, behaviour, judgements, captions.",
    footer = {
      "",
      "The files have the published layouts; truth.json tells what was planted. The same options",
      "give the same files.",
      "",
      "Example:",
      "  attune data synth --out things --concepts 240 --size 64 --seed 1"
    })
final class DataSynthCommand implements Callable<Integer> {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder to write; it must be new or empty.")
  private Path out;

  @Option(
      names = "--concepts",
      paramLabel = "N",
      defaultValue = "240",
      converter = PositiveConverter.class,
      description = "How many concepts (default: ${DEFAULT-VALUE}).")
  private int concepts;

  @Option(
      names = "--size",
      paramLabel = "N",
      defaultValue = "64",
      converter = PositiveConverter.class,
      description = "Width and height of the images in pixels (default: ${DEFAULT-VALUE}).")
  private int size;

  @Option(
      names = "--images",
      paramLabel = "N",
      defaultValue = "1",
      converter = PositiveConverter.class,
      description = "Images of each concept (default: ${DEFAULT-VALUE}).")
  private int images;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Which concepts are met (default: ${DEFAULT-VALUE}).")
  private long seed;

  private final Console console;

  DataSynthCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    SyntheticSettings settings = new SyntheticSettings(concepts, size, images, seed);
    SyntheticThings.write(out, settings, console.progress());
    console.out().println(out);
    return 0;
  }
}
