package io.attune.bench;

import static io.attune.bench.OperationCase.computing;
import static io.attune.bench.OperationCase.sizes;

import io.attune.clip.ClipConfig;
import io.attune.device.op.Activation;
import io.attune.device.op.Epilogue;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The products of a block's four layers, forward with what the model fuses into them, and backward;
 * the patch convolution; heads' products in a batch.
 */
final class GemmCases {
  private final int bytes;
  private final List<OperationCase> cases = new ArrayList<>();

  /** What a layer's forward product does besides. */
  private enum Layer {
    INNER("linear"),
    ACTIVATED("linear_quick_gelu"),
    RESIDUAL("linear_residual");

    private final String peer;

    Layer(String peer) {
      this.peer = peer;
    }
  }

  private GemmCases(int bytes) {
    this.bytes = bytes;
  }

  /**
   * All products.
   *
   * @param bytes of an operand's element
   */
  static List<OperationCase> of(Sizes sizes, int bytes) {
    GemmCases made = new GemmCases(bytes);
    ClipConfig config = sizes.config();
    made.layers("image", sizes.imageRows(), config.vision());
    made.layers("text", sizes.textRows(), config.text());
    int patches = sizes.batch() * (config.visionTokens() - 1);
    made.forward("patches", Layer.INNER, patches, config.vision().width(), config.patchLength());
    made.batched(sizes);
    return made.cases;
  }

  private void layers(String tower, int rows, ClipConfig.Tower sizes) {
    int width = sizes.width();
    int hidden = sizes.hidden();
    layer(tower + " qkv", Layer.INNER, rows, 3 * width, width);
    layer(tower + " output", Layer.RESIDUAL, rows, width, width);
    layer(tower + " fc1", Layer.ACTIVATED, rows, hidden, width);
    layer(tower + " fc2", Layer.RESIDUAL, rows, width, hidden);
  }

  private void layer(String name, Layer layer, int rows, int out, int in) {
    forward(name, layer, rows, out, in);
    inputGradient(name, rows, out, in);
    weightGradient(name, rows, out, in);
  }

  private void forward(String name, Layer layer, int m, int n, int k) {
    double moved = (double) bytes * ((double) m * k + (double) n * k);
    double out = (double) m * n;
    moved +=
        layer == Layer.RESIDUAL
            ? 8 * out
            : layer == Layer.ACTIVATED ? 2 * bytes * out : bytes * out;
    cases.add(
        computing(
            "gemm.multiply",
            name + " forward",
            sizes("m", m, "n", n, "k", k, "kind", layer.peer),
            moved,
            2.0 * m * n * k,
            inputs -> {
              Tensor x = inputs.operand(m, k);
              Tensor weight = inputs.operand(n, k);
              Tensor y = layer == Layer.RESIDUAL ? inputs.floats(m, n) : inputs.operand(m, n);
              Epilogue epilogue =
                  switch (layer) {
                    case INNER -> Epilogue.bias(inputs.operand(n));
                    case ACTIVATED ->
                        Epilogue.biasActivation(
                            inputs.operand(n), Activation.QUICK_GELU, inputs.operand(m, n));
                    case RESIDUAL -> Epilogue.biasResidual(inputs.floats(n), inputs.floats(m, n));
                  };
              return () ->
                  inputs.device().gemm().multiply(false, x, true, weight, 1, 0, y, epilogue);
            }));
  }

  private void inputGradient(String name, int m, int n, int k) {
    cases.add(
        computing(
            "gemm.multiply",
            name + " dX",
            sizes("m", m, "n", n, "k", k, "kind", "input_gradient"),
            (double) bytes * ((double) m * n + (double) n * k + (double) m * k),
            2.0 * m * n * k,
            inputs -> {
              Tensor dy = inputs.operand(m, n);
              Tensor weight = inputs.operand(n, k);
              Tensor dx = inputs.operand(m, k);
              return () ->
                  inputs
                      .device()
                      .gemm()
                      .multiply(false, dy, false, weight, 1, 0, dx, Epilogue.NONE);
            }));
  }

  private void weightGradient(String name, int m, int n, int k) {
    cases.add(
        computing(
            "gemm.multiply",
            name + " dW",
            sizes("m", m, "n", n, "k", k, "kind", "weight_gradient"),
            (double) bytes * ((double) m * n + (double) m * k) + 8.0 * n * k,
            2.0 * m * n * k,
            inputs -> {
              Tensor dy = inputs.operand(m, n);
              Tensor x = inputs.operand(m, k);
              Tensor dweight = inputs.floats(n, k);
              return () ->
                  inputs.device().gemm().multiply(true, dy, false, x, 1, 1, dweight, Epilogue.NONE);
            }));
  }

  private void batched(Sizes sizes) {
    ClipConfig.Tower vision = sizes.config().vision();
    int count = sizes.batch() * vision.heads();
    int tokens = sizes.config().visionTokens();
    int headSize = vision.width() / vision.heads();
    double scores = (double) count * tokens * tokens;
    double queries = (double) count * tokens * headSize;
    cases.add(
        computing(
            "gemm.multiplyBatched",
            "heads' scores",
            sizes("count", count, "m", tokens, "n", tokens, "k", headSize),
            bytes * (2 * queries + scores),
            2 * scores * headSize,
            inputs -> {
              long stride = (long) tokens * headSize;
              long strideOut = (long) tokens * tokens;
              Tensor q = inputs.operand((long) count * tokens, headSize);
              Tensor k = inputs.operand((long) count * tokens, headSize);
              Tensor out = inputs.operand((long) count * tokens, tokens);
              Tensor firstQ = q.rowRange(0, tokens);
              Tensor firstK = k.rowRange(0, tokens);
              Tensor firstOut = out.rowRange(0, tokens);
              return () ->
                  inputs
                      .device()
                      .gemm()
                      .multiplyBatched(
                          count,
                          false,
                          firstQ,
                          stride,
                          true,
                          firstK,
                          stride,
                          1,
                          0,
                          firstOut,
                          strideOut,
                          Epilogue.NONE);
            }));
  }
}
