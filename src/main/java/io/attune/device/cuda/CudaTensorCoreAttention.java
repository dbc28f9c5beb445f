package io.attune.device.cuda;

import static io.attune.device.cuda.CudaTileAttention.operand;
import static io.attune.device.cuda.CudaTileAttention.sizes;

import io.attune.device.op.AttentionShape;
import io.attune.tensor.Tensor;

/**
 * kernels/attention_bf16.cu and kernels/attention_bf16_backward.cu: BF16 tensors whose rows start
 * at multiples of 16 bytes, head sizes that are multiples of 8 up to 128.
 */
final class CudaTensorCoreAttention {
  private static final int WARP = 32;
  private static final int GROUP = 16;
  private static final int PASSING = 64;
  private static final int TILES = 4;
  private static final int MAX_WARPS = 4;
  private static final int PIECE_BYTES = 16;
  private static final int PIECE = 8;

  /**
   * Columns that a head is padded to, and how many times 16 queries a warp keeps; as the kernels
   * are instantiated.
   */
  private enum Width {
    W32(32, 2, 2),
    W64(64, 2, 2),
    W80(80, 2, 1),
    W96(96, 1, 1),
    W128(128, 1, 1);

    private final int columns;
    private final int forwardRows;
    private final int gradientRows;

    Width(int columns, int forwardGroups, int gradientGroups) {
      this.columns = columns;
      this.forwardRows = forwardGroups * GROUP;
      this.gradientRows = gradientGroups * GROUP;
    }

    private int tileBytes() {
      return TILES * PASSING * (columns + PIECE) * Short.BYTES;
    }

    /** With lse and delta of two tiles. */
    private int tileAndStatisticsBytes() {
      return tileBytes() + 2 * 2 * PASSING * Float.BYTES;
    }

    private static Width of(int headSize) {
      for (Width width : values()) {
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
      dq[i] = context.kernel("attention_bf16_backward", "attention_bf16_dq_" + width.columns);
      dkdv[i] = context.kernel("attention_bf16_backward", "attention_bf16_dkdv_" + width.columns);
      CudaDriver driver = context.driver();
      driver.allowSharedMemory(forward[i].function(), width.tileBytes());
      driver.allowSharedMemory(dq[i].function(), width.tileBytes());
      driver.allowSharedMemory(dkdv[i].function(), width.tileAndStatisticsBytes());
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
            && x.rowStride() % PIECE == 0);
  }

  void forward(AttentionShape shape, Tensor q, Tensor k, Tensor v, Tensor out, Tensor logSumExp) {
    Width width = Width.of(shape.headSize());
    CudaKernel kernel = forward[width.ordinal()];
    operand(operand(operand(operand(kernel, q), k), v), out).tensor(logSumExp);
    launch(kernel, shape, shape.queries(), width.forwardRows, width.tileBytes());
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
    launch(kernel, shape, shape.queries(), width.gradientRows, width.tileBytes());
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
    launch(kernel, shape, shape.keys(), GROUP, width.tileAndStatisticsBytes());
  }

  private static void launch(
      CudaKernel kernel, AttentionShape shape, int tokens, int rowsOfWarp, int sharedBytes) {
    sizes(kernel, shape);
    int warps = warps(Math.ceilDiv(tokens, rowsOfWarp));
    long blocks = (long) Math.ceilDiv(tokens, rowsOfWarp * warps) * shape.heads() * shape.batch();
    kernel.launch(Math.toIntExact(blocks), 1, 1, warps * WARP, sharedBytes);
  }

  /**
   * Warps of a block for a head that has work for {@code needed}: the fewest in all, where a block
   * costs as much as one more, since all that passes by comes once a block. 9 warps, 257 queries,
   * are 3 blocks of 3.
   */
  static int warps(int needed) {
    int best = MAX_WARPS;
    for (int warps = MAX_WARPS - 1; warps > 0; warps--) {
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
