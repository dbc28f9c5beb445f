package io.attune.bench;

import static io.attune.bench.OperationCase.moving;
import static io.attune.bench.OperationCase.sizes;

import io.attune.clip.ClipConfig;
import io.attune.device.op.Activation;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Layer normalisation, activations and row normalisation, at the rows of both towers. */
final class RowCases {
  private static final float EPSILON = 1e-5f;

  private final int bytes;
  private final List<OperationCase> cases = new ArrayList<>();

  private RowCases(int bytes) {
    this.bytes = bytes;
  }

  static List<OperationCase> of(Sizes sizes, int bytes) {
    RowCases made = new RowCases(bytes);
    ClipConfig config = sizes.config();
    made.layerNorm("image", sizes.imageRows(), config.vision().width());
    made.layerNorm("text", sizes.textRows(), config.text().width());
    for (Activation activation : Activation.values()) {
      made.activation(activation, sizes.imageRows(), config.vision().hidden());
    }
    made.unitRows(sizes.imageRows(), config.projection());
    made.softmax(sizes.imageRows(), config.visionTokens());
    return made.cases;
  }

  private void layerNorm(String tower, int rows, int width) {
    double elements = (double) rows * width;
    var shape = sizes("rows", rows, "columns", width);
    cases.add(
        moving(
            "layerNorm.forward",
            tower,
            shape,
            elements * (4 + bytes) + 8.0 * rows,
            inputs -> {
              Norm norm = new Norm(inputs, rows, width);
              return norm::forward;
            }));
    cases.add(
        moving(
            "layerNorm.addForward",
            tower,
            shape,
            elements * (8 + 2 * bytes) + 8.0 * rows,
            inputs -> {
              Norm norm = new Norm(inputs, rows, width);
              Tensor branch = inputs.operand(rows, width);
              Tensor sum = inputs.floats(rows, width);
              return () ->
                  inputs
                      .device()
                      .layerNorm()
                      .addForward(
                          norm.x,
                          branch,
                          norm.gamma,
                          norm.beta,
                          EPSILON,
                          sum,
                          norm.y,
                          norm.mean,
                          norm.rstd);
            }));
    cases.add(
        moving(
            "layerNorm.backward",
            tower,
            shape,
            elements * (12 + bytes) + 8.0 * rows,
            inputs -> {
              Norm norm = new Norm(inputs, rows, width);
              norm.forward();
              Tensor dy = inputs.operand(rows, width);
              Tensor dx = inputs.floats(rows, width);
              Tensor dgamma = inputs.floats(width);
              Tensor dbeta = inputs.floats(width);
              return () ->
                  inputs
                      .device()
                      .layerNorm()
                      .backward(
                          dy, norm.x, norm.gamma, norm.mean, norm.rstd, dx, true, dgamma, dbeta);
            }));
  }

  /** The tensors of one layer normalisation. */
  private static final class Norm {
    final Inputs inputs;
    final Tensor x;
    final Tensor gamma;
    final Tensor beta;
    final Tensor y;
    final Tensor mean;
    final Tensor rstd;

    Norm(Inputs inputs, int rows, int width) {
      this.inputs = inputs;
      x = inputs.floats(rows, width);
      gamma = inputs.positive(width);
      beta = inputs.floats(width);
      y = inputs.operand(rows, width);
      mean = inputs.floats(rows);
      rstd = inputs.positive(rows);
    }

    void forward() {
      inputs.device().layerNorm().forward(x, gamma, beta, EPSILON, y, mean, rstd);
    }
  }

  private void activation(Activation activation, int rows, int hidden) {
    double elements = (double) rows * hidden;
    var shape = sizes("rows", rows, "columns", hidden, "function", activation.configName());
    cases.add(
        moving(
            "activation.forward",
            activation.configName(),
            shape,
            elements * 2 * bytes,
            inputs -> {
              Tensor x = inputs.operand(rows, hidden);
              Tensor y = inputs.operand(rows, hidden);
              return () -> inputs.device().activation().forward(activation, x, y);
            }));
    cases.add(
        moving(
            "activation.backward",
            activation.configName(),
            shape,
            elements * 3 * bytes,
            inputs -> {
              Tensor x = inputs.operand(rows, hidden);
              Tensor dy = inputs.operand(rows, hidden);
              Tensor dx = inputs.operand(rows, hidden);
              return () -> inputs.device().activation().backward(activation, x, dy, dx);
            }));
  }

  private void unitRows(int rows, int columns) {
    double moved = 4.0 * rows * columns;
    var shape = sizes("rows", rows, "columns", columns);
    cases.add(
        moving(
            "normalize.l2",
            "",
            shape,
            2 * moved + 4.0 * rows,
            inputs -> {
              Tensor x = inputs.floats(rows, columns);
              Tensor y = inputs.floats(rows, columns);
              Tensor norm = inputs.floats(rows);
              return () -> inputs.device().normalize().l2(x, y, norm);
            }));
    cases.add(
        moving(
            "normalize.l2Backward",
            "",
            shape,
            3 * moved + 4.0 * rows,
            inputs -> {
              Tensor dy = inputs.floats(rows, columns);
              Tensor y = inputs.floats(rows, columns);
              Tensor norm = inputs.positive(rows);
              Tensor dx = inputs.floats(rows, columns);
              return () -> inputs.device().normalize().l2Backward(dy, y, norm, dx);
            }));
  }

  private void softmax(int rows, int columns) {
    double moved = 4.0 * rows * columns;
    var shape = sizes("rows", rows, "columns", columns);
    cases.add(
        moving(
            "normalize.softmax",
            "",
            shape,
            2 * moved,
            inputs -> {
              Tensor x = inputs.floats(rows, columns);
              Tensor y = inputs.floats(rows, columns);
              return () -> inputs.device().normalize().softmax(x, y);
            }));
    cases.add(
        moving(
            "normalize.softmaxBackward",
            "",
            shape,
            3 * moved,
            inputs -> {
              Tensor dy = inputs.floats(rows, columns);
              Tensor y = inputs.positive(rows, columns);
              Tensor dx = inputs.floats(rows, columns);
              return () -> inputs.device().normalize().softmaxBackward(dy, y, dx);
            }));
  }
}
