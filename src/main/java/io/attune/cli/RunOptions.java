package io.attune.cli;

import io.attune.train.RunFolder.Existing;
import java.nio.file.Path;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Where a training run goes, and what becomes of a run that is there. */
final class RunOptions {
  @Option(
      names = "--out",
      paramLabel = "RUN",
      required = true,
      description = "Folder of the run: settings, metrics.csv, checkpoints.")
  private Path out;

  @ArgGroup private Policy policy = new Policy();

  private static final class Policy {
    @Option(names = "--resume", description = "Go on from RUN's last checkpoint.")
    private boolean resume;

    @Option(names = "--overwrite", description = "Replace the run in RUN.")
    private boolean overwrite;
  }

  Path out() {
    return out;
  }

  Existing existing() {
    return policy.resume
        ? Existing.RESUME
        : policy.overwrite ? Existing.OVERWRITE : Existing.REFUSE;
  }
}
