package io.attune.device.cuda;

import static io.attune.device.cuda.CudaTileAttention.operand;
import static io.attune.device.cuda.CudaTileAttention.sizes;

import io.attune.device.op.AttentionShape;
import io.attune.tensor.Tensor;

/**
 * kernels/attention_bf16.cu, attention_bf16_dq.cu and attention_bf16_dkdv.cu: BF16 tensors whose
 * rows start at multiples of 16 bytes, head sizes that are multiples of 8 up to 128.
 */
final class CudaTensorCoreAttention {
  private static final int WARP = 32;
  private static final int GROUP = 16;
  private static final int PASSING = 64;
  private static final int MAX_ROWS = 128;
  private static final int PIECE_BYTES = 16;
  private static final int PIECE = 8;
  private static final long MAX_ROW_STRIDE = (1L << 30) - 1;

  /**
   * Columns that a head is padded to, as the kernels are instantiated; and the most warps of a
   * block, so that by their registers two blocks or more share a multiprocessor.
   */
  private enum Width {
    W32(32, 2, 6),
    W64(64, 2, 6),
    W80(80, 2, 5),
    W96(96, 1, 4),
    W128(128, 1, 4);

    private static final Width[] ALL = values();

    private final int columns;
    private final int forwardRows;
    private final int forwardWarps;
    private final int warps;

    Width(int columns, int forwardGroups, int warps) {
      this.columns = columns;
      this.forwardRows = forwardGroups * GROUP;
      this.forwardWarps = Math.min(warps, MAX_ROWS / forwardRows);
      this.warps = warps;
    }

    private int rowBytes() {
      return (columns + PIECE) * Short.BYTES;
    }

    /** Two tiles of each of the two tensors that pass. */
    private int sharedBytes() {
      return 2 * 2 * PASSING * rowBytes();
    }

    /** With the block's dout. */
    private int sharedBytesOfQueries(int warpsOfBlock) {
      return sharedBytes() + warpsOfBlock * GROUP * rowBytes();
    }

    /** With the block's values, and lse and delta of two tiles. */
    private int sharedBytesOfKeys(int warpsOfBlock) {
      return sharedBytes() + warpsOfBlock * GROUP * rowBytes() + 2 * 2 * PASSING * Float.BYTES;
    }

    private static Width of(int headSize) {
      for (Width width : ALL) {
        if (headSize <= width.columns) {
          return width;
        }
      }
      throw new IllegalArgumentException("heads of " + headSize);
    }
  }

  private final CudaKernel[] forward = new CudaKernel[Width.values().length];
  private final CudaKernel[] dq = new CudaKernel[Width.values().length];
  private final CudaKernel[] dkdv = new CudaKernel[Width.values().length];

  CudaTensorCoreAttention(CudaContext context) {
    for (Width width : Width.values()) {
      int i = width.ordinal();
      forward[i] = context.kernel("attention_bf16", "attention_bf16_forward_" + width.columns);
      dq[i] = context.kernel("attention_bf16_dq", "attention_bf16_dq_" + width.columns);
      dkdv[i] = context.kernel("attention_bf16_dkdv", "attention_bf16_dkdv_" + width.columns);
      CudaDriver driver = context.driver();
      driver.allowSharedMemory(forward[i].function(), width.sharedBytes());
      driver.allowSharedMemory(dq[i].function(), width.sharedBytesOfQueries(width.warps));
      driver.allowSharedMemory(dkdv[i].function(), width.sharedBytesOfKeys(width.warps));
    }
  }

  /** Whether heads of this size can be taken; each tensor must be {@link #isAligned} too. */
  static boolean serves(AttentionShape shape) {
    return shape.headSize() % PIECE == 0 && shape.headSize() <= Width.W128.columns;
  }

  /** Null, or BF16 rows that start at multiples of 16 bytes. */
  static boolean isAligned(Tensor x) {
    return x == null
        || (CudaShapes.isBf16(x)
            && CudaBuffer.address(x) % PIECE_BYTES == 0
            && x.rowStride() % PIECE == 0
            && x.rowStride() <= MAX_ROW_STRIDE);
  }

  void forward(AttentionShape shape, Tensor q, Tensor k, Tensor v, Tensor out, Tensor logSumExp) {
    Width width = Width.of(shape.headSize());
    CudaKernel kernel = forward[width.ordinal()];
    operand(operand(operand(operand(kernel, q), k), v), out).tensor(logSumExp);
    int rows = width.forwardRows;
    int warps = warps(Math.ceilDiv(shape.queries(), rows), width.forwardWarps);
    launch(kernel, shape, shape.queries(), rows, warps, width.sharedBytes());
  }

  void queryGradient(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dout,
      Tensor logSumExp,
      Tensor sums,
      Tensor gradient) {
    Width width = Width.of(shape.headSize());
    CudaKernel kernel = dq[width.ordinal()];
    operand(operand(operand(operand(kernel, q), k), v), dout).tensor(logSumExp).tensor(sums);
    operand(kernel, gradient);
    int warps = warps(Math.ceilDiv(shape.queries(), GROUP), width.warps);
    launch(kernel, shape, shape.queries(), GROUP, warps, width.sharedBytesOfQueries(warps));
  }

  void keyValueGradients(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dout,
      Tensor logSumExp,
      Tensor sums,
      Tensor dk,
      Tensor dv) {
    Width width = Width.of(shape.headSize());
    CudaKernel kernel = dkdv[width.ordinal()];
    operand(operand(operand(operand(kernel, q), k), v), dout).tensor(logSumExp).tensor(sums);
    operand(operand(kernel, dk), dv);
    int warps = warps(Math.ceilDiv(shape.keys(), GROUP), width.warps);
    launch(kernel, shape, shape.keys(), GROUP, warps, width.sharedBytesOfKeys(warps));
  }

  private static void launch(
      CudaKernel kernel,
      AttentionShape shape,
      int tokens,
      int rowsOfWarp,
      int warps,
      int sharedBytes) {
    sizes(kernel, shape);
    long blocks = (long) Math.ceilDiv(tokens, rowsOfWarp * warps) * shape.heads() * shape.batch();
    kernel.launch(Math.toIntExact(blocks), 1, 1, warps * WARP, sharedBytes);
  }

  /**
   * Warps of a block for a head that has work for {@code needed}: the fewest in all, where a block
   * costs as much as one more, since all that passes by comes once a block. 9 warps of 32 queries
   * are 3 blocks of 3, 17 of 16 are 3 blocks of 6.
   */
  static int warps(int needed, int most) {
    int best = most;
    for (int warps = most - 1; warps > 0; warps--) {
      if (cost(needed, warps) < cost(needed, best)) {
        best = warps;
      }
    }
    return best;
  }

  private static long cost(int needed, int warps) {
    return (long) Math.ceilDiv(needed, warps) * (warps + 1);
  }
}
