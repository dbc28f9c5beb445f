package io.attune.cli;

import io.attune.clip.Preprocessing;
import io.attune.hba.MegPreset;
import io.attune.hba.Prompts;
import io.attune.train.MegRun;
import io.attune.train.MegSettings;
import io.attune.train.RunFolder;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What the two MEG stages are told alike; what is not given is as the method has it. */
final class MegOptions {
  private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "Model folder.")
  private Path model;

  @Option(
      names = "--things",
      paramLabel = "DIR",
      required = true,
      description = "THINGS folder, whose images bear the target's names.")
  private Path things;

  @Option(
      names = {"--behavior", "--text-adapter"},
      paramLabel = "RUN",
      description = "Run of 'finetune behavior' whose text adapter and prompts are used, frozen.")
  private Path behavior;

  @Option(
      names = "--start-from",
      paramLabel = "RUN",
      description = {
        "Run of 'finetune behavior', meg or participant whose image tower is the start, and of a",
        "MEG run its layer weights at the same times too (default: CLIP's)."
      })
  private Path startFrom;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description = "One prompt a line, without --behavior (default: the paper's 66).")
  private Path prompts;

  @Option(
      names = "--preset",
      paramLabel = "P",
      defaultValue = "paper",
      description = "paper, paper-v1 or corrected" + DEFAULT)
  private String preset;

  @Option(
      names = "--stage",
      paramLabel = "S",
      defaultValue = "both",
      description = "a: layer weights alone; both: the adapters too" + DEFAULT)
  private Stages stages;

  private enum Stages {
    A,
    BOTH
  }

  @Option(
      names = "--rank",
      paramLabel = "N",
      converter = PositiveConverter.class,
      description = "Rank of the adapters (default: 32; a participant's 6).")
  private Integer rank;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      converter = PositiveConverter.class,
      description = "Most epochs of both stages (default: 50; a participant's 40).")
  private Integer epochs;

  @Option(
      names = "--patience",
      paramLabel = "N",
      converter = PositiveConverter.class,
      description = "Epochs without a better one (default: 5; a participant's 10).")
  private Integer patience;

  @Option(
      names = "--batch",
      paramLabel = "N",
      converter = PositiveConverter.class,
      description = "Images of a step (default: 50; a participant's 40).")
  private Integer batch;

  @Option(
      names = "--layer-rate",
      paramLabel = "X",
      description = "Learning rate of the layer weights, in both stages (default: the preset's).")
  private Double layerRate;

  @Option(
      names = "--adapter-rate",
      paramLabel = "X",
      description = "Learning rate of the adapters in stage B (default: the preset's).")
  private Double adapterRate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of split, order, noise and adapters" + DEFAULT)
  private long seed;

  @Option(
      names = "--preprocess",
      paramLabel = "P",
      defaultValue = "paper",
      description = "paper, or clip: the model's own" + DEFAULT)
  private Preprocessing preprocessing;

  @Option(
      names = "--dry-run",
      description = "Say what would train and take memory, and do nothing.")
  private boolean dryRun;

  Path model() {
    return model;
  }

  boolean dryRun() {
    return dryRun;
  }

  /** A run on one target. */
  MegRun run(MegSettings.Scope scope, Path target, Path out, RunFolder.Existing existing) {
    return new MegRun(
        model,
        things,
        target,
        out,
        existing,
        settings(scope),
        preprocessing,
        behavior,
        startFrom,
        prompts == null ? Prompts.paper() : Prompts.read(prompts));
  }

  private MegSettings settings(MegSettings.Scope scope) {
    MegPreset named = MegPreset.named(preset);
    MegPreset.Rates rates = named.rates();
    MegPreset rated =
        named.withRates(
            new MegPreset.Rates(
                layerRate == null ? rates.layersFirst() : layerRate,
                layerRate == null ? rates.layersSecond() : layerRate,
                adapterRate == null ? rates.adapters() : adapterRate));
    MegSettings usual =
        scope == MegSettings.Scope.GROUP
            ? MegSettings.group(rated, seed)
            : MegSettings.individual(rated, seed);
    return new MegSettings(
        scope,
        rated,
        or(rank, usual.rank()),
        or(epochs, usual.epochs()),
        or(patience, usual.patience()),
        usual.firstEpochs(),
        stages == Stages.BOTH,
        or(batch, usual.batch()),
        seed,
        usual.weightDecay());
  }

  private static int or(Integer given, int usual) {
    return given == null ? usual : given;
  }
}
