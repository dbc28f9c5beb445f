package io.attune.train;

import io.attune.InputException;
import io.attune.clip.Clip;
import io.attune.data.meg.MegTarget;
import io.attune.data.meg.TimeAxis;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.format.Safetensors;
import io.attune.hba.Adapter;
import io.attune.hba.AdapterSet;
import io.attune.hba.LayerMixing;
import io.attune.hba.MegParameters;
import io.attune.nn.Parameter;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The best of a run as the start of another: a MEG run's, or one's of stage 1. */
final class MegStart {
  private MegStart() {}

  /**
   * Writes a run's composed weights over the model's own, for good; first those of the run that it
   * itself started from.
   *
   * @throws InputException if the run was trained on another model, or goes back to itself
   */
  static void mergeInto(Path run, Device device, Clip clip) {
    mergeInto(run, device, clip, new LinkedHashSet<>());
  }

  private static void mergeInto(Path run, Device device, Clip clip, Set<Path> before) {
    if (!before.add(run.toAbsolutePath().normalize())) {
      throw new InputException(run + ": its start_from leads back to itself - train it again");
    }
    if (!MegConfig.isMegRun(run)) {
      AdapterWeights.of(run, MegConfig.ANY_RUN).mergeInto(device, clip);
      return;
    }
    MegConfig config = MegConfig.read(run);
    if (!config.startFrom().isEmpty()) {
      mergeInto(Path.of(config.startFrom()), device, clip, before);
    }
    requireBase(run, config, device, clip);
    try (Arena arena = Arena.on(device)) {
      AdapterSet adapters = parameters(arena, device, clip, config, run).adapters();
      adapters.compose(device);
      for (Adapter adapter : adapters.adapters()) {
        device
            .elementwise()
            .copy(
                adapter.weight(), AdapterSet.projection(clip, adapter.site()).ownWeight().value());
      }
      device.synchronize();
    }
  }

  /** Refuses a model whose weights, with the run's start merged into them, it did not adapt. */
  static void requireBase(Path run, MegConfig config, Device device, Clip clip) {
    String found = BehaviorConfig.baseWeights(device, clip, MegParameters.sites(clip.config()));
    if (!found.equals(config.baseWeights())) {
      throw new InputException(
          "%s: it was trained on other weights (%s, this model has %s) - use %s"
              .formatted(run, config.baseWeights(), found, config.model()));
    }
  }

  /**
   * Asserts that a run goes on from the weights it was begun with, whatever their folders are
   * called now.
   *
   * @throws InputException if not; the message names both starts
   */
  static void requireSame(Path out, MegConfig then, MegConfig now) {
    if (then.baseWeights().equals(now.baseWeights())) {
      return;
    }
    throw new InputException(
        then.startFrom().equals(now.startFrom())
            ? "%s: the run was begun with other weights than those of --model %s %s - resume with the same, or start a new run"
                .formatted(out, now.model(), start("and", now))
            : "%s: the run was begun %s, now asked for %s, which is another model - resume with the same, or start a new run"
                .formatted(out, start("with", then), start("with", now)));
  }

  private static String start(String before, MegConfig config) {
    return config.startFrom().isEmpty()
        ? "without --start-from"
        : before + " --start-from " + config.startFrom();
  }

  /** A MEG run's best parameters, with the model's weights as their base. */
  static MegParameters parameters(
      Arena arena, Device device, Clip clip, MegConfig config, Path run) {
    MegSettings settings = config.settings();
    MegParameters parameters =
        MegParameters.allocate(
            arena,
            clip.config(),
            settings.adapterSettings(),
            new MegParameters.Mixing(config.richness().length, config.window()),
            settings.preset().magnitudeTrains());
    parameters.adapters().setBase(device, clip);
    List<Parameter> trained = new ArrayList<>(parameters.adapterParameters());
    trained.add(parameters.layers().weights());
    try (Safetensors source = Safetensors.open(Checkpoints.best(run))) {
      for (Parameter parameter : trained) {
        source.require(parameter.name(), parameter.value().shape());
        device.write(parameter.value(), source.read(parameter.name()), 0);
      }
    }
    return parameters;
  }

  /**
   * A run's best layer weights at the times of another.
   *
   * @param out folder of the other
   * @param target of the other; each of its times is one of the run's
   * @param blocks L
   * @return [T, L], as they train; null if the run is of stage 1
   * @throws InputException if there is no run, a time is missing, the run has another number of
   *     blocks, or is the other
   */
  static float[] layerWeights(Path run, Path out, MegTarget target, int blocks) {
    if (!MegConfig.isMegRun(run)) {
      AdapterWeights.of(run, MegConfig.ANY_RUN);
      return null;
    }
    if (run.toAbsolutePath().normalize().equals(out.toAbsolutePath().normalize())) {
      throw new InputException(out + ": a run cannot start from itself - choose another --out");
    }
    TimeAxis own = MegConfig.read(run).axis();
    TimeAxis axis = target.axis();
    float[] chosen = new float[axis.count() * blocks];
    try (Safetensors source = Safetensors.open(Checkpoints.best(run))) {
      source.require(LayerMixing.NAME, Shape.of(own.count(), blocks));
      float[] stored = source.read(LayerMixing.NAME);
      for (int t = 0; t < axis.count(); t++) {
        double ms = axis.ms(t);
        if (!own.has(ms)) {
          throw new InputException(
              "%s: cannot start from %s, whose layer weights are of %s: %s has %s, and %s ms is none of those"
                  .formatted(target.file(), run, own, target.file().getFileName(), axis, ms));
        }
        System.arraycopy(stored, own.indexOf(ms) * blocks, chosen, t * blocks, blocks);
      }
    }
    return chosen;
  }
}
