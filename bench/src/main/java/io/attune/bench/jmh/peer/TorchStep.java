package io.attune.bench.jmh.peer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import io.attune.bench.jmh.Contestant;
import java.util.List;

/** A method of a TorchScript module in which gradients are recorded. */
final class TorchStep implements Contestant {
  private final Torch torch;
  private final PtSymbolBlock script;
  private final NDList inputs;
  private final List<PtNDArray> outputs;
  private NDList result = new NDList();

  /**
   * @param inputs as DJL wants them for such calls: the first one's name names the method, and
   *     tensors of a list follow each other under a name that ends in []
   * @param outputs changed by the call and compared after what it returns
   */
  TorchStep(Torch torch, PtSymbolBlock script, NDList inputs, List<PtNDArray> outputs) {
    this.torch = torch;
    this.script = script;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  @Override
  public void run() {
    result.close();
    result = IValueUtils.forward(script, inputs, true);
  }

  @Override
  public float[][] outputs() {
    NDList all = new NDList(result);
    all.addAll(outputs);
    return all.stream().map(NDArray::toFloatArray).toArray(float[][]::new);
  }

  @Override
  public void close() {
    result.close();
    torch.close();
  }
}
