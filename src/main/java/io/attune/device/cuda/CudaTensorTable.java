package io.attune.device.cuda;

import io.attune.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Where many tensors lie, in device memory, as kernels/reduce.cu reads it: each is cut into spans
 * of {@link #SPAN} elements, or of whole rows where it has gaps.
 */
final class CudaTensorTable {
  static final int SPAN = 16384;
  private static final int FIELDS = 6;

  private final Tensor[] tensors;
  private final long[] addresses;
  private final int[] owners;
  private final int entries;
  private final int spans;
  private final long address;

  private CudaTensorTable(CudaContext context, Tensor[] tensors) {
    this.tensors = tensors.clone();
    this.addresses = new long[tensors.length];
    this.owners = new int[tensors.length];
    long[] fields = new long[tensors.length * FIELDS];
    int entry = 0;
    long first = 0;
    for (int i = 0; i < tensors.length; i++) {
      Tensor tensor = tensors[i];
      addresses[i] = CudaBuffer.address(tensor, context);
      int rows = rowsPerSpan(tensor);
      if (tensor.size() > 0) {
        int at = entry * FIELDS;
        fields[at] = first;
        fields[at + 1] = addresses[i];
        fields[at + 2] = tensor.size();
        fields[at + 3] = tensor.columns();
        fields[at + 4] = tensor.rowStride();
        fields[at + 5] = CudaShapes.isBf16(tensor) ? -1 - rows : rows;
        owners[entry++] = i;
        first += spans(tensor);
      }
    }
    entries = entry;
    spans = Math.toIntExact(first);
    address = entries == 0 ? 0 : upload(context, fields);
  }

  /** A table of these tensors as they are now; {@link #free} gives its memory back. */
  static CudaTensorTable of(CudaContext context, Tensor[] tensors) {
    return new CudaTensorTable(context, tensors);
  }

  private static long upload(CudaContext context, long[] fields) {
    context.enter();
    long bytes = (long) fields.length * Long.BYTES;
    long address = context.driver().allocate(bytes);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(bytes, Long.BYTES);
      MemorySegment.copy(fields, 0, segment, ValueLayout.JAVA_LONG, 0, fields.length);
      context.driver().copyToDevice(address, segment);
    }
    return address;
  }

  /** How many rows a span has in a tensor with gaps; 0 without. */
  static int rowsPerSpan(Tensor tensor) {
    return tensor.isContiguous() ? 0 : Math.max(1, SPAN / Math.max(1, tensor.columns()));
  }

  static int spans(Tensor tensor) {
    int rows = rowsPerSpan(tensor);
    long spans = rows == 0 ? Math.ceilDiv(tensor.size(), SPAN) : Math.ceilDiv(tensor.rows(), rows);
    return Math.toIntExact(spans);
  }

  /** Whether it describes these very tensors, where they are now. */
  boolean matches(Tensor[] others) {
    if (others.length != tensors.length) {
      return false;
    }
    for (int i = 0; i < tensors.length; i++) {
      if (tensors[i] != others[i] || addresses[i] != CudaBuffer.address(others[i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether a tensor of it was closed. */
  boolean isStale() {
    for (Tensor tensor : tensors) {
      if (!CudaBuffer.isOpen(tensor)) {
        return true;
      }
    }
    return false;
  }

  long address() {
    return address;
  }

  /** Tensors that have elements. */
  int entries() {
    return entries;
  }

  /** Spans of all tensors. */
  int spans() {
    return spans;
  }

  /** The index, among all tensors, of one of those that have elements. */
  int owner(int entry) {
    return owners[entry];
  }

  void free(CudaContext context) {
    if (address != 0) {
      context.free(address);
    }
  }
}
