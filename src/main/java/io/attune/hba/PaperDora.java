package io.attune.hba;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.op.Epilogue;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;
import java.util.List;

/**
 * The paper's DoRA (spec/clip-hba.md section 4), with rows as output features: {@code u = dir + s
 * (Bm A)^T}, {@code W[o] = m[o] u[o]/(||u[o]|| + 1e-8)}, where dir[o] is the unit row of W0 and
 * never changes. The norm is differentiated through. Trains m [out], A [r, out], Bm [in, r].
 */
public final class PaperDora implements Adapter {
  /** Added to the norm. */
  public static final float EPSILON = 1e-8f;

  private final AdapterSite site;
  private final AdapterSettings settings;
  private final Parameter magnitude;
  private final Parameter a;
  private final Parameter b;
  private final Tensor direction;
  private final Tensor u;
  private final Tensor norm;
  private final Tensor weight;
  private final Tensor weightGradient;
  private final List<Parameter> parameters;

  PaperDora(
      Arena arena, AdapterSite site, AdapterSettings settings, int out, int in, boolean training) {
    this.site = site;
    this.settings = settings;
    String prefix = site.prefix();
    magnitude = Adapter.parameter(arena, prefix + ".m", training, out);
    a = Adapter.parameter(arena, prefix + ".A", training, settings.rank(), out);
    b = Adapter.parameter(arena, prefix + ".B", training, in, settings.rank());
    direction = arena.allocate(prefix + ".direction", out, in);
    u = arena.allocate(prefix + ".u", out, in);
    norm = arena.allocate(prefix + ".norm", out);
    weight = arena.allocate(prefix + ".weight", out, in);
    weightGradient = training ? arena.allocate("gradient." + prefix + ".weight", out, in) : null;
    parameters = List.of(magnitude, a, b);
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
    return b;
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
  public void setBase(Device device, Tensor base) {
    device.normalize().l2(base, direction, magnitude.value());
  }

  /** A ~ U(-1/sqrt(out), 1/sqrt(out)); Bm ~ U(-1/sqrt(r), 1/sqrt(r)), or zero. */
  @Override
  public void initialize(Device device, long seed) {
    float boundA = (float) (1 / Math.sqrt(a.value().columns()));
    float boundB = (float) (1 / Math.sqrt(settings.rank()));
    device
        .philox()
        .uniform(RandomStream.ADAPTER.key(seed, site.randomStep(0)), 0, -boundA, boundA, a.value());
    if (settings.startsAtBase()) {
      device.elementwise().fill(0, b.value());
    } else {
      device
          .philox()
          .uniform(
              RandomStream.ADAPTER.key(seed, site.randomStep(1)), 0, -boundB, boundB, b.value());
    }
  }

  @Override
  public void compose(Device device) {
    device.elementwise().copy(direction, u);
    device.gemm().multiply(true, a.value(), true, b.value(), settings.scale(), 1, u, Epilogue.NONE);
    device.dora().compose(u, magnitude.value(), EPSILON, weight, norm);
  }

  @Override
  public void backward(Device device) {
    device
        .dora()
        .composeBackward(
            weightGradient,
            u,
            magnitude.value(),
            norm,
            EPSILON,
            false,
            magnitude.gradient(),
            weightGradient);
    float s = settings.scale();
    // dA += s Bm^T dU and dBm += s dU A^T, with dU the transpose of what weightGradient now holds.
    device
        .gemm()
        .multiply(true, b.value(), true, weightGradient, s, 1, a.gradient(), Epilogue.NONE);
    device
        .gemm()
        .multiply(true, weightGradient, true, a.value(), s, 1, b.gradient(), Epilogue.NONE);
  }
}
