package io.attune.cli;

import io.attune.clip.ClipModel;
import io.attune.hba.PeftMerge;
import io.attune.train.AdapterWeights;
import io.attune.train.MegConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** {@code --adapter}, for commands that use a model. */
final class AdapterOption {
  @Option(
      names = "--adapter",
      paramLabel = "RUN",
      description =
          "Run of 'finetune behavior' whose best adapters are put on the model, or a PEFT folder.")
  private Path adapter;

  /** The run, or null where there is none or the adapter is PEFT's. */
  AdapterWeights run() {
    return adapter == null || isPeft() ? null : AdapterWeights.of(adapter);
  }

  /** Puts the adapter, if there is one, on a model. */
  void applyTo(ClipModel model) {
    if (adapter == null) {
      return;
    }
    if (isPeft()) {
      PeftMerge.into(model.device(), model.clip(), adapter);
    } else {
      AdapterWeights.of(adapter).mergeInto(model.device(), model.clip());
    }
  }

  /** Whether it is a run of one of the MEG stages. */
  boolean isMeg() {
    return adapter != null && MegConfig.isMegRun(adapter);
  }

  /** As it was given. */
  Path path() {
    return adapter;
  }

  private boolean isPeft() {
    return Files.exists(adapter.resolve("adapter_config.json"));
  }
}
