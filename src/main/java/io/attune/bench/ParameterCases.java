package io.attune.bench;

import static io.attune.bench.OperationCase.moving;
import static io.attune.bench.OperationCase.sizes;

import io.attune.device.PhiloxKey;
import io.attune.device.op.AdamWSlot;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** What is done to parameters: AdamW over a whole model, DoRA, random draws, flat copies. */
final class ParameterCases {
  private static final float EPSILON = 1e-8f;

  private final Sizes sizes;
  private final int bytes;
  private final List<OperationCase> cases = new ArrayList<>();

  private ParameterCases(Sizes sizes, int bytes) {
    this.sizes = sizes;
    this.bytes = bytes;
  }

  static List<OperationCase> of(Sizes sizes, int bytes) {
    ParameterCases made = new ParameterCases(sizes, bytes);
    made.adamW();
    made.dora();
    made.philox();
    made.elementwise();
    return made.cases;
  }

  private void adamW() {
    List<long[]> shapes = LossCases.parameterShapes(sizes.config());
    double count = shapes.stream().mapToLong(dims -> Shape.of(dims).size()).sum();
    boolean copied = bytes == 2;
    cases.add(
        moving(
            "adamW.step",
            "all parameters",
            sizes("elements", (long) count, "shapes", shapes),
            28 * count + (copied ? 2.0 * matrices(shapes) : 0),
            inputs -> {
              AdamWSlot[] slots = new AdamWSlot[shapes.size()];
              for (int i = 0; i < slots.length; i++) {
                long[] dims = shapes.get(i);
                slots[i] =
                    new AdamWSlot(
                        inputs.floats(dims),
                        inputs.floats(dims),
                        inputs.floats(dims),
                        inputs.positive(dims),
                        copied && dims.length == 2 ? inputs.operand(dims) : null);
              }
              return () -> inputs.device().adamW().step(slots, 1e-5, 0.9, 0.98, 1e-6, 0.1, 7);
            }));
  }

  private static long matrices(List<long[]> shapes) {
    return shapes.stream()
        .filter(dims -> dims.length == 2)
        .mapToLong(dims -> Shape.of(dims).size())
        .sum();
  }

  private void dora() {
    int width = sizes.config().vision().width();
    double elements = (double) width * width;
    var shape = sizes("rows", width, "columns", width);
    cases.add(
        moving(
            "dora.compose",
            "",
            shape,
            elements * (4 + bytes) + 8.0 * width,
            inputs -> {
              Tensor u = inputs.floats(width, width);
              Tensor magnitude = inputs.positive(width);
              Tensor w = inputs.operand(width, width);
              Tensor norm = inputs.positive(width);
              return () -> inputs.device().dora().compose(u, magnitude, EPSILON, w, norm);
            }));
    cases.add(
        moving(
            "dora.composeBackward",
            "",
            shape,
            elements * 12 + 12.0 * width,
            inputs -> {
              Tensor dw = inputs.floats(width, width);
              Tensor u = inputs.floats(width, width);
              Tensor magnitude = inputs.positive(width);
              Tensor norm = inputs.positive(width);
              Tensor dmagnitude = inputs.floats(width);
              Tensor du = inputs.floats(width, width);
              return () ->
                  inputs
                      .device()
                      .dora()
                      .composeBackward(dw, u, magnitude, norm, EPSILON, false, dmagnitude, du);
            }));
  }

  private void philox() {
    long elements = sizes.elements();
    PhiloxKey key = new PhiloxKey(5, 6, 7);
    var shape = sizes("elements", elements);
    cases.add(
        moving(
            "philox.uniform",
            "",
            shape,
            4.0 * elements,
            inputs -> {
              Tensor target = inputs.floats(elements);
              return () -> inputs.device().philox().uniform(key, 0, -1, 1, target);
            }));
    cases.add(
        moving(
            "philox.normal",
            "",
            shape,
            4.0 * elements,
            inputs -> {
              Tensor target = inputs.floats(elements);
              return () -> inputs.device().philox().normal(key, 0, 0, 1, target);
            }));
  }

  private void elementwise() {
    long elements = sizes.elements();
    var shape = sizes("elements", elements);
    cases.add(
        moving(
            "elementwise.fill",
            "",
            shape,
            4.0 * elements,
            inputs -> {
              Tensor y = inputs.floats(elements);
              return () -> inputs.device().elementwise().fill(0, y);
            }));
    cases.add(
        moving(
            "elementwise.copy",
            "f32 to operands",
            shape,
            (4.0 + bytes) * elements,
            inputs -> {
              Tensor x = inputs.floats(elements);
              Tensor y = inputs.operand(elements);
              return () -> inputs.device().elementwise().copy(x, y);
            }));
    cases.add(
        moving(
            "elementwise.axpby",
            "",
            shape,
            3.0 * bytes * elements,
            inputs -> {
              Tensor x = inputs.operand(elements);
              Tensor y = inputs.operand(elements);
              return () -> inputs.device().elementwise().axpby(0.5f, x, 0.25f, y);
            }));
    cases.add(
        moving(
            "elementwise.add",
            "",
            shape,
            3.0 * bytes * elements,
            inputs -> {
              Tensor x = inputs.operand(elements);
              Tensor y = inputs.operand(elements);
              Tensor z = inputs.operand(elements);
              return () -> inputs.device().elementwise().add(x, y, z);
            }));
  }
}
