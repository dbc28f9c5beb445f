package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.attune.device.Device;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Attention on the views that models use: q, k and v side by side in one matrix, likewise their
 * gradients, and queries of the class token alone. The bits must be those of tensors of their own.
 */
class AttentionViewsContract {
  @TestFactory
  Stream<DynamicTest> floats() {
    return Trials.of("attention of views", 6, trial -> check(trial, DType.F32));
  }

  @TestFactory
  Stream<DynamicTest> bfloat16() {
    return Trials.of(
        "bf16 attention of views",
        10,
        trial -> check(trial, Bfloat16.isServed(trial.device()) ? DType.BF16 : DType.F32));
  }

  private static void check(Trial trial, DType type) {
    int batch = trial.size("batch", 1, 3);
    int heads = trial.size("heads", 1, 3);
    int tokens = trial.size("tokens", 1, 70);
    int headSize = trial.pick("d", 10, 16, 64, 80, 128);
    boolean classTokenOnly = trial.flag("class token only");
    boolean causal = !classTokenOnly && trial.flag("causal");
    int queries = classTokenOnly ? 1 : tokens;
    int width = heads * headSize;
    Tensor packed = typed(trial.input("qkv", batch * tokens, 3L * width), type, trial);
    Tensor gradients = typed(trial.output("dqkv", batch * tokens, 3L * width), type, trial);
    Tensor dout = typed(trial.input("dout", batch * queries, width), type, trial);
    AttentionShape shape = new AttentionShape(batch, heads, queries, tokens, headSize, causal);

    Case views =
        new Case(
            trial,
            shape,
            type,
            columns(packed, shape, queries),
            columns(gradients, shape, queries));
    views.run(dout);
    Tensor[] owned = new Tensor[3];
    Tensor[] ownedGradients = new Tensor[3];
    for (int i = 0; i < 3; i++) {
      owned[i] = contiguous(trial.device(), views.inputs[i]);
      ownedGradients[i] = contiguous(trial.device(), views.gradients[i]);
    }
    Case alone = new Case(trial, shape, type, owned, ownedGradients);
    alone.run(dout);

    assertArrayEquals(alone.values(alone.out), views.values(views.out));
    for (int i = 0; i < 3; i++) {
      float[] values = views.values(views.gradients[i]);
      assertFalse(Float.isNaN(values[values.length - 1]));
      assertArrayEquals(alone.values(alone.gradients[i]), values);
    }
  }

  private static Tensor typed(Tensor tensor, DType type, Trial trial) {
    return type == DType.F32
        ? tensor
        : Bfloat16.rounded(trial.device(), tensor, tensor.name() + " in bf16");
  }

  /** q, k and v side by side; of q only the first token of each sequence if one is asked for. */
  private static Tensor[] columns(Tensor packed, AttentionShape shape, int queries) {
    Tensor q = packed.columnRange(0, shape.width());
    if (queries < shape.keys()) {
      q = q.reshape(shape.batch(), shape.keys(), shape.width()).rowOfEachGroup(0);
    }
    return new Tensor[] {
      q,
      packed.columnRange(shape.width(), shape.width()),
      packed.columnRange(2 * shape.width(), shape.width())
    };
  }

  private static Tensor contiguous(Device device, Tensor view) {
    Tensor copy = device.allocate(view.name(), view.dtype(), Shape.of(view.rows(), view.columns()));
    device.elementwise().copy(view, copy);
    return copy;
  }

  /** One call, forward and backward, with an output of its own. */
  private static final class Case {
    private final Trial trial;
    private final AttentionShape shape;
    private final Tensor[] inputs;
    private final Tensor[] gradients;
    private final Tensor out;

    private Case(
        Trial trial, AttentionShape shape, DType type, Tensor[] inputs, Tensor[] gradients) {
      this.trial = trial;
      this.shape = shape;
      this.inputs = inputs;
      this.gradients = gradients;
      this.out =
          typed(
              trial.output("out", (long) shape.batch() * shape.queries(), shape.width()),
              type,
              trial);
    }

    private void run(Tensor dout) {
      AttentionOps attention = trial.device().attention();
      Tensor lse = trial.output("logSumExp", shape.batch(), shape.heads(), shape.queries());
      Tensor delta = trial.output("delta", shape.batch(), shape.heads(), shape.queries());
      Tensor q = inputs[0];
      Tensor k = inputs[1];
      Tensor v = inputs[2];
      attention.forward(shape, q, k, v, out, lse);
      attention.backward(
          shape, q, k, v, out, lse, dout, delta, gradients[0], gradients[1], gradients[2]);
    }

    private float[] values(Tensor tensor) {
      Device device = trial.device();
      return tensor.dtype() == DType.BF16
          ? Bfloat16.values(device, tensor)
          : device.toArray(tensor);
    }
  }
}
