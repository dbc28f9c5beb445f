package io.attune.hba;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.op.Epilogue;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;

/** The factors of {@code s B A} as PEFT keeps them: lora_A [r, in] and lora_B [out, r]. */
final class LowRank {
  private final AdapterSite site;
  private final float scale;
  private final Parameter a;
  private final Parameter b;

  LowRank(
      Arena arena, AdapterSite site, AdapterSettings settings, int out, int in, boolean training) {
    this.site = site;
    this.scale = settings.scale();
    a = Adapter.parameter(arena, site.prefix() + ".lora_A", training, settings.rank(), in);
    b = Adapter.parameter(arena, site.prefix() + ".lora_B", training, out, settings.rank());
  }

  Parameter a() {
    return a;
  }

  Parameter b() {
    return b;
  }

  /** lora_A ~ U(-1/sqrt(in), 1/sqrt(in)), lora_B = 0: step 0 equals the base. */
  void initialize(Device device, long seed) {
    float bound = (float) (1 / Math.sqrt(a.value().columns()));
    device
        .philox()
        .uniform(RandomStream.ADAPTER.key(seed, site.randomStep(0)), 0, -bound, bound, a.value());
    device.elementwise().fill(0, b.value());
  }

  /** {@code sum = base + s B A}. */
  void compose(Device device, Tensor base, Tensor sum) {
    device.elementwise().copy(base, sum);
    device.gemm().multiply(false, b.value(), false, a.value(), scale, 1, sum, Epilogue.NONE);
  }

  /** {@code dA += s B^T dsum}, {@code dB += s dsum A^T}. */
  void backward(Device device, Tensor dsum) {
    device.gemm().multiply(true, b.value(), false, dsum, scale, 1, a.gradient(), Epilogue.NONE);
    device.gemm().multiply(false, dsum, true, a.value(), scale, 1, b.gradient(), Epilogue.NONE);
  }
}
