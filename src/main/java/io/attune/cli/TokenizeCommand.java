package io.attune.cli;

import io.attune.clip.ClipConfig;
import io.attune.clip.Padding;
import io.attune.clip.Tokenizer;
import io.attune.data.Texts;
import io.attune.format.NpyWriter;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "tokenize",
    description = "Write the token ids of texts: a .npy of int64 [texts, context].",
    footer = {
      "",
      "Example:",
      "  attune tokenize --model weights/clip-tiny --texts prompts.txt --out ids.npy"
    })
final class TokenizeCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "Model folder; its config.json, vocab.json and merges.txt are read.")
  private Path model;

  @Option(
      names = "--texts",
      paramLabel = "FILE",
      required = true,
      description = "UTF-8 file, one text a line.")
  private Path texts;

  @Option(
      names = "--pad",
      paramLabel = "PAD",
      defaultValue = "zero",
      description =
          "What follows the end token: zero (OpenAI, the paper) or end (Hugging Face)"
              + " (default: ${DEFAULT-VALUE}).")
  private Padding padding;

  @Option(names = "--truncate", description = "Cut texts that are too long instead of refusing.")
  private boolean truncate;

  @Option(
      names = "--out",
      paramLabel = "FILE.npy",
      required = true,
      converter = NpyPathConverter.class,
      description = "File to write.")
  private Path out;

  private final Console console;

  TokenizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Texts tokens =
        Texts.tokenize(texts, Tokenizer.load(model), ClipConfig.read(model), padding, truncate);
    long[] ids = Arrays.stream(tokens.ids()).asLongStream().toArray();
    NpyWriter.write(out, Shape.of(tokens.lines().size(), tokens.length()), ids);
    console.out().println(out);
    return 0;
  }
}
