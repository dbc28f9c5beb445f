package io.attune.cli;

import java.util.OptionalLong;
import picocli.CommandLine.Option;

/** {@code --noise}, for commands that compute the outputs of MEG runs. */
final class NoiseOption {
  @Option(
      names = "--noise",
      paramLabel = "SEED",
      description = {
        "Of a MEG run of preset corrected: add noise drawn for each image by its name, at the"
            + " level",
        "stored with the run (default: none; the other presets draw theirs in any case)."
      })
  private Long seed;

  /** The seed of the draws; empty where none are asked for. */
  OptionalLong seed() {
    return seed == null ? OptionalLong.empty() : OptionalLong.of(seed);
  }

  /** What a page says of a preset and the noise asked for. */
  String beside(String preset) {
    return seed == null ? preset : preset + ", noise of seed " + seed;
  }
}
