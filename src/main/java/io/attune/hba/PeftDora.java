package io.attune.hba;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;
import java.util.List;

/**
 * DoRA as PEFT computes it: {@code v = W0 + s B A}, {@code W[o] = m[o] v[o]/||v[o]||}, the norm a
 * constant in the backward pass (Liu et al. 2024, section 4.3). Trains m [out], lora_A [r, in],
 * lora_B [out, r].
 */
public final class PeftDora implements Adapter {
  private final AdapterSite site;
  private final AdapterSettings settings;
  private final LowRank lowRank;
  private final Parameter magnitude;
  private final Tensor base;
  private final Tensor v;
  private final Tensor norm;
  private final Tensor weight;
  private final Tensor weightGradient;
  private final List<Parameter> parameters;

  PeftDora(
      Arena arena, AdapterSite site, AdapterSettings settings, int out, int in, boolean training) {
    this.site = site;
    this.settings = settings;
    String prefix = site.prefix();
    magnitude = Adapter.parameter(arena, prefix + ".m", training, out);
    lowRank = new LowRank(arena, site, settings, out, in, training);
    base = arena.allocate(prefix + ".base", out, in);
    v = arena.allocate(prefix + ".v", out, in);
    norm = arena.allocate(prefix + ".norm", out);
    weight = arena.allocate(prefix + ".weight", out, in);
    weightGradient = training ? arena.allocate("gradient." + prefix + ".weight", out, in) : null;
    parameters = List.of(magnitude, lowRank.a(), lowRank.b());
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
    device.normalize().l2(newBase, v, magnitude.value());
  }

  @Override
  public void initialize(Device device, long seed) {
    lowRank.initialize(device, seed);
  }

  @Override
  public void compose(Device device) {
    lowRank.compose(device, base, v);
    device.dora().compose(v, magnitude.value(), 0, weight, norm);
  }

  @Override
  public void backward(Device device) {
    device
        .dora()
        .composeBackward(
            weightGradient,
            v,
            magnitude.value(),
            norm,
            0,
            true,
            magnitude.gradient(),
            weightGradient);
    lowRank.backward(device, weightGradient);
  }
}
