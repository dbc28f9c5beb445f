package io.attune.hba;

import io.attune.InputException;
import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.nn.Linear;
import io.attune.nn.Parameter;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The adapters of one model: all of one kind, each on the output projection of one block. */
public final class AdapterSet {
  private final List<Adapter> adapters = new ArrayList<>();
  private final List<Tensor> operands = new ArrayList<>();

  /**
   * Allocates adapters for a model of these sizes.
   *
   * @param training whether to allocate gradients too
   */
  public AdapterSet(
      Arena arena,
      ClipConfig config,
      AdapterSettings settings,
      List<AdapterSite> sites,
      boolean training) {
    for (AdapterSite site : sites) {
      int width = tower(config, site).width();
      Adapter adapter = Adapter.allocate(arena, site, settings, width, width, training);
      adapters.add(adapter);
      operands.add(operand(arena, adapter.weight()));
    }
  }

  /** The composed weight as products read it: itself, or its BF16 copy. */
  private static Tensor operand(Arena arena, Tensor weight) {
    DType type = arena.operandType();
    return type == weight.dtype()
        ? weight
        : arena.allocate(weight.name() + ".bf16", type, weight.shape());
  }

  private static ClipConfig.Tower tower(ClipConfig config, AdapterSite site) {
    return site.tower() == AdapterSite.Tower.VISION ? config.vision() : config.text();
  }

  /**
   * The last blocks of each tower.
   *
   * @throws InputException if a tower has fewer blocks than asked for, or nothing is adapted
   */
  public static List<AdapterSite> lastBlocks(ClipConfig config, int vision, int text) {
    if (vision == 0 && text == 0) {
      throw new InputException(
          "adapters: 0 vision blocks and 0 text blocks leave nothing to train - give one at least");
    }
    List<AdapterSite> sites = new ArrayList<>();
    addLast(sites, AdapterSite.Tower.VISION, config.vision().blocks(), vision);
    addLast(sites, AdapterSite.Tower.TEXT, config.text().blocks(), text);
    return sites;
  }

  private static void addLast(
      List<AdapterSite> sites, AdapterSite.Tower tower, int blocks, int adapted) {
    if (adapted < 0 || adapted > blocks) {
      throw new InputException(
          "adapters: %d %s blocks asked for, the model has %d"
              .formatted(adapted, tower.label(), blocks));
    }
    for (int n = blocks - adapted; n < blocks; n++) {
      sites.add(new AdapterSite(tower, n));
    }
  }

  public List<Adapter> adapters() {
    return List.copyOf(adapters);
  }

  /** What trains. */
  public List<Parameter> parameters() {
    return adapters.stream().flatMap(adapter -> adapter.parameters().stream()).toList();
  }

  /** How many numbers train. */
  public long trainableCount() {
    return adapters.stream().mapToLong(Adapter::trainableCount).sum();
  }

  /** Lowest adapted block of a tower, or its number of blocks where none is. */
  public int firstAdapted(AdapterSite.Tower tower, int blocks) {
    return adapters.stream()
        .map(Adapter::site)
        .filter(site -> site.tower() == tower)
        .mapToInt(AdapterSite::block)
        .min()
        .orElse(blocks);
  }

  /** Takes the base weights of {@code clip}'s adapted projections. */
  public void setBase(Device device, Clip clip) {
    for (Adapter adapter : adapters) {
      adapter.setBase(device, projection(clip, adapter.site()).ownWeight().value());
    }
  }

  /** Puts the composed weights in place; to be called before passes of {@code clip} are made. */
  public void attach(Clip clip) {
    for (int n = 0; n < adapters.size(); n++) {
      Adapter adapter = adapters.get(n);
      projection(clip, adapter.site()).substituteWeight(operands.get(n), adapter.weightGradient());
    }
  }

  /** Gives {@code clip} its own weights back; passes made before keep none of the adapters'. */
  public void detach(Clip clip) {
    for (Adapter adapter : adapters) {
      projection(clip, adapter.site()).restoreWeight();
    }
  }

  /** The layer that an adapter at {@code site} stands in for. */
  public static Linear projection(Clip clip, AdapterSite site) {
    return (site.tower() == AdapterSite.Tower.VISION
            ? clip.vision().blocks()
            : clip.text().blocks())
        .get(site.block())
        .attention()
        .output();
  }

  /** Draws first values. */
  public void initialize(Device device, long seed) {
    for (Adapter adapter : adapters) {
      adapter.initialize(device, seed);
    }
  }

  /** Rebuilds all weights from the parameters. */
  public void compose(Device device) {
    for (int n = 0; n < adapters.size(); n++) {
      Adapter adapter = adapters.get(n);
      adapter.compose(device);
      if (operands.get(n) != adapter.weight()) {
        device.elementwise().copy(adapter.weight(), operands.get(n));
      }
    }
  }

  /** From the weights' gradients to the parameters'. */
  public void backward(Device device) {
    for (int n = 0; n < adapters.size(); n++) {
      adapters.get(n).backward(device);
    }
  }

  /** Sets all gradients to zero, before a step. */
  public void clearGradients(Device device) {
    for (int n = 0; n < adapters.size(); n++) {
      adapters.get(n).clearGradients(device);
    }
  }
}
