package io.attune.hba;

import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;

/**
 * What a MEG model learns: layer weights, and adapters on every block of the image tower.
 *
 * @param layers Wt [T, L]
 * @param adapters the paper's DoRA, one a block
 * @param magnitudeTrains whether the adapters' m is among what trains
 */
public record MegParameters(LayerMixing layers, AdapterSet adapters, boolean magnitudeTrains) {
  /** Allocates them with their gradients. */
  public static MegParameters allocate(
      Arena arena, ClipConfig config, AdapterSettings settings, Mixing mixing, boolean magnitude) {
    int blocks = config.vision().blocks();
    return new MegParameters(
        LayerMixing.allocate(arena, mixing.times(), blocks, mixing.window(), true),
        new AdapterSet(arena, config, settings, sites(config), true),
        magnitude);
  }

  /**
   * Sizes of the mixing.
   *
   * @param times T
   * @param window time points to each side over which a row is averaged
   */
  public record Mixing(int times, int window) {}

  /** Every block of the image tower. */
  public static List<AdapterSite> sites(ClipConfig config) {
    return AdapterSet.lastBlocks(config, config.vision().blocks(), 0);
  }

  /** Draws first values. */
  public void initialize(Device device, Clip clip, long seed) {
    layers.initialize(device);
    adapters.setBase(device, clip);
    adapters.initialize(device, seed);
  }

  /** Of the adapters, what trains: A and Bm, and m where the preset says so. */
  public List<Parameter> adapterParameters() {
    List<Parameter> trained = new ArrayList<>();
    for (Adapter adapter : adapters.adapters()) {
      for (Parameter parameter : adapter.parameters()) {
        if (magnitudeTrains || !parameter.name().endsWith(".m")) {
          trained.add(parameter);
        }
      }
    }
    return trained;
  }

  /** How many numbers train. */
  public long trainableCount() {
    return layers.weights().value().size()
        + adapterParameters().stream().mapToLong(p -> p.value().size()).sum();
  }
}
