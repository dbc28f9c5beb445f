package io.attune.nn;

import io.attune.device.Arena;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a pass gets its tensors. The first pass, at the largest batch, allocates them from an
 * arena; a pass for a smaller batch asks for the same tensors in the same order and gets the
 * beginnings of the first one's, so that the last short batch of an epoch takes no more memory.
 */
public final class Workspace {
  private final Arena arena;
  private final DType operandType;
  private final List<Tensor> tensors;
  private int next;

  private Workspace(Arena arena, DType operandType, List<Tensor> tensors) {
    this.arena = arena;
    this.operandType = operandType;
    this.tensors = tensors;
  }

  /** A workspace that allocates from {@code arena}. */
  public static Workspace on(Arena arena) {
    return new Workspace(arena, arena.operandType(), new ArrayList<>());
  }

  /** A workspace over the tensors handed out so far, for a pass built in the same order. */
  public Workspace smaller() {
    return new Workspace(null, operandType, tensors);
  }

  /** An F32 tensor with undefined contents. */
  public Tensor tensor(String name, long... dims) {
    return tensor(name, DType.F32, dims);
  }

  /** A tensor that matrix products read, F32 or BF16 as the device has it; contents undefined. */
  public Tensor operand(String name, long... dims) {
    return tensor(name, operandType, dims);
  }

  /** The type of {@link #operand}. */
  public DType operandType() {
    return operandType;
  }

  /** A tensor with undefined contents. */
  public Tensor tensor(String name, DType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    if (arena != null) {
      Tensor tensor = arena.allocate(name, dtype, shape);
      tensors.add(tensor);
      return tensor;
    }
    Tensor larger = tensors.get(next++);
    if (larger.dtype() != dtype || larger.size() < shape.size()) {
      throw new IllegalStateException(
          "workspace holds %s where %s %s is asked for".formatted(larger, name, shape));
    }
    return Tensor.of(name, larger.buffer(), larger.offset(), shape);
  }
}
