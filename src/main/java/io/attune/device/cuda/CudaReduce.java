package io.attune.device.cuda;

import io.attune.device.op.ReduceOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;

/** kernels/reduce.cu. A number for the host comes through pinned memory, with one wait. */
final class CudaReduce implements ReduceOps, AutoCloseable {
  private static final int THREADS = 256;
  private static final int FINISH_THREADS = 1024;
  private static final int TABLES = 4;

  /** Column sums are cut into about so many blocks, each of at least so many rows. */
  private static final int COLUMN_BLOCKS = 2048;

  private static final int ROWS_PER_BLOCK = 64;

  private final CudaContext context;
  private final CudaKernel sum;
  private final CudaKernel sumBf16;
  private final CudaKernel squares;
  private final CudaKernel nonFinite;
  private final CudaKernel finishSum;
  private final CudaKernel finishLeast;
  private final CudaKernel finishMean;
  private final CudaKernel columns;
  private final CudaKernel columnsBf16;
  private final CudaKernel squaredError;
  private final MemorySegment result;

  /** The tables used last, the latest first. */
  private final Deque<CudaTensorTable> tables = new ArrayDeque<>(TABLES + 1);

  CudaReduce(CudaContext context) {
    this.context = context;
    sum = context.kernel("reduce", "reduce_sum_f32");
    sumBf16 = context.kernel("reduce", "reduce_sum_bf16");
    squares = context.kernel("reduce", "reduce_squares");
    nonFinite = context.kernel("reduce", "reduce_non_finite");
    finishSum = context.kernel("reduce", "reduce_finish_sum");
    finishLeast = context.kernel("reduce", "reduce_finish_least");
    finishMean = context.kernel("reduce", "reduce_finish_mean");
    columns = context.kernel("reduce", "reduce_columns_f32");
    columnsBf16 = context.kernel("reduce", "reduce_columns_bf16");
    squaredError = context.kernel("reduce", "reduce_squared_error_f32");
    result = context.driver().allocatePinned(Double.BYTES);
  }

  @Override
  public double sum(Tensor x) {
    CudaKernel kernel = CudaShapes.isBf16(x) ? sumBf16 : sum;
    if (x.size() == 0) {
      return 0;
    }
    int spans = CudaTensorTable.spans(x);
    long partial = partial(spans);
    kernel.tensor(x).number(x.size()).integer(x.columns()).stride(x);
    kernel.integer(CudaTensorTable.rowsPerSpan(x)).pointer(partial).launch(spans, THREADS);
    return finish(finishSum, partial, spans);
  }

  @Override
  public double squaredNorm(Tensor[] tensors) {
    CudaTensorTable table = table(tensors);
    return table.spans() == 0 ? 0 : reduce(squares, table, finishSum);
  }

  @Override
  public int firstNonFinite(Tensor[] tensors) {
    CudaTensorTable table = table(tensors);
    if (table.spans() == 0) {
      return -1;
    }
    int entry = (int) reduce(nonFinite, table, finishLeast);
    return entry == table.entries() ? -1 : table.owner(entry);
  }

  private double reduce(CudaKernel kernel, CudaTensorTable table, CudaKernel finish) {
    long partial = partial(table.spans());
    kernel.pointer(table.address()).integer(table.entries()).pointer(partial);
    kernel.launch(table.spans(), THREADS);
    return finish(finish, partial, table.spans());
  }

  /** Room for a number a block, and for the result after them. */
  private long partial(int blocks) {
    context.refuseCapture("wait for a sum");
    return context.scratch((blocks + 1L) * Double.BYTES);
  }

  private double finish(CudaKernel kernel, long partial, int blocks) {
    long total = partial + (long) blocks * Double.BYTES;
    kernel.pointer(partial).number(blocks).pointer(total).launch(1, FINISH_THREADS);
    context.driver().copyToHostAsync(result, total, context.stream());
    context.driver().synchronize(context.stream());
    return result.get(ValueLayout.JAVA_DOUBLE, 0);
  }

  /** The table of these tensors, uploaded unless it was among the last few. */
  private CudaTensorTable table(Tensor[] tensors) {
    for (CudaTensorTable table : tables) {
      if (table.matches(tensors)) {
        return table;
      }
    }
    context.refuseCapture("wait for a sum");
    tables.removeIf(this::freedIfStale);
    CudaTensorTable made = CudaTensorTable.of(context, tensors);
    tables.addFirst(made);
    if (tables.size() > TABLES) {
      tables.removeLast().free(context);
    }
    return made;
  }

  private boolean freedIfStale(CudaTensorTable table) {
    boolean stale = table.isStale();
    if (stale) {
      table.free(context);
    }
    return stale;
  }

  @Override
  public void columnSums(Tensor x, boolean accumulate, Tensor out) {
    Shapes.vector(out, x.columns(), "column", x);
    if (out.size() == 0) {
      return;
    }
    int rows = x.rows();
    CudaBuffer.floats(out);
    long target = CudaBuffer.address(out, context);
    if (rows == 0) {
      if (!accumulate) {
        context.enter();
        context.driver().fill(target, (byte) 0, out.size() * Float.BYTES, context.stream());
      }
      return;
    }
    int width = x.columns();
    int lanes = CudaLanes.of(x);
    int slabs = CudaLanes.slabs(width, lanes);
    int most = Math.ceilDiv(rows, ROWS_PER_BLOCK);
    int perBlock = Math.ceilDiv(rows, Math.clamp(COLUMN_BLOCKS / slabs, 1, most));
    int blocks = Math.ceilDiv(rows, perBlock);
    long sums = blocks == 1 ? target : context.scratch((long) blocks * width * Float.BYTES);
    CudaKernel kernel = CudaShapes.isBf16(x) ? columnsBf16 : columns;
    kernel.tensor(x).stride(x).integer(rows).integer(perBlock).integer(width);
    kernel.integer(blocks == 1 && accumulate ? 1 : 0).pointer(sums).integer(lanes);
    kernel.launch(slabs, blocks, 1, THREADS, 0);
    if (blocks > 1) {
      columns.pointer(sums).number(width).integer(blocks).integer(blocks).integer(width);
      columns.integer(accumulate ? 1 : 0).pointer(target).integer(1);
      columns.launch(CudaLanes.slabs(width, 1), 1, 1, THREADS, 0);
    }
  }

  @Override
  public void meanSquaredError(Tensor prediction, Tensor target, Tensor loss, Tensor d) {
    Shapes.same(target, prediction);
    if (loss != null) {
      Shapes.scalar(loss, prediction);
    }
    if (d != null) {
      Shapes.same(d, prediction);
    }
    long size = prediction.size();
    if (size == 0) {
      return;
    }
    boolean flat =
        prediction.isContiguous() && target.isContiguous() && (d == null || d.isContiguous());
    int blocks =
        flat ? Math.toIntExact(Math.ceilDiv(size, CudaTensorTable.SPAN)) : prediction.rows();
    long partial = context.scratch((long) blocks * Double.BYTES);
    rows(squaredError, prediction, flat);
    rows(squaredError, target, flat);
    if (d == null) {
      squaredError.pointer(0).number(0);
    } else {
      rows(squaredError, d, flat);
    }
    squaredError
        .number(size)
        .integer(flat ? CudaTensorTable.SPAN : prediction.columns())
        .real((float) (2.0 / size))
        .pointer(partial)
        .launch(blocks, THREADS);
    if (loss != null) {
      finishMean.pointer(partial).number(blocks).precise(size).floats(loss);
      finishMean.launch(1, FINISH_THREADS);
    }
  }

  /** A matrix's address and row stride; matrices without gaps are rows of a span each. */
  private static void rows(CudaKernel kernel, Tensor x, boolean flat) {
    kernel.floats(x).number(flat ? CudaTensorTable.SPAN : x.rowStride());
  }

  @Override
  public void close() {
    context.enter();
    tables.forEach(table -> table.free(context));
    context.driver().freePinned(result);
  }
}
