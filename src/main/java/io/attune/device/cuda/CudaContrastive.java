package io.attune.device.cuda;

import io.attune.device.op.ContrastiveOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** kernels/contrastive.cu. */
final class CudaContrastive implements ContrastiveOps {
  private static final int THREADS = 256;
  private static final int FINISH_THREADS = 1024;

  /** Elements of a block where no matrix has gaps. */
  private static final int SPAN = 4096;

  private static final int TILE_ROWS = 64;
  private static final int TILE_COLUMNS = 128;

  private final CudaContext context;
  private final CudaKernel logits;
  private final CudaKernel logitsBackward;
  private final CudaKernel finish;
  private final CudaKernel tiles;
  private final CudaKernel merge;
  private final CudaKernel lossBackward;

  CudaContrastive(CudaContext context) {
    this.context = context;
    logits = context.kernel("contrastive", "contrastive_logits_f32");
    logitsBackward = context.kernel("contrastive", "contrastive_logits_backward_f32");
    finish = context.kernel("contrastive", "contrastive_finish_f32");
    tiles = context.kernel("contrastive", "contrastive_tiles_f32");
    merge = context.kernel("contrastive", "contrastive_lse_f32");
    lossBackward = context.kernel("contrastive", "contrastive_loss_backward_f32");
  }

  @Override
  public void logits(Tensor cosine, Tensor logScale, Tensor y) {
    Shapes.same(y, cosine);
    Shapes.scalar(logScale, cosine);
    if (y.size() == 0) {
      return;
    }
    boolean flat = cosine.isContiguous() && y.isContiguous();
    matrix(logits, cosine, flat).floats(logScale);
    matrix(logits, y, flat).number(y.size()).integer(width(y, flat));
    logits.launch(blocks(y, flat), THREADS);
  }

  @Override
  public void logitsBackward(
      Tensor dlogits, Tensor y, Tensor logScale, Tensor dcosine, Tensor dlogScale) {
    Shapes.same(y, dlogits);
    Shapes.scalar(logScale, y);
    if (dcosine != null) {
      Shapes.same(dcosine, dlogits);
    }
    if (dlogScale != null) {
      Shapes.scalar(dlogScale, dlogits);
    }
    if (y.size() == 0 || (dcosine == null && dlogScale == null)) {
      return;
    }
    boolean flat =
        dlogits.isContiguous() && y.isContiguous() && (dcosine == null || dcosine.isContiguous());
    int blocks = blocks(y, flat);
    long partial = dlogScale == null ? 0 : context.scratch((long) blocks * Double.BYTES);
    CudaKernel kernel = logitsBackward;
    matrix(matrix(kernel, dlogits, flat), y, flat).floats(logScale);
    if (dcosine == null) {
      kernel.pointer(0).number(0);
    } else {
      matrix(kernel, dcosine, flat);
    }
    kernel.number(y.size()).integer(width(y, flat)).pointer(partial).launch(blocks, THREADS);
    if (dlogScale != null) {
      finish(partial, blocks, 1, true, dlogScale);
    }
  }

  @Override
  public void loss(Tensor y, Tensor rowLse, Tensor columnLse, Tensor loss) {
    int n = square(y, rowLse, columnLse);
    if (loss != null) {
      Shapes.scalar(loss, y);
    }
    int across = Math.ceilDiv(n, TILE_COLUMNS);
    int down = Math.ceilDiv(n, TILE_ROWS);
    int blocks = across;
    long rowBytes = (long) across * n * Float.BYTES;
    long columnBytes = (long) down * n * Float.BYTES;
    long partial = context.scratch((long) blocks * Double.BYTES + 2 * (rowBytes + columnBytes));
    long rowLargest = partial + (long) blocks * Double.BYTES;
    long rowSum = rowLargest + rowBytes;
    long columnLargest = rowSum + rowBytes;
    long columnSum = columnLargest + columnBytes;
    tiles
        .floats(y)
        .stride(y)
        .integer(n)
        .pointer(rowLargest)
        .pointer(rowSum)
        .pointer(columnLargest)
        .pointer(columnSum)
        .launch(across, down, 1, THREADS, 0);
    merge
        .tensor(y)
        .stride(y)
        .integer(n)
        .pointer(rowLargest)
        .pointer(rowSum)
        .pointer(columnLargest)
        .pointer(columnSum)
        .floats(rowLse)
        .floats(columnLse)
        .pointer(partial)
        .launch(blocks, TILE_COLUMNS);
    if (loss != null) {
      finish(partial, blocks, 1 / (2.0 * n), false, loss);
    }
  }

  @Override
  public void lossBackward(Tensor y, Tensor rowLse, Tensor columnLse, Tensor dlogits) {
    int n = square(y, rowLse, columnLse);
    Shapes.same(dlogits, y);
    lossBackward
        .floats(y)
        .stride(y)
        .floats(rowLse)
        .floats(columnLse)
        .floats(dlogits)
        .stride(dlogits)
        .integer(n)
        .real(0.5f / n)
        .launch(Math.ceilDiv(n, TILE_COLUMNS), Math.ceilDiv(n, TILE_ROWS), 1, THREADS, 0);
  }

  /** {@code result = factor} times the sum of a number for each block, or that added to it. */
  private void finish(long partial, int count, double factor, boolean accumulate, Tensor result) {
    finish
        .pointer(partial)
        .number(count)
        .precise(factor)
        .integer(accumulate ? 1 : 0)
        .floats(result)
        .launch(1, FINISH_THREADS);
  }

  /** A matrix's address and row stride; matrices without gaps are rows of {@link #SPAN}. */
  private static CudaKernel matrix(CudaKernel kernel, Tensor x, boolean flat) {
    return kernel.floats(x).number(flat ? SPAN : x.rowStride());
  }

  private static int width(Tensor x, boolean flat) {
    return flat ? SPAN : x.columns();
  }

  private static int blocks(Tensor x, boolean flat) {
    return flat ? Math.toIntExact(Math.ceilDiv(x.size(), SPAN)) : x.rows();
  }

  private static int square(Tensor logits, Tensor rowLse, Tensor columnLse) {
    int n = logits.columns();
    if (logits.rows() != n || n == 0) {
      throw new IllegalArgumentException(logits + " is not square: every image needs its text");
    }
    Shapes.vector(rowLse, n, "row", logits);
    Shapes.vector(columnLse, n, "column", logits);
    return n;
  }
}
