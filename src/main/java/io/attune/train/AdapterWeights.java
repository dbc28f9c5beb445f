package io.attune.train;

import io.attune.InputException;
import io.attune.clip.Clip;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.format.PeftAdapter;
import io.attune.format.Safetensors;
import io.attune.hba.Adapter;
import io.attune.hba.AdapterSet;
import io.attune.hba.AdapterSite;
import io.attune.hba.PeftModules;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The best adapters of a behaviour run.
 *
 * @param run the run's folder
 * @param config what it was trained with
 * @param checkpoint the file that holds them
 */
public record AdapterWeights(Path run, BehaviorConfig config, Path checkpoint) {
  /**
   * Finds the best adapters of a run.
   *
   * @throws InputException if the folder holds no behaviour run or its checkpoint is damaged
   */
  public static AdapterWeights of(Path run) {
    return new AdapterWeights(run, BehaviorConfig.read(run), Checkpoints.best(run));
  }

  /**
   * As the other, where runs of other kinds would have served too.
   *
   * @param accepted whose, as the message for others lists them
   */
  public static AdapterWeights of(Path run, String accepted) {
    return new AdapterWeights(run, BehaviorConfig.read(run, accepted), Checkpoints.best(run));
  }

  /** What an adapter set is good for while it is in memory. */
  interface Use {
    void accept(AdapterSet adapters);
  }

  /**
   * Writes the composed weights over the model's own, so that it is the adapted model from then on:
   * passes made before see it too.
   *
   * @throws InputException if the run was trained on another model
   */
  public void mergeInto(Device device, Clip clip) {
    use(
        device,
        clip,
        adapters -> {
          adapters.compose(device);
          for (Adapter adapter : adapters.adapters()) {
            device
                .elementwise()
                .copy(
                    adapter.weight(),
                    AdapterSet.projection(clip, adapter.site()).ownWeight().value());
          }
        });
  }

  /**
   * Writes the adapters in PEFT's files, as that computes them; the paper's DoRA is converted, see
   * {@link PeftModules}.
   *
   * @param folder existing
   * @throws InputException if the run was trained on another model
   */
  public void exportPeft(Device device, Clip clip, Path folder) {
    use(
        device,
        clip,
        adapters -> {
          List<PeftAdapter.Module> modules = new ArrayList<>();
          for (Adapter adapter : adapters.adapters()) {
            Tensor base = AdapterSet.projection(clip, adapter.site()).ownWeight().value();
            modules.add(PeftModules.of(device, adapter, device.toArray(base)));
          }
          new PeftAdapter(config.model(), modules).write(folder);
        });
  }

  /** Puts the adapters in memory, with the model's weights as their base. */
  void use(Device device, Clip clip, Use use) {
    List<AdapterSite> sites = config.sites(clip.config());
    String found = BehaviorConfig.baseWeights(device, clip, sites);
    if (!found.equals(config.baseWeights())) {
      throw new InputException(
          "%s: its adapters were trained on other weights (%s, this model has %s) - use %s"
              .formatted(run, config.baseWeights(), found, config.model()));
    }
    try (Arena arena = Arena.on(device);
        Safetensors source = Safetensors.open(Checkpoints.best(run))) {
      AdapterSet adapters =
          new AdapterSet(arena, clip.config(), config.adapterSettings(), sites, false);
      adapters.setBase(device, clip);
      for (Parameter parameter : adapters.parameters()) {
        source.require(parameter.name(), parameter.value().shape());
        device.write(parameter.value(), source.read(parameter.name()), 0);
      }
      use.accept(adapters);
      device.synchronize();
    }
  }
}
