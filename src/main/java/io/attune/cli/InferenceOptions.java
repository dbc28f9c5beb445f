package io.attune.cli;

import io.attune.rsa.Bootstrap;
import io.attune.rsa.Permutation;
import io.attune.rsa.SignFlip;
import picocli.CommandLine.Option;

/** Bootstrap and permutation, both replayable from the seed. */
final class InferenceOptions {
  @Option(
      names = "--bootstrap",
      paramLabel = "N",
      description = "Draw N bootstrap samples: standard errors, percentiles 2.5 and 97.5.")
  private Integer samples;

  @Option(
      names = "--over",
      paramLabel = "O",
      defaultValue = "participants",
      description = {
        "What the bootstrap draws: participants, conditions or both",
        "(default: ${DEFAULT-VALUE})."
      })
  private Bootstrap.Over over;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of all draws (default: ${DEFAULT-VALUE}).")
  private long seed;

  /** The bootstrap asked for, or null. */
  Bootstrap bootstrap() {
    return samples == null ? null : new Bootstrap(over, samples, seed);
  }

  /** The test with so many shuffles, or null. */
  Permutation permutation(Integer shuffles) {
    return shuffles == null ? null : new Permutation(shuffles, seed);
  }

  /** The test with so many flips of signs, or null. */
  SignFlip signFlip(Integer flips) {
    return flips == null ? null : new SignFlip(flips, seed);
  }
}
