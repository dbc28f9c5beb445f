package io.attune.hba;

import io.attune.clip.Clip;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.op.Epilogue;
import io.attune.format.PeftAdapter;
import io.attune.nn.Parameter;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Puts adapters in PEFT's files on a model. */
public final class PeftMerge {
  private static final String WEIGHT = ".weight";

  private PeftMerge() {}

  /**
   * Reads an adapter folder and writes its layers' composed weights over the model's own.
   *
   * @param folder with {@code adapter_config.json} and {@code adapter_model.safetensors}
   * @throws io.attune.InputException if the files are damaged, ask for what is not supported, or
   *     name a layer that the model does not have
   */
  public static void into(Device device, Clip clip, Path folder) {
    Map<String, Tensor> weights = linearWeights(clip);
    Map<String, Shape> layers = new HashMap<>();
    weights.forEach((name, weight) -> layers.put(name, weight.shape()));
    PeftAdapter adapter = PeftAdapter.read(folder, layers);
    for (PeftAdapter.Module module : adapter.modules()) {
      merge(device, module, weights.get(module.name()));
    }
    clip.refresh(device);
    device.synchronize();
  }

  /** Weights [out, in] of all linear layers by module name; embeddings are none. */
  static Map<String, Tensor> linearWeights(Clip clip) {
    Map<String, Tensor> weights = new HashMap<>();
    for (Parameter parameter : clip.parameters()) {
      String name = parameter.name();
      if (name.endsWith(WEIGHT)
          && parameter.value().shape().rank() == 2
          && !name.contains("embedding")) {
        weights.put(name.substring(0, name.length() - WEIGHT.length()), parameter.value());
      }
    }
    return weights;
  }

  private static void merge(Device device, PeftAdapter.Module module, Tensor weight) {
    try (Arena arena = Arena.on(device)) {
      Tensor a = arena.allocate("lora_A", module.rank(), module.in());
      Tensor b = arena.allocate("lora_B", module.out(), module.rank());
      device.write(a, module.a(), 0);
      device.write(b, module.b(), 0);
      float scale = (float) module.scale();
      if (!module.isDora()) {
        device.gemm().multiply(false, b, false, a, scale, 1, weight, Epilogue.NONE);
        device.synchronize();
        return;
      }
      Tensor sum = arena.allocate("v", module.out(), module.in());
      Tensor magnitude = arena.allocate("magnitude", module.out());
      Tensor norm = arena.allocate("norm", module.out());
      device.write(magnitude, module.magnitude(), 0);
      device.elementwise().copy(weight, sum);
      device.gemm().multiply(false, b, false, a, scale, 1, sum, Epilogue.NONE);
      device.dora().compose(sum, magnitude, 0, weight, norm);
      device.synchronize();
    }
  }
}
