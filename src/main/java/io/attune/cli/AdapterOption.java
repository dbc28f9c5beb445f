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

  /**
   * The run, or null where there is none or the adapter is PEFT's.
   *
   * @param accepted whose runs the command takes, for the message that this is none
   */
  AdapterWeights run(String accepted) {
    return adapter == null || isPeft() ? null : weights(accepted);
  }

  /**
   * Puts the adapter, if there is one, on a model.
   *
   * @param accepted whose runs the command takes, for the message that this is none
   */
  void applyTo(ClipModel model, String accepted) {
    if (adapter == null) {
      return;
    }
    if (isPeft()) {
      PeftMerge.into(model.device(), model.clip(), adapter);
    } else {
      weights(accepted).mergeInto(model.device(), model.clip());
    }
  }

  private AdapterWeights weights(String accepted) {
    return AdapterWeights.of(adapter, accepted + ", or of a PEFT adapter");
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
