package io.attune.nn;

import io.attune.device.Device;
import io.attune.tensor.Tensor;
import java.util.List;

/** Copies of every block's output at token 0, and the gradients that come back at them. */
final class FirstTokenTaps {
  private final Device device;
  private final Tensor[] outputs;
  private final Tensor[] tokens;
  private final Tensor[] gradients;

  FirstTokenTaps(
      Device device,
      List<Tensor> blockOutputs,
      boolean lastIsFirstTokenOnly,
      Tensor tokens,
      Tensor gradients) {
    this.device = device;
    int count = blockOutputs.size();
    int batch = blockOutputs.getFirst().shape().dim(0);
    this.outputs = new Tensor[count];
    for (int n = 0; n < count; n++) {
      Tensor output = blockOutputs.get(n);
      boolean single = lastIsFirstTokenOnly && n == count - 1;
      outputs[n] = single ? output : output.rowOfEachGroup(0);
    }
    this.tokens = parts(tokens, count, batch);
    this.gradients = gradients == null ? null : parts(gradients, count, batch);
  }

  private static Tensor[] parts(Tensor all, int count, int batch) {
    if (all.rows() != count * batch) {
      throw new IllegalArgumentException(
          all + " is not [blocks, batch, width] for %d blocks of %d".formatted(count, batch));
    }
    Tensor[] parts = new Tensor[count];
    for (int n = 0; n < count; n++) {
      parts[n] = all.rowRange((long) n * batch, batch);
    }
    return parts;
  }

  /** Keeps block n's first tokens. */
  void copy(int n) {
    device.elementwise().copy(outputs[n], tokens[n]);
  }

  /** Makes the gradient at block n's first tokens the start of the backward pass. */
  void start(int n, Tensor doutput) {
    device.elementwise().copy(gradients[n], doutput);
  }

  /** Adds the gradient at block n's first tokens to the stream's. */
  void add(int n, Tensor dfirstRows) {
    device.elementwise().add(dfirstRows, gradients[n], dfirstRows);
  }
}
