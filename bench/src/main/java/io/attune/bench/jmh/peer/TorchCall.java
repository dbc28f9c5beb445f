package io.attune.bench.jmh.peer;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import io.attune.bench.jmh.Contestant;
import java.util.List;

/** A method of a TorchScript module, called without gradients being recorded. */
final class TorchCall implements Contestant {
  private final Torch torch;
  private final PtSymbolBlock script;
  private final String method;
  private final IValue[] arguments;
  private final List<PtNDArray> outputs;
  private IValue result;

  TorchCall(
      Torch torch,
      PtSymbolBlock script,
      String method,
      IValue[] arguments,
      List<PtNDArray> outputs) {
    this.torch = torch;
    this.script = script;
    this.method = method;
    this.arguments = arguments;
    this.outputs = outputs;
  }

  @Override
  public void run() {
    // Freed first, so that the allocator can give the same memory again.
    free();
    result = IValueUtils.runMethod(script, method, arguments);
  }

  @Override
  public float[][] outputs() {
    if (!outputs.isEmpty()) {
      return outputs.stream().map(PtNDArray::toFloatArray).toArray(float[][]::new);
    }
    return result.toNDList(torch.manager()).stream()
        .map(array -> array.toFloatArray())
        .toArray(float[][]::new);
  }

  private void free() {
    if (result != null) {
      result.close();
      result = null;
    }
  }

  @Override
  public void close() {
    free();
    torch.close();
  }
}
