package io.attune.bench;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;

/** Random tensors for one measurement, freed with it. Never zeros: they run faster than data. */
final class Inputs implements AutoCloseable {
  private final Device device;
  private final Arena arena;
  private int stream;

  Inputs(Device device) {
    this.device = device;
    this.arena = Arena.on(device);
  }

  Device device() {
    return device;
  }

  /** F32 where products read F32, else BF16. */
  DType operandType() {
    return arena.operandType();
  }

  /** Normal F32 values. */
  Tensor floats(long... dims) {
    Tensor tensor = arena.allocate("floats" + stream, dims);
    device.philox().normal(key(), 0, 0, 1, tensor);
    return tensor;
  }

  /** F32 values from 0.5 to 1.5, as norms and scales are. */
  Tensor positive(long... dims) {
    Tensor tensor = arena.allocate("positive" + stream, dims);
    device.philox().uniform(key(), 0, 0.5f, 1.5f, tensor);
    return tensor;
  }

  /** Normal values in the type that products read. */
  Tensor operand(long... dims) {
    if (operandType() == DType.F32) {
      return floats(dims);
    }
    Tensor tensor = arena.allocate("operand" + stream, operandType(), Shape.of(dims));
    Tensor wide = device.allocate("wide", DType.F32, Shape.of(dims));
    device.philox().normal(key(), 0, 0, 1, wide);
    device.elementwise().copy(wide, tensor);
    wide.buffer().close();
    return tensor;
  }

  /** I32 values in 0..limit-1. */
  Tensor indices(int limit, long... dims) {
    Tensor tensor = arena.allocate("indices" + stream, DType.I32, Shape.of(dims));
    Philox philox = new Philox(key());
    int[] values = new int[Math.toIntExact(tensor.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = philox.nextInt(limit);
    }
    device.write(tensor, values, 0);
    return tensor;
  }

  /** I32 0, step, 2 step, ...: one row of every group. */
  Tensor every(int step, int count) {
    Tensor tensor = arena.allocate("every" + stream, DType.I32, Shape.of(count));
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      values[i] = i * step;
    }
    device.write(tensor, values, 0);
    return tensor;
  }

  private PhiloxKey key() {
    return new PhiloxKey(1, stream++, 0);
  }

  @Override
  public void close() {
    device.synchronize();
    arena.close();
  }
}
