package io.attune.bench;

import static io.attune.bench.OperationCase.computing;
import static io.attune.bench.OperationCase.moving;
import static io.attune.bench.OperationCase.sizes;

import io.attune.clip.ClipConfig;
import io.attune.device.cuda.CudaPeers;
import io.attune.device.op.Epilogue;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The patch convolution, ours in two operations, and what cuDNN does where it is found. */
final class ConvolutionCases {
  private ConvolutionCases() {}

  /**
   * The cases.
   *
   * @param cudnn null where it is not found
   */
  static List<OperationCase> of(Sizes sizes, int bytes, CudaPeers cudnn) {
    ClipConfig config = sizes.config();
    int batch = sizes.batch();
    int side = config.imageSize();
    int patch = config.patchSize();
    int width = config.vision().width();
    int length = config.patchLength();
    int rows = batch * (config.visionTokens() - 1);
    double operations = 2.0 * rows * length * width;
    double moved = (double) bytes * ((double) rows * length + rows * width + length * width);
    var shape = sizes("batch", batch, "side", side, "patch", patch, "width", width);
    List<OperationCase> cases = new ArrayList<>();
    cases.add(
        computing(
            "patch convolution",
            "patches, product",
            shape,
            moved,
            operations,
            inputs -> {
              Tensor pixels = inputs.floats(batch, 3, side, side);
              Tensor columns = inputs.operand(rows, length);
              Tensor weight = inputs.operand(width, length);
              Tensor y = inputs.operand(rows, width);
              return () -> {
                inputs.device().embedding().patches(pixels, patch, columns);
                inputs
                    .device()
                    .gemm()
                    .multiply(false, columns, true, weight, 1, 0, y, Epilogue.NONE);
              };
            }));
    if (cudnn != null) {
      cases.add(
          computing(
              "patch convolution",
              "cuDNN's",
              shape,
              moved,
              operations,
              inputs -> {
                Tensor pixels = inputs.operand(batch, 3, side, side);
                Tensor weight = inputs.operand(width, length);
                Tensor y = inputs.operand(rows, width);
                return () -> cudnn.convolve(pixels, patch, weight, y);
              }));
      cases.add(softmax(sizes.imageRows(), config.visionTokens(), cudnn));
    }
    return cases;
  }

  private static OperationCase softmax(int rows, int columns, CudaPeers cudnn) {
    return moving(
        "normalize.softmax",
        "cuDNN's",
        sizes("rows", rows, "columns", columns),
        8.0 * rows * columns,
        inputs -> {
          Tensor x = inputs.floats(rows, columns);
          Tensor y = inputs.floats(rows, columns);
          return () -> cudnn.softmax(x, y);
        });
  }
}
