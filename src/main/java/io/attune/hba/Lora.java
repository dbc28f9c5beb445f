package io.attune.hba;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;
import java.util.List;

/**
 * LoRA (Hu et al. 2021): {@code W = W0 + s B A}. Trains lora_A [r, in] and lora_B [out, r], without
 * dropout.
 */
public final class Lora implements Adapter {
  private final AdapterSite site;
  private final AdapterSettings settings;
  private final LowRank lowRank;
  private final Tensor base;
  private final Tensor weight;
  private final Tensor weightGradient;
  private final List<Parameter> parameters;

  Lora(Arena arena, AdapterSite site, AdapterSettings settings, int out, int in, boolean training) {
    this.site = site;
    this.settings = settings;
    String prefix = site.prefix();
    lowRank = new LowRank(arena, site, settings, out, in, training);
    base = arena.allocate(prefix + ".base", out, in);
    weight = arena.allocate(prefix + ".weight", out, in);
    weightGradient = training ? arena.allocate("gradient." + prefix + ".weight", out, in) : null;
    parameters = List.of(lowRank.a(), lowRank.b());
  }

  @Override
  public AdapterSite site() {
    return site;
  }

  @Override
  public AdapterSettings settings() {
    return settings;
  }

  @Override
  public List<Parameter> parameters() {
    return parameters;
  }

  @Override
  public Parameter upProjection() {
    return lowRank.b();
  }

  @Override
  public Tensor weight() {
    return weight;
  }

  @Override
  public Tensor weightGradient() {
    return weightGradient;
  }

  @Override
  public void setBase(Device device, Tensor newBase) {
    device.elementwise().copy(newBase, base);
  }

  @Override
  public void initialize(Device device, long seed) {
    lowRank.initialize(device, seed);
  }

  @Override
  public void compose(Device device) {
    lowRank.compose(device, base, weight);
  }

  @Override
  public void backward(Device device) {
    lowRank.backward(device, weightGradient);
  }
}
