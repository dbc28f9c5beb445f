package io.attune.device;

import io.attune.tensor.Buffer;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Tensors that live and die together: a model's weights, or the activations of a training step. All
 * are allocated when a model is prepared, so that a step allocates nothing. A planning arena hands
 * out tensors without memory and only counts: the same code that prepares a run says beforehand how
 * many bytes it will take.
 */
public final class Arena implements AutoCloseable {
  private final Device device;
  private final Precision precision;
  private final List<Tensor> tensors = new ArrayList<>();
  private long bytes;

  private Arena(Device device, Precision precision) {
    this.device = device;
    this.precision = precision;
  }

  /** An arena whose tensors are allocated on {@code device}. */
  public static Arena on(Device device) {
    return new Arena(device, device.precision());
  }

  /** An arena that counts and allocates nothing; its tensors have shapes but no contents. */
  public static Arena planning(Precision precision) {
    return new Arena(null, precision);
  }

  /** {@link #planning(Precision)} for what is F32 anyway. */
  public static Arena planning() {
    return planning(Precision.F32);
  }

  /** How the device multiplies for which this is, or would be, allocated. */
  public Precision precision() {
    return precision;
  }

  /**
   * What matrix products read: BF16 where they are computed in it, else F32. Weights of products
   * and the activations between them are kept in this type.
   */
  public DType operandType() {
    return precision == Precision.BF16 ? DType.BF16 : DType.F32;
  }

  public Tensor allocate(String name, DType dtype, Shape shape) {
    Tensor tensor =
        device == null
            ? Tensor.of(name, new PlannedBuffer(dtype, shape.size()), 0, shape)
            : device.allocate(name, dtype, shape);
    tensors.add(tensor);
    bytes = Math.addExact(bytes, Math.multiplyExact(shape.size(), dtype.bytes()));
    return tensor;
  }

  /** An F32 tensor. */
  public Tensor allocate(String name, long... dims) {
    return allocate(name, DType.F32, Shape.of(dims));
  }

  public boolean isPlanning() {
    return device == null;
  }

  /** Bytes of all tensors allocated so far. */
  public long bytes() {
    return bytes;
  }

  /** All tensors in the order of their allocation. */
  public List<Tensor> tensors() {
    return List.copyOf(tensors);
  }

  @Override
  public void close() {
    tensors.forEach(tensor -> tensor.buffer().close());
    tensors.clear();
    bytes = 0;
  }

  private record PlannedBuffer(DType dtype, long length) implements Buffer {
    @Override
    public void close() {}
  }
}
