package io.attune.bench;

import io.attune.device.Device;
import io.attune.device.Precision;
import io.attune.device.cuda.CudaPeers;
import java.util.ArrayList;
import java.util.List;

/** Every operation of the contract, the dearest first. */
final class OperationCases {
  private OperationCases() {}

  /**
   * In tf32 only products differ from f32, so only they are listed.
   *
   * @param cudnn null where it is not found
   */
  static List<OperationCase> of(Sizes sizes, Device device, CudaPeers cudnn) {
    Precision precision = device.precision();
    int bytes = precision == Precision.BF16 ? 2 : 4;
    List<OperationCase> cases = new ArrayList<>(GemmCases.of(sizes, bytes));
    if (precision != Precision.TF32) {
      cases.addAll(0, AttentionCases.of(sizes, bytes));
      cases.addAll(RowCases.of(sizes, bytes));
      cases.addAll(ParameterCases.of(sizes, bytes));
      cases.addAll(ConvolutionCases.of(sizes, bytes, cudnn));
      cases.addAll(EmbeddingCases.of(sizes, bytes));
      cases.addAll(LossCases.of(sizes, bytes));
      cases.addAll(MegCases.of(sizes));
    }
    return cases;
  }
}
