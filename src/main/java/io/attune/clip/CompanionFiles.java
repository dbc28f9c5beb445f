package io.attune.clip;

import io.attune.InputException;
import io.attune.format.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a model folder holds beside configuration and weights: vocabulary and preprocessing. */
public final class CompanionFiles {
  private static final List<String> NAMES =
      List.of(
          "vocab.json",
          "merges.txt",
          PreprocessorConfig.FILE_NAME,
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json");

  private CompanionFiles() {}

  /** Copies those that are there, so that the other folder is a whole model too. */
  public static void copy(Path from, Path to) {
    for (String name : NAMES) {
      Path file = from.resolve(name);
      if (Files.isRegularFile(file)) {
        try {
          AtomicFile.writeBytes(to.resolve(name), Files.readAllBytes(file));
        } catch (IOException e) {
          throw InputException.unreadable(file, e);
        }
      }
    }
  }
}
