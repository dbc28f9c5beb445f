package io.attune.bench;

import static io.attune.bench.OperationCase.moving;
import static io.attune.bench.OperationCase.sizes;
import static io.attune.bench.OperationCase.waiting;

import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.device.Arena;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** CLIP's loss, and sums over many elements. */
final class LossCases {
  /** Prompts of the behaviour stage. */
  private static final int PROMPTS = 66;

  private final Sizes sizes;
  private final int bytes;
  private final List<OperationCase> cases = new ArrayList<>();

  private LossCases(Sizes sizes, int bytes) {
    this.sizes = sizes;
    this.bytes = bytes;
  }

  static List<OperationCase> of(Sizes sizes, int bytes) {
    LossCases made = new LossCases(sizes, bytes);
    for (int pairs : sizes.pairs()) {
      made.contrastive(pairs);
    }
    made.columnSums();
    made.squaredError();
    made.numbers();
    return made.cases;
  }

  private void contrastive(int n) {
    double matrix = 4.0 * n * n;
    var shape = sizes("rows", n, "columns", n);
    cases.add(
        moving(
            "contrastive.logits",
            "",
            shape,
            2 * matrix,
            inputs -> {
              Tensor cosine = inputs.floats(n, n);
              Tensor scale = inputs.positive(1);
              Tensor logits = inputs.floats(n, n);
              return () -> inputs.device().contrastive().logits(cosine, scale, logits);
            }));
    cases.add(
        moving(
            "contrastive.logitsBackward",
            "",
            shape,
            3 * matrix,
            inputs -> {
              Tensor dlogits = inputs.floats(n, n);
              Tensor logits = inputs.floats(n, n);
              Tensor scale = inputs.positive(1);
              Tensor dcosine = inputs.floats(n, n);
              Tensor dscale = inputs.floats(1);
              return () ->
                  inputs
                      .device()
                      .contrastive()
                      .logitsBackward(dlogits, logits, scale, dcosine, dscale);
            }));
    cases.add(
        moving(
            "contrastive.loss",
            "",
            shape,
            matrix,
            inputs -> {
              Tensor logits = inputs.floats(n, n);
              Tensor rows = inputs.floats(n);
              Tensor columns = inputs.floats(n);
              Tensor loss = inputs.floats(1);
              return () -> inputs.device().contrastive().loss(logits, rows, columns, loss);
            }));
    cases.add(
        moving(
            "contrastive.lossBackward",
            "",
            shape,
            2 * matrix,
            inputs -> {
              Tensor logits = inputs.floats(n, n);
              Tensor rows = inputs.positive(n);
              Tensor columns = inputs.positive(n);
              Tensor dlogits = inputs.floats(n, n);
              return () ->
                  inputs.device().contrastive().lossBackward(logits, rows, columns, dlogits);
            }));
  }

  private void columnSums() {
    ClipConfig config = sizes.config();
    int rows = sizes.imageRows();
    for (int columns : new int[] {config.vision().width(), config.vision().hidden()}) {
      cases.add(
          moving(
              "reduce.columnSums",
              "bias gradient",
              sizes("rows", rows, "columns", columns),
              (double) bytes * rows * columns,
              inputs -> {
                Tensor x = inputs.operand(rows, columns);
                Tensor out = inputs.floats(columns);
                return () -> inputs.device().reduce().columnSums(x, true, out);
              }));
    }
  }

  private void squaredError() {
    int rows = sizes.batch();
    cases.add(
        moving(
            "reduce.meanSquaredError",
            "behaviour loss",
            sizes("rows", rows, "columns", PROMPTS),
            12.0 * rows * PROMPTS,
            inputs -> {
              Tensor prediction = inputs.floats(rows, PROMPTS);
              Tensor target = inputs.floats(rows, PROMPTS);
              Tensor loss = inputs.floats(1);
              Tensor gradient = inputs.floats(rows, PROMPTS);
              return () ->
                  inputs.device().reduce().meanSquaredError(prediction, target, loss, gradient);
            }));
  }

  private void numbers() {
    long elements = sizes.elements();
    cases.add(
        waiting(
            "reduce.sum",
            "",
            sizes("elements", elements),
            4.0 * elements,
            inputs -> {
              Tensor x = inputs.floats(elements);
              return () -> inputs.device().reduce().sum(x);
            }));
    List<long[]> shapes = parameterShapes(sizes.config());
    double count = shapes.stream().mapToLong(dims -> Shape.of(dims).size()).sum();
    var described = sizes("elements", (long) count, "shapes", shapes);
    cases.add(
        waiting(
            "reduce.squaredNorm",
            "all gradients",
            described,
            4 * count,
            inputs -> {
              Tensor[] all = all(inputs, shapes);
              return () -> inputs.device().reduce().squaredNorm(all);
            }));
    cases.add(
        waiting(
            "reduce.firstNonFinite",
            "all gradients",
            described,
            4 * count,
            inputs -> {
              Tensor[] all = all(inputs, shapes);
              return () -> inputs.device().reduce().firstNonFinite(all);
            }));
  }

  private static Tensor[] all(Inputs inputs, List<long[]> shapes) {
    return shapes.stream().map(inputs::floats).toArray(Tensor[]::new);
  }

  /** The shapes of all parameters of a model. */
  static List<long[]> parameterShapes(ClipConfig config) {
    List<long[]> shapes = new ArrayList<>();
    new Clip(config, Arena.planning())
        .visit(
            parameter -> {
              long[] dims = parameter.value().shape().dims();
              shapes.add(dims.length == 0 ? new long[] {1} : dims);
            });
    return shapes;
  }
}
